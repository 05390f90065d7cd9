// One question at a time. Practice mode checks here, without a kernel; graded mode only saves.
import { frame, h, prose, put, watch } from "./base.js";
import { sha256 } from "./sha256.js";
import { KINDS, solutionLines } from "./quiz_fields.js";

const LATE = 3000; // milliseconds until we say that no kernel has saved an answer
const ROUNDING = 1e-9; // forgives what binary fractions cannot hold, as sagelab.quiz does

/** The one form of an answer that is hashed: the same rule as sagelab.quiz.canonical. */
function canonical(kind, answer) {
  if (kind === "order") return answer.join(",");
  if (kind === "match")
    return Object.entries(answer)
      .map((pair) => pair.join("="))
      .sort()
      .join(",");
  return [...answer].sort().join(",");
}

function isRight(question, answer) {
  if (question.kind === "number") {
    return Math.abs(Number(answer) - question.number.value) <= question.number.tolerance + ROUNDING;
  }
  return sha256(`${question.salt}:${canonical(question.kind, answer)}`) === question.digest;
}

/** unanswered, answered, right or wrong. */
function outcome(question, entry) {
  if (!entry || KINDS[question.kind].lacks(question, entry.answer)) return "unanswered";
  if (!entry.checked || !("solution" in question)) return "answered";
  return isRight(question, entry.answer) ? "right" : "wrong";
}

/** The widget's fixed parts; what changes with the question goes into them. */
function build(title, graded) {
  const button = (label, kind) => h("button", { type: "button", class: `sl-button sl-${kind}` }, label);
  const parts = {
    root: frame("quiz", title),
    note: h("p", { class: "sl-note", role: "alert" }),
    scenario: h("div", { class: "sl-scenario", role: "group", "aria-label": "Scenario" }),
    fieldset: h("fieldset"),
    submit: h("button", { type: "submit", class: "sl-button sl-primary" }, graded ? "Save answer" : "Check"),
    again: button("Try again", "again"),
    reveal: button("Show the answer", "reveal"),
    status: h("div", { class: "sl-status", role: "status" }),
    answer: h("div", { class: "sl-answer" }),
    kept: h("p", { class: "sl-kept", role: "status" }),
    previous: button("← Previous", "previous"),
    next: button("Next →", "next"),
    overview: h("div", { class: "sl-overview", role: "toolbar", "aria-label": "All questions" }),
    score: h("p", { class: "sl-score" }),
  };
  parts.form = h(
    "form",
    { novalidate: true },
    parts.fieldset,
    h("div", { class: "sl-actions" }, parts.submit, parts.again, parts.reveal),
  );
  const mode = graded ? "Graded: saved now, scored later" : "Practice: checked at once";
  const key = graded ? "● answered" : "● answered   ✓ right   ✗ wrong";
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
function drawOverview(row, states, at, goTo) {
  const focused = [...row.children].indexOf(document.activeElement);
  row.replaceChildren(
    ...states.map((state, i) =>
      h(
        "button",
        {
          type: "button",
          class: "sl-place",
          "data-state": state,
          "aria-label": `Question ${i + 1}: ${state}`,
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
function verdict(question, state) {
  const bold = h("strong", {}, state === "right" ? "✓ Right. " : "✗ Not right. ");
  if (question.kind === "one" || question.kind === "several") return [bold, "Each choice now says why."];
  return [bold, ...(state === "right" ? prose(question.why) : ["Try again, or look at the answer."])];
}

class View {
  constructor(model, el) {
    this.model = model;
    this.graded = model.get("mode") === "graded";
    this.parts = build(model.get("title"), this.graded);
    this.parts.form.addEventListener("submit", (event) => this.submit(event));
    this.parts.again.addEventListener("click", () => this.tryAgain());
    this.parts.reveal.addEventListener("click", () => {
      this.revealed = !this.revealed;
      this.refresh();
    });
    this.parts.previous.addEventListener("click", () => this.goTo(this.at - 1));
    this.parts.next.addEventListener("click", () => this.goTo(this.at + 1));
    el.append(this.parts.root);
    this.stops = [
      watch(model, ["at", "questions"], () => this.drawQuestion()),
      watch(model, ["answers"], () => this.own || (this.showAnswer(), this.refresh())),
      watch(model, ["saved", "note"], () => this.refresh()),
      () => clearTimeout(this.timer),
    ];
    this.drawQuestion();
  }

  get questions() {
    return this.model.get("questions");
  }
  get at() {
    return Math.min(Math.max(this.model.get("at"), 0), this.questions.length - 1);
  }
  get question() {
    return this.questions[this.at];
  }
  get kind() {
    return KINDS[this.question.kind];
  }
  get entry() {
    return this.model.get("answers")[this.question.id];
  }

  say(...words) {
    this.parts.status.replaceChildren(...words);
  }

  /** Keep an answer in the trait; the kernel, where there is one, saves it and says so in `saved`. */
  keep(answer, checked) {
    this.revealed = false;
    this.late = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.late = true;
      this.refresh();
    }, LATE);
    this.say();
    this.own = true;
    put(this.model, { answers: { ...this.model.get("answers"), [this.question.id]: { answer, checked } } });
    this.own = false;
    this.refresh();
  }

  submit(event) {
    event.preventDefault();
    if (this.parts.submit.getAttribute("aria-disabled") === "true") return;
    const answer = this.field.read();
    const lacks = this.kind.lacks(this.question, answer);
    if (lacks) this.say(lacks);
    else this.keep(answer, !this.graded);
  }

  tryAgain() {
    const order = this.question.kind === "order";
    this.keep(order ? this.field.read() : this.kind.blank, false);
    this.showAnswer();
    this.parts.fieldset.querySelector("input, select, button").focus();
  }

  goTo(at) {
    if (at < 0 || at >= this.questions.length) return;
    put(this.model, { at });
    this.parts.fieldset.querySelector("legend").focus();
  }

  drawQuestion() {
    if (!this.questions.length)
      return this.parts.root.replaceChildren(h("p", {}, "This quiz has no questions."));
    const { question, parts, kind } = this;
    this.revealed = false;
    this.field = kind.field(
      question,
      () => this.keep(this.field.read(), false),
      (words) => this.say(words),
    );
    this.showAnswer();
    parts.scenario.hidden = !question.case;
    parts.scenario.replaceChildren(
      h("p", { class: "sl-label" }, "Scenario"),
      h("p", {}, prose(question.case)),
    );
    parts.fieldset.replaceChildren(
      h(
        "legend",
        { tabindex: -1 },
        h("span", { class: "sl-label" }, `Question ${this.at + 1} of ${this.questions.length} `),
        h("span", { class: "sl-ask" }, prose(question.ask)),
      ),
      h("p", { class: "sl-hint", hidden: !kind.hint(question) }, kind.hint(question)),
      this.field.node,
    );
    this.say();
    this.refresh();
  }

  showAnswer() {
    this.field.write(this.entry?.answer ?? this.kind.blank);
  }

  /** Bring marks, words and overview up to date with the traits. */
  refresh() {
    const { question, parts, entry } = this;
    const states = this.questions.map((one) => outcome(one, this.model.get("answers")[one.id]));
    const state = states[this.at];
    const judged = state === "right" || state === "wrong";
    this.field.mark(judged ? question.solution : null, state === "right");
    parts.submit.setAttribute("aria-disabled", judged);
    parts.again.hidden = !judged;
    parts.reveal.hidden = state !== "wrong" || question.kind === "one" || question.kind === "several";
    if (judged) this.say(...verdict(question, state));
    parts.status.dataset.state = state;
    this.drawAnswer(judged);
    this.sayKept(entry);
    parts.note.textContent = this.model.get("note");
    parts.previous.setAttribute("aria-disabled", this.at === 0);
    parts.next.setAttribute("aria-disabled", this.at === this.questions.length - 1);
    drawOverview(parts.overview, states, this.at, (at) => this.goTo(at));
    this.drawScore(states);
  }

  drawAnswer(judged) {
    const { question, parts } = this;
    parts.reveal.setAttribute("aria-expanded", Boolean(this.revealed));
    parts.reveal.textContent = this.revealed ? "Hide the answer" : "Show the answer";
    const lines =
      judged && this.revealed
        ? [
            h(
              question.kind === "order" ? "ol" : "ul",
              {},
              solutionLines(question).map((line) => h("li", {}, prose(line))),
            ),
            h("p", {}, prose(question.why)),
          ]
        : [];
    const source =
      judged && question.source ? [h("p", { class: "sl-source" }, `Source: ${question.source}`)] : [];
    parts.answer.replaceChildren(...lines, ...source);
  }

  /** Say that an answer is in answers.json, or that nobody has put it there. */
  sayKept(entry) {
    const file = this.model.get("file");
    const saved =
      entry && JSON.stringify(this.model.get("saved")[this.question.id]) === JSON.stringify(entry.answer);
    const lacks = entry ? this.kind.lacks(this.question, entry.answer) : "";
    let words = "";
    if (!entry || !file) words = "";
    else if (saved) words = this.graded ? `Saved in ${file}. ${lacks}` : "";
    else if (this.late)
      words = `Not saved in ${file}: no kernel answered. Run this cell again to keep your answers.`;
    else if (this.graded) words = "Saving …";
    if (this.parts.kept.textContent !== words) this.parts.kept.textContent = words;
  }

  drawScore(states) {
    const count = (state) => states.filter((one) => one === state).length;
    const [right, wrong] = [count("right"), count("wrong")];
    const answered = states.length - count("unanswered");
    this.parts.score.textContent = this.graded
      ? `Answered: ${answered} of ${states.length}`
      : `Score so far: ${right} right of ${right + wrong} checked`;
  }
}

function render({ model, el }) {
  const view = new View(model, el);
  return () => view.stops.forEach((stop) => stop());
}
export default { render };
