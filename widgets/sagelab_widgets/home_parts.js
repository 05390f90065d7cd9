// The parts of the home page, each drawn from the state alone.
import { h } from "./base.js";
import { notebookLink } from "./links.js";
import { mark } from "./words.js";

const SIGNS = { new: "○", reading: "◔", working: "◑", done: "●" };
const NEXT = {
  left: mark("Continue where you left"),
  follows: mark("Next"),
  first: mark("Start here"),
};

const title = (words) => h("h2", {}, words);

/** The lesson to open now, as one large link. */
export function drawNext({ next, modules }, { t }) {
  if (!next) {
    return [
      h("p", { class: "sl-label" }, t("Every lesson is done.")),
      h("p", {}, t("The practice exam and the flashcards keep it fresh.")),
    ];
  }
  const lesson = modules.flatMap((module) => module.lessons).find((one) => one.slug === next.slug);
  return [
    h("p", { class: "sl-label" }, t(NEXT[next.why])),
    notebookLink(lesson.notebook, { class: "sl-go", "data-key": "next" }, lesson.title),
    h("p", {}, lesson.summary),
  ];
}

export function drawLessons({ modules }, words) {
  return modules.map((module) =>
    h(
      "section",
      { "aria-label": module.title },
      title(module.title),
      h(
        "ul",
        { class: "sl-cards" },
        module.lessons.map((lesson) => card(lesson, words)),
      ),
    ),
  );
}

function card(lesson, words) {
  const { t } = words;
  const all = lesson.exercises + lesson.questions;
  const share = (100 * (lesson.passed + lesson.answered)) / Math.max(1, all);
  return h(
    "li",
    { class: "sl-card", "data-stage": lesson.stage },
    h("h3", {}, notebookLink(lesson.notebook, { "data-key": lesson.slug }, lesson.title)),
    h("p", {}, lesson.summary),
    h("p", { class: "sl-label" }, t("{minutes} minutes. On AWS today: {status}.", lesson)),
    h(
      "div",
      { class: "sl-far" },
      h("span", { class: "sl-sign", "aria-hidden": "true" }, SIGNS[lesson.stage]),
      h("div", {}, far(lesson, words)),
    ),
    h("div", { class: "sl-track", "aria-hidden": "true" }, h("span", { style: `width:${share}%` })),
  );
}

/** How far the learner is in a lesson, in words. */
function far(lesson, { t }) {
  const quiz = t("Quiz best score {best} of {questions}", lesson);
  if (lesson.stage === "new") return h("strong", {}, t("Not started"));
  if (lesson.stage === "reading") return h("strong", {}, t("Reading"));
  const stage = lesson.stage === "done" ? t("Done") : t("Exercises {passed} of {exercises}", lesson);
  const checked = t("{answered} of {questions} checked", lesson);
  const asked = lesson.answered ? [quiz, "; ", checked] : t("Quiz not begun");
  return [h("strong", {}, stage), h("p", { class: "sl-label" }, asked)];
}

/** The ways to practice, where their notebooks are there. */
export function drawPractice({ pages, cards }, { t, tn }) {
  const due = cards.due
    ? tn(cards.due, "{count} card is due now.", "{count} cards are due now.")
    : t("No card is due now.");
  const fresh = tn(cards.new, "{count} new one is left for today.", "{count} new ones are left for today.");
  const all = [
    ["flashcards", t("Flashcards"), [due, " ", fresh]],
    ["exam", t("Practice exam"), t("A mix of your choice or full length, with a timer and a review.")],
    ["reference", t("Quick reference"), t("Every component on one page, to search and to print.")],
  ];
  const there = all.filter(([name]) => pages[name]);
  if (!there.length) return [h("p", {}, t("Flashcards: {due} {fresh}", { due, fresh }))];
  return [
    title(t("Practice")),
    h(
      "ul",
      { class: "sl-cards" },
      there.map(([name, words, about]) =>
        h(
          "li",
          { class: "sl-card" },
          h("h3", {}, notebookLink(pages[name], { "data-key": name }, words)),
          h("p", {}, about),
        ),
      ),
    ),
  ];
}

export function drawReadiness({ readiness }, { t }) {
  const rows = readiness.map((one) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, one.module),
      h("td", {}, t("{answered} of {total}", one)),
      h("td", {}, one.answered ? t("{right} of {answered}", one) : t("none yet")),
      h("td", { class: "sl-bar-cell", "aria-hidden": "true" }, bar(one)),
    ),
  );
  const heads = [t("Module"), t("Questions answered"), t("Right when last answered")].map((head) =>
    h("th", { scope: "col" }, head),
  );
  return [
    title(t("Exam readiness")),
    h(
      "p",
      { class: "sl-basis" },
      t("Counted from your last answer to each question, in lesson quizzes once checked and in practice exams once handed in. Graded quizzes do not count. It says what you have answered, and predicts no exam result."),
    ),
    h(
      "div",
      { class: "sl-scroll", role: "region", tabindex: 0, "aria-label": t("Exam readiness by module") },
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, heads, h("td", { "aria-hidden": "true" }))),
        h("tbody", {}, rows),
      ),
    ),
  ];
}

/** Right, answered but wrong, and not answered, side by side. */
function bar({ right, answered, total }) {
  const part = (kind, count) =>
    count ? h("span", { class: `sl-part sl-is-${kind}`, style: `width:${(100 * count) / total}%` }) : null;
  return h("div", { class: "sl-bar" }, part("known", right), part("missed", answered - right));
}
