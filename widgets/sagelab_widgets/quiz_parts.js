// What a quiz is made of on the page: its fixed parts, the overview of its questions, the words after a check.
import { frame, h, prose } from "./base.js";
import { mark } from "./words.js";

const PLACES = {
  unanswered: mark("Question {number}: unanswered"),
  answered: mark("Question {number}: answered"),
  right: mark("Question {number}: right"),
  wrong: mark("Question {number}: wrong"),
};

/** The widget's fixed parts; what changes with the question goes into them. */
export function build(title, graded, t) {
  const button = (label, kind) => h("button", { type: "button", class: `sl-button sl-${kind}` }, label);
  const submit = graded ? t("Save answer") : t("Check");
  const parts = {
    root: frame("quiz", title),
    note: h("p", { class: "sl-note", role: "alert" }),
    scenario: h("div", { class: "sl-scenario", role: "group", "aria-label": t("Scenario") }),
    fieldset: h("fieldset"),
    submit: h("button", { type: "submit", class: "sl-button sl-primary" }, submit),
    again: button(t("Try again"), "again"),
    reveal: button(t("Show the answer"), "reveal"),
    status: h("div", { class: "sl-status", role: "status" }),
    answer: h("div", { class: "sl-answer" }),
    kept: h("p", { class: "sl-kept", role: "status" }),
    previous: button(t("← Previous"), "previous"),
    next: button(t("Next →"), "next"),
    overview: h("div", { class: "sl-overview", role: "toolbar", "aria-label": t("All questions") }),
    score: h("p", { class: "sl-score" }),
  };
  parts.form = h(
    "form",
    { novalidate: true },
    parts.fieldset,
    h("div", { class: "sl-actions" }, parts.submit, parts.again, parts.reveal),
  );
  const mode = graded
    ? t("Graded: saved now, scored later, explained in the feedback")
    : t("Practice: checked at once");
  const key = graded ? t("● answered") : t("● answered   ✓ right   ✗ wrong");
  parts.root.append(
    h("div", { class: "sl-head" }, h("p", { class: "sl-title" }, title), h("p", { class: "sl-mode" }, mode)),
    parts.note,
    parts.scenario,
    parts.form,
    parts.status,
    parts.answer,
    parts.kept,
    h("div", { class: "sl-pager" }, parts.previous, parts.next),
    parts.overview,
    h("div", { class: "sl-foot" }, parts.score, h("p", { class: "sl-key" }, key)),
  );
  return parts;
}

/** Numbered buttons, one tab stop; arrow keys walk along them. */
export function drawOverview(row, states, at, goTo, t) {
  const focused = [...row.children].indexOf(document.activeElement);
  row.replaceChildren(
    ...states.map((state, i) =>
      h(
        "button",
        {
          type: "button",
          class: "sl-place",
          "data-state": state,
          "aria-label": t(PLACES[state], { number: i + 1 }),
          "aria-current": i === at ? "step" : null,
          tabindex: i === at ? 0 : -1,
          onclick: () => goTo(i),
          onkeydown: (event) => {
            const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: states.length - 1 }[event.key];
            if (to === undefined) return;
            event.preventDefault();
            row.children[to]?.focus();
          },
        },
        String(i + 1),
      ),
    ),
  );
  if (focused >= 0) row.children[focused]?.focus();
}

/** What is said after the check: a verdict, and the reason where no choice carries its own. */
export function verdict(question, state, t) {
  const right = state === "right";
  const bold = h("strong", {}, right ? t("✓ Right.") : t("✗ Not right."));
  const choices = question.kind === "one" || question.kind === "several";
  if (choices) return [bold, " ", t("Each choice now says why."), " ", ...prose(question.why)];
  return [bold, " ", ...(right ? prose(question.why) : [t("Try again, or look at the answer.")])];
}

/** A right answer in words, as a list, and why it is right. */
export function solution(question) {
  const items = [...(question.choices ?? []), ...(question.left ?? []), ...(question.right ?? [])];
  const words = new Map(items.map((item) => [item.id, item.say]));
  const lines = {
    number: () => [question.solution],
    match: () => question.left.map((left) => `${left.say} → ${words.get(question.solution[left.id])}`),
  };
  const shown = lines[question.kind]?.() ?? question.solution.map((id) => words.get(id));
  const list = h(
    question.kind === "order" ? "ol" : "ul",
    {},
    shown.map((text) => h("li", {}, prose(text))),
  );
  return [list, h("p", {}, prose(question.why))];
}
