// The exam's first page: what to ask, the rules, an exam that waits, and those that were handed in.
import { h, unique } from "./base.js";
import { button, examName, heading, minutes, moment } from "./exam_words.js";

function choice(type, name, value, checked, ...words) {
  const input = h("input", { type, name, value, checked });
  return { input, node: h("label", { class: "sl-pick" }, input, h("span", {}, words)) };
}

/** What to draw, as a form; `read` gives the plan. */
function planForm(offer, { ask, t, tn }) {
  const name = unique("wish");
  const minor = (words) => h("span", { class: "sl-minor" }, words);
  const full = choice("radio", name, "full", true, t("Full length"), minor(
    tn(offer.full, "{count} question from the whole course", "{count} questions from the whole course")));
  const modules = choice("radio", name, "modules", false, t("Modules"), minor(t("the ones you choose, in equal parts")));
  const weak = choice("radio", name, "weak", false, t("Weak topics"), minor(
    offer.known
      ? tn(offer.known, "drawn by {count} answer of yours, of which {missed} missed",
          "drawn by {count} answers of yours, of which {missed} missed", { missed: offer.missed })
      : t("after your first quiz or exam"),
  ));
  weak.input.disabled = !offer.known;
  const boxes = offer.modules.map((module) => choice("checkbox", "", module.title, true, module.title, minor(
    tn(module.questions, "{count} question", "{count} questions"))));
  const length = h("select", { id: unique("length") },
    offer.lengths.map((count) => h("option", { value: count, selected: count === offer.lengths[1] }, String(count))));
  const sorting = choice("checkbox", "", "", true, t("Ordering and matching, too"), minor(
    t("MLA-C01 asked them; MLA-C02 asks for one choice or several only")));
  const timed = choice("checkbox", "", "", true, t("With a clock"), minor(
    tn(offer.seconds / 60, "{count} minute a question, as in AWS's associate exams; you can switch it off on the way",
      "{count} minutes a question, as in AWS's associate exams; you can switch it off on the way")));
  const among = h("fieldset", { class: "sl-among" }, h("legend", { class: "sl-label" }, t("Modules")), boxes.map((b) => b.node));
  const many = h("p", { class: "sl-many" }, h("label", { for: length.id }, t("Questions, at most")), length);
  const wish = () => [full, modules, weak].find((one) => one.input.checked).input.value;
  const fit = () => {
    among.hidden = wish() !== "modules";
    many.hidden = wish() === "full";
  };
  const form = h("form", { class: "sl-plan", novalidate: true, onchange: fit },
    h("fieldset", {}, h("legend", { class: "sl-label" }, t("What do you want to be asked?")), full.node, modules.node, weak.node),
    among, many,
    h("fieldset", {}, h("legend", { class: "sl-label" }, t("How?")), sorting.node, timed.node),
    h("p", {}, h("button", { type: "submit", class: "sl-button sl-primary" }, t("Start"))),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = boxes.filter((box) => box.input.checked).map((box) => box.input.value);
    const plan = { wish: wish(), sorting: sorting.input.checked, timed: timed.input.checked };
    ask({ do: "start", plan: { ...plan, modules: plan.wish === "modules" ? chosen : [], length: Number(length.value) } });
  });
  fit();
  return form;
}

/** The exam that waits: go on, or throw it away after a second question. */
function waiting(exam, words) {
  const { ask, t, tn } = words;
  const left = exam.limit ? t("{time} left", { time: minutes(Math.max(0, exam.limit - exam.used), words) }) : t("no clock");
  const sure = h("p", { class: "sl-row", hidden: true },
    h("span", {}, t("Its answers will be gone.")),
    button(t("Throw it away for good"), () => ask({ do: "discard" })),
    button(t("Keep it"), () => {
      sure.hidden = true;
      away.focus();
    }),
  );
  const away = button(t("Throw it away"), () => {
    sure.hidden = false;
    sure.querySelector("button").focus();
  });
  return h("div", { class: "sl-waiting" },
    h("p", {}, h("strong", {}, t("An exam waits for you.")), " ",
      tn(exam.questions, "{name}: {answered} of {count} question answered, {left}.",
        "{name}: {answered} of {count} questions answered, {left}.",
        { name: examName(exam, words), answered: exam.answered, left })),
    h("p", { class: "sl-row" }, button(t("Go on"), () => ask({ do: "resume" }), "sl-primary"), away),
    sure,
  );
}

function rules(offer, { t }) {
  return h("ul", { class: "sl-rules" },
    h("li", {}, t("A question counts when all of its answer is right; half an answer is wrong.")),
    h("li", {}, t("A question without an answer counts as wrong, and a wrong answer costs nothing more: guess rather than skip.")),
    offer.trial
      ? h("li", {}, t("Of a full-length exam, {trial} questions are on trial, as on AWS: they do not count, and which they are is told at the end.", offer))
      : null,
    h("li", {}, t("Nothing is explained before you hand in. Each answer is kept at once, so you can stop and go on another day.")),
    h("li", {}, t("The questions are our own. The result tells what to read again; it predicts no exam of AWS.")),
  );
}

/** The exams that were handed in. */
function history(past, words) {
  const { ask, t } = words;
  if (!past.length) return null;
  return h("section", {}, h("h3", {}, t("Your exams")), h("ul", { class: "sl-history" }, past.map((exam) => {
    const at = moment(exam.ended);
    const show = button(t("Show"), () => ask({ do: "result", id: exam.id }));
    show.setAttribute("aria-label", t("Show the exam of {moment}", { moment: at }));
    return h("li", {},
      h("strong", {}, t("{right} of {counted} right", exam)),
      h("span", {}, examName(exam, words)),
      h("span", { class: "sl-minor" }, t("{moment}, after {time}", { moment: at, time: minutes(exam.used, words) })),
      show);
  })));
}

export function startPage(context) {
  const { model, t } = context;
  const title = heading(t("Practice exam"));
  const node = h("div");
  function update() {
    const offer = model.get("offer");
    const inner = offer.running?.id ? waiting(offer.running, context) : planForm(offer, context);
    node.replaceChildren(title, ...[inner, rules(offer, context), history(offer.past, context)].filter(Boolean));
  }
  update();
  return { node, update, focus: () => title.focus() };
}
