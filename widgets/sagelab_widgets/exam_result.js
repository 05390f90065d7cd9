// The result: right by module, the weakest first, and each missed question with why and where to read on.
import { h, prose } from "./base.js";
import { button, examName, heading, minutes, moment } from "./exam_words.js";
import { notebookLink } from "./links.js";

/** What a choice was: chosen or not, right or not. */
function judged(choice, { t }) {
  if (choice.right) return choice.chosen ? t("✓ Right, and you chose it") : t("✓ Right");
  return choice.chosen ? t("✗ Wrong, and you chose it") : t("Wrong");
}

function answerLines(title, lines, ordered) {
  const items = lines.map((line) => h("li", {}, prose(line)));
  return h("div", {}, h("p", { class: "sl-label" }, title), h(ordered ? "ol" : "ul", {}, items));
}

/** Pages are links; other sources are words. */
const sources = (text) => text.split(", ").map((source, i) => [
  i ? ", " : "",
  /^https:\/\/\S+$/.test(source) ? h("a", { href: source, target: "_blank", rel: "noopener noreferrer" }, source) : source,
]);

function explanation(question, words) {
  const { t } = words;
  const ordered = question.kind === "order";
  const body = question.choices
    ? h("ul", { class: "sl-judged" }, question.choices.map((choice) =>
        h("li", { "data-verdict": choice.right ? "right" : choice.chosen ? "wrong" : null },
          h("p", {}, prose(choice.say), " ", h("span", { class: "sl-verdict" }, judged(choice, words))),
          h("p", { class: "sl-minor" }, prose(choice.why)))))
    : h("div", { class: "sl-both" },
        question.given.length ? answerLines(t("Your answer"), question.given, ordered) : null,
        answerLines(t("Right"), question.solution, ordered));
  return h("div", { class: "sl-explained" },
    question.case ? h("p", { class: "sl-scenario" }, prose(question.case)) : null,
    question.answered ? null : h("p", {}, t("You gave no answer.")),
    body,
    question.why ? h("p", {}, prose(question.why)) : null,
    question.lessons.length
      ? h("p", {}, t("Read again:"), " ", question.lessons.map((lesson, i) => [
          i ? ", " : "", notebookLink(lesson.notebook, {}, lesson.title)]))
      : null,
    question.source ? h("p", { class: "sl-minor" }, t("Source:"), " ", sources(question.source)) : null,
  );
}

function questionList(questions, words) {
  const { t } = words;
  return questions.map((question) => {
    const sign = question.right ? t("✓ Right, but flagged") : t("✗ Missed");
    return h("details", { class: "sl-again" },
      h("summary", {}, h("span", { class: "sl-sign", "data-right": question.right || null }, sign), " ", prose(question.ask)),
      explanation(question, words));
  });
}

/** A row of the table: the numbers, and beside them a bar that shows the same. */
function moduleRow(module, { t }) {
  const bar = h("span", { class: "sl-bar", "aria-hidden": "true" }, h("span", {}));
  bar.firstChild.style.width = `${(100 * module.right) / module.total}%`;
  return h("tr", {},
    h("th", { scope: "row" }, module.module),
    h("td", {}, t("{right} of {total}", module)),
    h("td", {}, bar, " ", t("{percent} %", { percent: Math.round((100 * module.right) / module.total) })));
}

export function resultPage(context) {
  const { model, ask, t, tn } = context;
  const title = heading();
  const node = h("div");

  function trialWords(trial) {
    return tn(trial.total,
      "{count} more question was on trial, as on AWS, and does not count; you had {right} right.",
      "{count} more questions were on trial, as on AWS, and do not count; you had {right} of them right.", trial);
  }

  function update() {
    const result = model.get("result");
    if (!result.id) return;
    const missed = [...result.marks, result.trial].filter((group) => group.questions.length);
    title.textContent = t("{right} of {counted} right", result);
    node.replaceChildren(...[
      title,
      h("p", {}, t("{name}, handed in on {moment} after {time}.",
        { name: examName(result, context), moment: moment(result.ended), time: minutes(result.used, context) })),
      result.unanswered
        ? h("p", {}, tn(result.unanswered, "{count} question had no answer.", "{count} questions had no answer."))
        : null,
      result.trial.total ? h("p", {}, trialWords(result.trial)) : null,
      h("p", { class: "sl-minor" }, t("This predicts no exam of AWS: the questions are our own, and AWS scales its marks.")),
      h("table", { class: "sl-marks" },
        h("caption", {}, t("By module, the weakest first")),
        h("thead", {}, h("tr", {}, [t("Module"), t("Right"), t("Share")].map((column) => h("th", { scope: "col" }, column)))),
        h("tbody", {}, result.marks.map((module) => moduleRow(module, context)))),
      missed.length ? h("h3", {}, t("To look at again")) : h("p", {}, t("Nothing was missed.")),
      ...missed.map((group) => h("section", {},
        h("h4", {}, group.module ?? t("On trial")), ...questionList(group.questions, context))),
      h("p", { class: "sl-actions" }, button(t("Back to the start"), () => ask({ do: "home" }), "sl-primary")),
    ].filter(Boolean));
  }
  update();
  return { node, update, focus: () => title.focus() };
}
