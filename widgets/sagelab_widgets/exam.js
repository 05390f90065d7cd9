// The practice exam: four pages, one at a time. Python draws, keeps, times and marks; here it is shown and asked.
import { frame, h, watch } from "./base.js";
import { resultPage } from "./exam_result.js";
import { reviewPage } from "./exam_review.js";
import { sittingPage } from "./exam_sitting.js";
import { startPage } from "./exam_start.js";
import { live } from "./live.js";
import { translator } from "./words.js";

const PAGES = { start: startPage, sitting: sittingPage, review: reviewPage, result: resultPage };
const SHOWN = {
  start: ["offer"],
  sitting: ["answers", "flags", "at", "clock"],
  review: ["answers", "flags", "at", "clock"],
  result: ["result"],
};
const PATIENCE = 1500; // milliseconds until we say that the cell has not been run

function render({ model, el }) {
  const { t, tn } = translator(model);
  const root = frame("exam", t("Practice exam"));
  const said = h("p", { class: "sl-spoken", role: "status" });
  const note = h("p", { class: "sl-note", role: "alert" });
  const asleep = h("p", { class: "sl-asleep", role: "status" });
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
  const wake = () => {
    clearTimeout(timer);
    asleep.textContent = "";
  };

  root.append(note, asleep, place, said, wire.line);
  el.append(root);
  turn();
  tell();
  const stops = [
    watch(model, ["stage"], turn),
    () => unwatch(),
    watch(model, ["reminder"], remind),
    watch(model, ["note"], tell),
  ];
  const timer = setTimeout(() => {
    asleep.textContent = t("To use this page, run its cell: click into it, then press Shift+Enter.");
  }, PATIENCE);
  model.on("msg:custom", wake);
  wire.ask({ do: "hello" });
  return () => {
    stops.forEach((stop) => stop());
    clearTimeout(timer);
    model.off("msg:custom", wake);
    wire.stop();
  };
}
export default { render };
