// One question at a time. Practice mode checks here, without a kernel; graded mode only saves.
import { h, prose, put, watch } from "./base.js";
import { sha256 } from "./sha256.js";
import { KINDS } from "./quiz_fields.js";
import { memory, now, remembered } from "./quiz_memory.js";
import { build, drawOverview, solution, verdict } from "./quiz_parts.js";
import { translator } from "./words.js";

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
function outcome(question, entry, t) {
  if (!entry || KINDS[question.kind].lacks(question, entry.answer, t)) return "unanswered";
  if (!entry.checked || !("solution" in question)) return "answered";
  return isRight(question, entry.answer) ? "right" : "wrong";
}

class View {
  constructor(model, el) {
    this.model = model;
    this.t = translator(model).t;
    this.tn = translator(model).tn;
    this.page = model.get("at"); // where the last view was; from here on a second tab turns its own pages
    this.graded = model.get("mode") === "graded";
    this.memory = memory(model.get("place"));
    this.parts = build(model.get("title"), this.graded, this.t);
    this.listen();
    el.append(this.parts.root);
    this.recall();
    this.drawQuestion();
    this.stops = [
      watch(model, ["questions"], () => this.drawQuestion()),
      watch(model, ["answers"], () => this.own || this.recall()),
      watch(model, ["saved", "note"], () => this.own || (this.remember(), this.refresh())),
      this.memory.watch(() => this.recall()),
      () => clearTimeout(this.timer),
    ];
  }

  listen() {
    const { form, again, reveal, previous, next } = this.parts;
    form.addEventListener("submit", (event) => this.submit(event));
    again.addEventListener("click", () => this.tryAgain());
    reveal.addEventListener("click", () => {
      this.revealed = !this.revealed;
      this.refresh();
    });
    previous.addEventListener("click", () => this.goTo(this.at - 1));
    next.addEventListener("click", () => this.goTo(this.at + 1));
  }

  get questions() {
    return this.model.get("questions");
  }
  get at() {
    return Math.min(Math.max(this.page, 0), this.questions.length - 1);
  }
  get question() {
    return this.questions[this.at];
  }
  get kind() {
    return KINDS[this.question.kind];
  }
  get answers() {
    return this.model.get("answers");
  }
  get entry() {
    return this.answers[this.question.id];
  }

  say(...words) {
    this.parts.status.replaceChildren(...words);
  }

  /** Whether answers.json has this question's answer, as far as a kernel has said. */
  isSaved(id) {
    return JSON.stringify(this.model.get("saved")[id]) === JSON.stringify(this.answers[id]?.answer);
  }

  /** Keep an answer in the trait and in the browser; the kernel, where there is one, saves it. */
  keep(answer, checked) {
    this.revealed = false;
    this.say();
    this.give({ [this.question.id]: { answer, checked, at: now(this.entry) } });
    this.refresh();
  }

  give(entries) {
    this.late = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.late = true;
      this.refresh();
    }, LATE);
    this.own = true;
    put(this.model, { answers: { ...this.answers, ...entries } });
    this.own = false;
    this.shown = JSON.stringify(this.entry?.answer);
    this.remember();
  }

  /** Take in what is remembered and later: from a visit without a kernel, another tab, or a click just now. */
  recall() {
    const { later, beaten } = remembered(this.memory, this.questions, this.answers);
    if (beaten.length) this.beaten = beaten.length;
    if (Object.keys(later).length) {
      this.give(later);
      this.shown = undefined;
    }
    this.remember();
    if (!this.field) return;
    this.showAnswer();
    this.refresh();
  }

  remember() {
    const kept = Object.entries(this.answers).map(([id, entry]) =>
      this.memory.write(id, { at: "", ...entry }, this.isSaved(id)),
    );
    this.remembers = kept.length > 0 && kept.every(Boolean);
  }

  submit(event) {
    event.preventDefault();
    if (this.parts.submit.getAttribute("aria-disabled") === "true") return;
    const answer = this.field.read();
    const lacks = this.kind.lacks(this.question, answer, this.t);
    if (lacks) this.say(lacks);
    else this.keep(answer, !this.graded);
  }

  tryAgain() {
    const order = this.question.kind === "order";
    this.keep(order ? this.field.read() : this.kind.blank, false);
    this.shown = undefined;
    this.showAnswer();
    this.parts.fieldset.querySelector("input, select, button").focus();
  }

  goTo(at) {
    if (at < 0 || at >= this.questions.length) return;
    this.page = at;
    put(this.model, { at });
    this.drawQuestion();
    this.parts.fieldset.querySelector("legend").focus();
  }

  drawQuestion() {
    const { t } = this;
    if (!this.questions.length)
      return this.parts.root.replaceChildren(h("p", {}, t("This quiz has no questions.")));
    const { question, parts, kind } = this;
    this.revealed = false;
    this.field = kind.field(
      question,
      t,
      () => this.keep(this.field.read(), false),
      (words) => this.say(words),
    );
    this.shown = undefined;
    this.showAnswer();
    parts.scenario.hidden = !question.case;
    parts.scenario.replaceChildren(
      h("p", { class: "sl-label" }, t("Scenario")),
      h("p", {}, prose(question.case)),
    );
    const place = t("Question {at} of {count}", { at: this.at + 1, count: this.questions.length });
    parts.fieldset.replaceChildren(
      h(
        "legend",
        { tabindex: -1 },
        h("span", { class: "sl-label" }, `${place} `),
        h("span", { class: "sl-ask" }, prose(question.ask)),
      ),
      h("p", { class: "sl-hint", hidden: !kind.hint(question, t) }, kind.hint(question, t)),
      this.field.node,
    );
    this.say();
    this.refresh();
  }

  /** Show the answer that is kept, unless it is there already: something may just be being typed. */
  showAnswer() {
    const answer = this.entry?.answer ?? this.kind.blank;
    if (JSON.stringify(answer) === this.shown) return;
    this.shown = JSON.stringify(answer);
    this.field.write(answer);
  }

  /** Bring marks, words and overview up to date with the traits. */
  refresh() {
    const { question, parts, entry, t } = this;
    if (!question) return;
    const states = this.questions.map((one) => outcome(one, this.answers[one.id], t));
    const state = states[this.at];
    const judged = state === "right" || state === "wrong";
    this.field.mark(judged ? question.solution : null, state === "right");
    parts.submit.setAttribute("aria-disabled", judged);
    parts.again.hidden = !judged;
    parts.reveal.hidden = state !== "wrong" || question.kind === "one" || question.kind === "several";
    if (judged) this.say(...verdict(question, state, t));
    parts.status.dataset.state = state;
    this.drawAnswer(judged);
    this.sayKept(entry);
    this.sayNote();
    parts.previous.setAttribute("aria-disabled", this.at === 0);
    parts.next.setAttribute("aria-disabled", this.at === this.questions.length - 1);
    drawOverview(parts.overview, states, this.at, (at) => this.goTo(at), t);
    this.drawScore(states);
  }

  drawAnswer(judged) {
    const { question, parts, t } = this;
    parts.reveal.setAttribute("aria-expanded", Boolean(this.revealed));
    parts.reveal.textContent = this.revealed ? t("Hide the answer") : t("Show the answer");
    const lines = judged && this.revealed ? solution(question) : [];
    const source =
      judged && question.source
        ? [h("p", { class: "sl-source" }, t("Source: {source}", { source: question.source }))]
        : [];
    parts.answer.replaceChildren(...lines, ...source);
  }

  /** Say that an answer is in answers.json, or where else it is, or that it is nowhere. */
  sayKept(entry) {
    const file = this.model.get("file");
    const lacks = entry ? this.kind.lacks(this.question, entry.answer, this.t) : "";
    const words = entry && file ? [this.keptWords(file), this.graded && lacks].filter(Boolean).join(" ") : "";
    if (this.parts.kept.textContent !== words) this.parts.kept.textContent = words;
  }

  keptWords(file) {
    const { t, graded } = this;
    if (this.isSaved(this.question.id)) return graded ? t("Saved in {file}.", { file }) : "";
    if (!this.late) return graded ? t("Saving …") : "";
    return this.remembers
      ? t("Not saved in {file}: no kernel answered. This browser keeps it; run this cell to save it.", { file })
      : t("Not saved in {file}: no kernel answered. Run this cell again to keep your answers.", { file });
  }

  sayNote() {
    const { beaten, tn } = this;
    const lost = beaten
      ? tn(
          beaten,
          "{count} answer given here without a kernel gave way to a later one in answers.json.",
          "{count} answers given here without a kernel gave way to later ones in answers.json.",
        )
      : "";
    const words = [this.model.get("note"), lost].filter(Boolean).join(" ");
    if (this.parts.note.textContent !== words) this.parts.note.textContent = words;
  }

  drawScore(states) {
    const { t } = this;
    const count = (state) => states.filter((one) => one === state).length;
    const [right, wrong] = [count("right"), count("wrong")];
    const answered = states.length - count("unanswered");
    this.parts.score.textContent = this.graded
      ? t("Answered: {answered} of {count}", { answered, count: states.length })
      : t("Score so far: {right} right of {checked} checked", { right, checked: right + wrong });
  }
}

function render({ model, el }) {
  const view = new View(model, el);
  return () => view.stops.forEach((stop) => stop());
}
export default { render };
