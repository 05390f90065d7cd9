// The labeling desk: one frame for all kinds of tasks, worked from the keyboard. It draws and asks; Python
// knows what counts as an answer and what the account has taken.
import { h, watch } from "./base.js";
import { number } from "./chart.js";
import { boxStage } from "./labeling_boxes.js";
import { choiceStage } from "./labeling_choices.js";
import { build, isOff, off } from "./labeling_frame.js";
import { spanStage } from "./labeling_spans.js";
import { mark, translator } from "./words.js";

const STAGES = {
  one: choiceStage,
  several: choiceStage,
  verify: choiceStage,
  spans: spanStage,
  boxes: boxStage,
};
const LATE = 4000; // milliseconds until we say that no kernel has answered
const BEAT = 1000; // milliseconds between two looks at the account while the desk is seen
const LIVE = ["Initializing", "InProgress"];
const STATES = {
  answered: mark("answered, not submitted yet"),
  refused: mark("refused"),
};

/** The digit of each label: 1 to 9 in their order; labels that are digits have themselves. */
function keysOf(labels) {
  const digits = labels.length > 0 && labels.every((label) => /^[0-9]$/.test(label));
  return new Map(labels.slice(0, digits ? 10 : 9).map((label, i) => [digits ? label : String(i + 1), label]));
}

class View {
  constructor(model, el) {
    this.model = model;
    Object.assign(this, translator(model));
    this.drafts = new Map();
    this.byKey = new Map();
    const { t } = this;
    this.parts = build(
      t,
      (what, more) => this.ask(what, more),
      () => this.finish(),
    );
    this.parts.root.addEventListener("keydown", (event) => this.key(event));
    const guard = (event) => isOff(event.target.closest("button")) && event.stopPropagation();
    this.parts.root.addEventListener("click", guard, true);
    el.append(this.parts.root);
    const seen = new IntersectionObserver(([entry]) => (this.seen = entry.isIntersecting));
    seen.observe(this.parts.root);
    const beat = setInterval(() => this.beat(), BEAT);
    this.stops = [
      watch(model, ["desk"], () => this.draw()),
      watch(model, ["note"], () => this.tell(this.parts.note, model.get("note"))),
      watch(model, ["left"], () => this.drawClock()),
      () => clearInterval(beat),
      () => clearTimeout(this.late),
      () => seen.disconnect(),
      () => this.stage?.free(),
    ];
    this.draw();
    this.tell(this.parts.note, model.get("note"));
  }

  get desk() {
    return this.model.get("desk");
  }

  tell(place, words) {
    if (place.textContent !== words) place.textContent = words;
  }

  /** Ask the kernel; where it stays silent, say so and keep what is on the screen. */
  ask(what, more = {}) {
    if (this.stage && this.shown) this.drafts.set(this.shown, this.stage.draft());
    this.own = what !== "refresh" || this.own;
    if (!this.late) {
      this.late = setTimeout(() => {
        this.late = null;
        this.tell(
          this.parts.note,
          this.t("No kernel has answered yet. What you see is kept; run this cell again if it stays so."),
        );
      }, LATE);
    }
    try {
      this.model.send({ do: what, task: this.desk.task.id, ...more });
    } catch {
      // a model without a kernel cannot send; the timer says so
    }
  }

  /** Look at the account while somebody looks at the desk and something can still change. */
  beat() {
    const { status, waiting, refused } = this.desk;
    const moves = LIVE.includes(status) || waiting > refused;
    if (this.seen && moves && !this.late && !document.hidden) this.ask("refresh");
  }

  finish() {
    if (this.stage?.done() && !this.desk.task.fault) this.ask("answer", { answer: this.stage.read() });
    else if (!this.stage && this.desk.waiting) this.ask("submit");
  }

  key(event) {
    const { target, key } = event;
    const typing = target.closest("input, textarea, select");
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const { parts } = this;
    const press = (button) => isOff(button) || button.click();
    if (this.stage?.key(event)) event.preventDefault();
    else if (typing) return;
    else if (key === "z" && (event.ctrlKey || event.metaKey)) press(parts.undo);
    else if (!plain) return;
    else if (this.byKey.has(key)) this.stage.press(this.byKey.get(key));
    else if (key === "PageUp") press(parts.previous);
    else if (key === "PageDown") press(parts.next);
    else if (key === "s") press(parts.skip);
    else if (key === "u") press(parts.undo);
    else if (key === "Enter" && !target.closest("button, summary, a")) this.finish();
    else return;
    event.preventDefault();
  }

  draw() {
    const { desk, parts } = this;
    clearTimeout(this.late);
    this.late = null;
    const within = parts.root.contains(document.activeElement);
    const look = JSON.stringify([desk.task.id, desk.task.answer, desk.task.fault]);
    const fresh = look !== this.look;
    if (fresh) this.drawTask();
    this.look = look;
    this.drawNumbers();
    this.drawActions();
    this.drawClock();
    this.tell(parts.note, this.model.get("note"));
    if (within && this.own && fresh) this.focus();
    this.own = false;
  }

  focus() {
    const place = this.stage ? (this.stage.target ?? this.parts.title) : this.parts.finish;
    (place.hidden || !place.isConnected ? this.parts.title : place).focus();
  }

  drawTask() {
    const { desk, parts, t, tn, model } = this;
    const { task, at, items } = desk;
    this.stage?.free();
    this.stage = null;
    this.shown = task.id;
    this.byKey = keysOf(task.fault ? [] : (task.labels ?? []));
    this.tell(parts.said, "");
    parts.object.replaceChildren();
    parts.below.replaceChildren();
    parts.labels.replaceChildren();
    for (const part of [parts.description, parts.instructions, parts.help]) part.hidden = !task.id;
    if (!task.id) {
      parts.title.textContent = this.endWords();
      return;
    }
    const picture = model.get("picture");
    this.stage = STAGES[task.kind]({
      task,
      t,
      tn,
      picture: picture.task === task.id ? picture : null,
      draft: task.answer ? null : this.drafts.get(task.id),
      changed: () => this.drawActions(),
      answer: (answer) => this.ask("answer", { answer }),
      say: (words) => this.tell(parts.said, words),
    });
    const state = items[at].state === "open" ? "" : t("({state})", { state: t(STATES[items[at].state]) });
    const place = t("Task {at} of {count} at hand", { at: at + 1, count: items.length });
    parts.title.replaceChildren(
      h("span", { class: "sl-label" }, place),
      ` ${state} `,
      h("span", { class: "sl-task-title" }, task.title),
    );
    parts.description.textContent = task.description;
    parts.instructions.hidden = !task.instructions.length;
    parts.instructions.replaceChildren(
      h("summary", {}, t("Instructions")),
      h("div", {}, task.instructions.map((line) => h("p", {}, line))),
    );
    parts.object.append(this.stage.node);
    if (this.stage.below) parts.below.append(this.stage.below);
    if (!task.fault) parts.labels.append(...task.labels.map((label) => this.labelButton(label)));
    parts.help.textContent = this.stage.help();
  }

  labelButton(label) {
    const key = [...this.byKey].find(([, named]) => named === label)?.[0];
    return h(
      "button",
      {
        type: "button",
        class: "sl-button sl-label-button",
        "data-label": label,
        onclick: () => this.stage.press(label),
      },
      key ? h("kbd", { "aria-hidden": "true" }, key) : null,
      label,
    );
  }

  /** What is said when no task is shown. */
  endWords() {
    const { t, desk } = this;
    if (desk.status === "Initializing") return t("The job reads its manifest; its first tasks come soon.");
    if (!LIVE.includes(desk.status)) return t("The job is in status {status}.", { status: desk.status });
    if (desk.items.length) return t("You have answered all tasks at hand.");
    return t("There is no task for you now; others may still be at work.");
  }

  drawNumbers() {
    const { desk, parts, t, tn } = this;
    parts.job.replaceChildren(
      h("strong", {}, desk.job),
      t(" as {worker}, {status}", { worker: desk.worker, status: desk.status }),
    );
    parts.progress.max = desk.objects || 1;
    parts.progress.value = desk.labeled;
    this.tell(
      parts.done,
      t("{labeled} of {objects} objects are labeled", { labeled: desk.labeled, objects: desk.objects }),
    );
    const words = [
      tn(desk.submitted, "You: {count} answer submitted", "You: {count} answers submitted"),
      desk.waiting ? t("{count} waiting", { count: desk.waiting }) : "",
      desk.skipped ? t("{count} skipped", { count: desk.skipped }) : "",
      desk.rate ? t("{rate} answers a minute", { rate: number(desk.rate, 1) }) : "",
    ];
    this.tell(parts.counts, words.filter(Boolean).join(" · "));
  }

  drawActions() {
    const { desk, parts, stage, t, tn } = this;
    const [at, count] = [desk.at, desk.items.length];
    const answered = desk.items[at]?.state !== "open";
    const submit = tn(desk.waiting, "Submit {count} answer now", "Submit {count} answers now");
    const words = stage ? !desk.task.fault && stage.done() : desk.waiting ? submit : null;
    parts.finish.hidden = stage ? desk.task.kind === "one" : !words;
    parts.finish.firstChild.textContent = words || t("Choose a label first");
    off(parts.finish, !words);
    off(parts.previous, at === 0);
    off(parts.next, at >= count - desk.items.some((item) => item.state === "open"));
    off(parts.skip, !stage || answered);
    off(parts.undo, !desk.waiting);
    parts.submit.hidden = !desk.waiting || !stage;
    parts.submit.firstChild.textContent = submit;
    parts.again.hidden = !desk.skipped;
    parts.drop.hidden = !desk.refused;
    for (const button of parts.labels.children)
      button.setAttribute("aria-pressed", stage.isOn(button.dataset.label));
  }

  drawClock() {
    const [left, limit] = [this.model.get("left"), this.desk.task.limit];
    const words = left < 0 || !limit ? "" : this.t("{left} of {limit} s left for this task", { left, limit });
    this.tell(this.parts.clock, words);
  }
}

function render({ model, el }) {
  const view = new View(model, el);
  return () => view.stops.forEach((stop) => stop());
}
export default { render };
