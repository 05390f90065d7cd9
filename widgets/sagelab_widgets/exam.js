// The practice exam: four pages, one at a time. Python draws, keeps, times and marks; here it is shown and asked.
import { frame, h, watch } from "./base.js";
import { resultPage } from "./exam_result.js";
import { reviewPage } from "./exam_review.js";
import { sittingPage } from "./exam_sitting.js";
import { startPage } from "./exam_start.js";
import { live } from "./live.js";
import { placed } from "./placed.js";
import { translator } from "./words.js";

const PAGES = { start: startPage, sitting: sittingPage, review: reviewPage, result: resultPage };
const SHOWN = {
  start: ["offer"],
  sitting: ["answers", "flags", "at", "clock"],
  review: ["answers", "flags", "at", "clock"],
  result: ["result"],
};

function show(model, el) {
  const { t, tn } = translator(model);
  const root = frame("exam", t("Practice exam"));
  const said = h("p", { class: "sl-spoken", role: "status" });
  const note = h("p", { class: "sl-note", role: "alert" });
  const place = h("div");
  const running = () => ["sitting", "review"].includes(model.get("stage")) && !model.get("clock").over;
  const wire = live(model, root, t, running);
  const say = (words) => (said.textContent = words);
  let [page, unwatch] = [null, () => {}];
  const holdsFocus = () => root.contains(root.getRootNode().activeElement);

  function turn() {
    const held = holdsFocus();
    unwatch();
    say("");
    page = PAGES[model.get("stage")]({ model, ask: wire.ask, say, t, tn });
    unwatch = watch(model, SHOWN[model.get("stage")], update);
    place.replaceChildren(page.node);
    if (held) page.focus();
  }
  function update() {
    const held = holdsFocus();
    page.update();
    if (held && !holdsFocus()) page.focus();
  }
  function remind() {
    const left = model.get("reminder");
    if (left) say(tn(Math.ceil(left / 60), "{count} minute left.", "{count} minutes left."));
  }
  const tell = () => (note.textContent = model.get("note"));

  root.append(note, place, said, wire.line);
  el.replaceChildren(root);
  turn();
  tell();
  const stops = [
    watch(model, ["stage"], turn),
    () => unwatch(),
    watch(model, ["reminder"], remind),
    watch(model, ["note"], tell),
  ];
  wire.ask({ do: "hello" });
  return () => {
    stops.forEach((stop) => stop());
    wire.stop();
  };
}

/** What a kernel runs to make the page of a place live. */
const code = (place) => `from sagelab_widgets import Exam\n_ = Exam(place="${place}")`;
const render = (context) => placed(context, show, code);
export default { render };
