// Flashcards: think, turn the card, grade yourself; Python keeps the grades and says when each card comes back.
import { frame, h, prose, watch } from "./base.js";
import { notebookLink } from "./links.js";
import { live } from "./live.js";
import { placed } from "./placed.js";
import { mark, translator } from "./words.js";

const GRADES = [
  [1, mark("Again"), mark("I did not know it")],
  [2, mark("Hard"), mark("I knew it with trouble")],
  [3, mark("Good"), mark("I knew it")],
  [4, mark("Easy"), mark("I knew it at once")],
];
const UNITS = [
  [86400 * 365, mark("{count} year"), mark("{count} years")],
  [86400 * 30, mark("{count} month"), mark("{count} months")],
  [86400, mark("{count} day"), mark("{count} days")],
  [3600, mark("{count} hour"), mark("{count} hours")],
  [60, mark("{count} minute"), mark("{count} minutes")],
];

/** A wait in its largest unit that is not less than one, rounded. */
function wait(seconds, { tn }) {
  const [size, one, many] = UNITS.find(([unit]) => seconds >= unit * 0.95) ?? UNITS.at(-1);
  return tn(Math.max(1, Math.round(seconds / size)), one, many);
}

class View {
  constructor(model, el) {
    this.model = model;
    this.words = translator(model);
    const { t } = this.words;
    this.root = frame("flashcards", t("Flashcards"));
    this.wire = live(model, this.root, t, () => this.waits());
    this.parts = {
      note: h("p", { class: "sl-note", role: "alert" }),
      counts: h("p", { class: "sl-mode" }),
      said: h("p", { class: "sl-spoken", role: "status" }),
      card: h("div", { class: "sl-card-face" }),
      undo: this.button(t("Undo the last grade (U)"), () => this.undo()),
    };
    const { note, counts, said, card, undo } = this.parts;
    this.root.append(
      note,
      h("div", { class: "sl-head" }, h("p", { class: "sl-title" }, t("Flashcards")), counts),
      card,
      h("div", { class: "sl-foot" }, said, undo),
      this.wire.line,
    );
    this.root.addEventListener("keydown", (event) => this.key(event));
    el.replaceChildren(this.root);
    this.stops = [
      watch(model, ["card"], () => this.draw(true)),
      watch(model, ["counts", "note", "graded", "seconds"], () => this.sync()),
      () => this.wire.stop(),
    ];
    this.draw(false);
    this.wire.ask({ do: "hello" });
  }

  button(label, press, kind = "") {
    const node = h("button", { type: "button", class: `sl-button ${kind}` }, label);
    node.addEventListener("click", () => node.getAttribute("aria-disabled") !== "true" && press());
    return node;
  }

  /** Whether a card may come by itself: none is before the learner, and one is due within the hour. */
  waits() {
    const { next } = this.model.get("counts");
    return !this.model.get("card").id && next !== null && next < 3600;
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    const grade = Number(event.key);
    if (this.turned && grade >= 1 && grade <= 4) this.grade(grade);
    else if (event.key.toLowerCase() === "u") this.undo();
  }

  grade(rating) {
    if (this.asked) return;
    this.asked = true;
    this.wire.ask({ do: "grade", card: this.model.get("card").id, rating });
  }

  undo() {
    if (this.model.get("counts").undo) this.wire.ask({ do: "undo" });
  }

  turn() {
    this.turned = true;
    this.fill();
    this.parts.card.querySelector(".sl-back").focus();
  }

  /** A new card, its front up; the focus stays with the cards. */
  draw(moved) {
    const held = moved && this.root.contains(this.root.getRootNode().activeElement);
    this.turned = false;
    this.asked = false;
    this.fill();
    this.sync();
    if (held) this.parts.card.querySelector("[tabindex]").focus();
  }

  fill() {
    const card = this.model.get("card");
    const { t } = this.words;
    if (!card.id) return this.parts.card.replaceChildren(...this.nothing());
    const foot = this.turned
      ? this.grades()
      : h("div", { class: "sl-actions" }, this.button(t("Show the answer"), () => this.turn(), "sl-primary"));
    this.parts.card.replaceChildren(
      ...[
        card.case ? h("div", { class: "sl-scenario" }, h("p", { class: "sl-label" }, t("Scenario")), h("p", {}, prose(card.case))) : null,
        h("p", { class: "sl-ask", tabindex: -1 }, prose(card.ask)),
        this.turned ? null : this.front(card),
        this.turned ? this.back(card) : null,
        foot,
      ].filter(Boolean),
    );
  }

  /** What there is to choose from, as words: the answer is given in the mind. */
  front(card) {
    const { t } = this.words;
    const list = (items) => h("ul", { class: "sl-offer" }, items.map((item) => h("li", {}, prose(item))));
    const hints = {
      several: t("More than one is right."),
      order: t("Which order?"),
      match: t("Which goes with which?"),
      number: t("Which number?"),
    };
    return h(
      "div",
      {},
      hints[card.kind] ? h("p", { class: "sl-hint" }, hints[card.kind]) : null,
      h("div", { class: "sl-both" }, card.choices.length ? list(card.choices) : null, card.partners.length ? list(card.partners) : null),
    );
  }

  back(card) {
    const { t } = this.words;
    const reasons = card.reasons.map(({ why, right }, i) =>
      h(
        "li",
        { "data-verdict": right ? "right" : null },
        h("p", {}, prose(card.choices[i]), " ", h("span", { class: "sl-verdict" }, right ? t("✓ Right") : t("✗ Wrong"))),
        h("p", { class: "sl-minor" }, prose(why)),
      ),
    );
    const lines = card.answer.map((line) => h("li", {}, prose(line)));
    const own = card.reasons.length ? card.why.slice(card.reasons.filter((reason) => reason.right).length) : card.why;
    return h(
      "div",
      { class: "sl-back", tabindex: -1, role: "group", "aria-label": t("Answer") },
      reasons.length
        ? h("ul", { class: "sl-judged" }, reasons)
        : h(card.kind === "order" ? "ol" : "ul", { class: "sl-lines" }, lines),
      own.map((why) => h("p", {}, prose(why))),
      card.lesson.notebook ? h("p", {}, t("Read again:"), " ", notebookLink(card.lesson.notebook, {}, card.lesson.title)) : null,
      card.source ? h("p", { class: "sl-minor" }, t("Source: {source}", { source: card.source })) : null,
    );
  }

  grades() {
    const { t } = this.words;
    return h(
      "div",
      { class: "sl-grades", role: "group", "aria-label": t("How well did you know it?") },
      GRADES.map(([rating, name, meaning]) => {
        const back = wait(this.model.get("seconds")[rating], this.words);
        const node = this.button("", () => this.grade(rating), "sl-grade");
        node.append(
          h("span", { class: "sl-name" }, t("{name} ({key})", { name: t(name), key: rating })),
          h("span", { class: "sl-minor" }, t(meaning)),
          h("span", {}, t("in {wait}", { wait: back })),
        );
        return node;
      }),
    );
  }

  /** No card is due: say when the next one comes. */
  nothing() {
    const { t } = this.words;
    const { next, seen, total } = this.model.get("counts");
    const words =
      next === null
        ? t("There is no card to answer.")
        : t("The next card comes back in {wait}.", { wait: wait(next, this.words) });
    return [
      h("p", { class: "sl-ask", tabindex: -1 }, t("Done for now.")),
      h("p", {}, words),
      h("p", { class: "sl-minor" }, t("You have seen {seen} of {total} cards. New ones come tomorrow.", { seen, total })),
    ];
  }

  sync() {
    const { t, tn } = this.words;
    const { due, new: fresh, reviewed, undo, next } = this.model.get("counts");
    const { note, counts, said, undo: back } = this.parts;
    counts.textContent = [
      t("{due} due, {fresh} new", { due, fresh }),
      tn(reviewed, "{count} graded today", "{count} graded today"),
    ].join(" · ");
    note.textContent = this.model.get("note");
    if (note.textContent) this.asked = false;
    back.setAttribute("aria-disabled", !undo);
    const graded = this.model.get("graded");
    const words = graded.rating
      ? t("{name}: this card comes back in {wait}.", { name: t(GRADES[graded.rating - 1][1]), wait: wait(graded.seconds, this.words) })
      : "";
    if (said.textContent !== words) said.textContent = words;
    if (!this.model.get("card").id && next !== this.next) this.fillKeepingFocus();
    this.next = next;
  }

  /** The wait got shorter: say so without taking the focus away. */
  fillKeepingFocus() {
    const held = this.parts.card.contains(this.root.getRootNode().activeElement);
    this.fill();
    if (held) this.parts.card.querySelector("[tabindex]").focus();
  }
}

function show(model, el) {
  const view = new View(model, el);
  return () => view.stops.forEach((stop) => stop());
}

/** What a kernel runs to make the page of a place live. */
const code = (place) => `from sagelab_widgets import Flashcards\n_ = Flashcards(place="${place}")`;
const render = (context) => placed(context, show, code);
export default { render };
