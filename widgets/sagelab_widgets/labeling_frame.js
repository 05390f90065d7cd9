// The fixed parts of the labeling desk; what changes with the task goes into them.
import { frame, h, unique } from "./base.js";

/** Make the parts; `ask(what)` and `done()` are what the buttons do. */
export function build(t, ask, done) {
  const button = (label, key, action, kind = "") =>
    h(
      "button",
      { type: "button", class: `sl-button ${kind}`, onclick: action },
      label,
      key ? h("kbd", { "aria-hidden": "true" }, key) : null,
    );
  const parts = {
    root: frame("labeling", t("Labeling desk")),
    job: h("p", { class: "sl-job" }),
    clock: h("p", { class: "sl-clock", role: "timer" }),
    progress: h("progress", { id: unique("progress"), max: 1, value: 0 }),
    done: h("label", { class: "sl-progress-words" }),
    counts: h("p", { class: "sl-counts" }),
    note: h("p", { class: "sl-note", role: "status" }),
    title: h("p", { class: "sl-task", tabindex: -1 }),
    description: h("p", { class: "sl-description" }),
    instructions: h("details", { class: "sl-instructions", open: true }),
    object: h("div", { class: "sl-object" }),
    labels: h("div", { class: "sl-labels", role: "group", "aria-label": t("Labels") }),
    below: h("div", { class: "sl-below" }),
    help: h("p", { class: "sl-help" }),
    said: h("p", { class: "sl-said", role: "status" }),
    finish: button("", "Enter", done, "sl-primary"),
    previous: button(t("Previous"), "PgUp", () => ask("go", { by: -1 })),
    next: button(t("Next"), "PgDn", () => ask("go", { by: 1 })),
    skip: button(t("Skip"), "s", () => ask("skip")),
    undo: button(t("Undo last answer"), "u", () => ask("undo")),
    submit: button("", "", () => ask("submit")),
    again: button(t("Show skipped tasks again"), "", () => ask("again")),
    drop: button(t("Give up refused answers"), "", () => ask("drop")),
  };
  parts.done.setAttribute("for", parts.progress.id);
  parts.task = h(
    "div",
    { class: "sl-task-area" },
    parts.title,
    parts.description,
    parts.instructions,
    parts.object,
    parts.labels,
    parts.below,
    parts.help,
  );
  parts.root.append(
    h("div", { class: "sl-head" }, parts.job, parts.clock),
    h("div", { class: "sl-progress" }, parts.done, parts.progress, parts.counts),
    parts.note,
    parts.task,
    h("div", { class: "sl-actions" }, parts.finish, parts.previous, parts.next, parts.skip, parts.undo),
    h("div", { class: "sl-actions sl-more" }, parts.submit, parts.again, parts.drop),
    parts.said,
  );
  return parts;
}

/** A button that cannot be used now keeps its place and its focus. */
export const off = (button, is) => button.setAttribute("aria-disabled", Boolean(is));
export const isOff = (button) => Boolean(button?.hidden) || button?.getAttribute("aria-disabled") === "true";
