// The exports: script, flow file, processing step; and the job that runs the flow in the account.
import { h, unique } from "./base.js";
import { mark } from "./words.js";

const KINDS = {
  script: [mark("Python script"), mark("Runs by itself and makes the same table; it needs the table's file beside it.")],
  flow: [mark("Flow file"), mark("The flow with what its steps have learned, in the shape of Data Wrangler's own files.")],
  step: [mark("Processing job"), mark("What CreateProcessingJob takes, but for the job's name.")],
  pipeline: [mark("Pipeline"), mark("The definition of a pipeline whose one step is this processing job.")],
};
const STATES = {
  InProgress: mark("The job {name} is running."),
  Completed: mark("The job {name} has ended. Its table: {output}"),
  Failed: mark("The job {name} has failed: {reason}"),
  Stopping: mark("The job {name} is stopping."),
  Stopped: mark("The job {name} was stopped."),
};

export const jobWords = (job, t) => (job.name ? t(STATES[job.status] ?? "{name}", job) : "");

/** Draw the export chosen last; `send` asks for another, saves it, or runs the job. */
export function drawExport(holder, { shown, job, hasLab, send, t }) {
  const kind = shown.kind ?? "";
  const focused = document.activeElement?.dataset?.export;
  const name = unique("export");
  const radios = Object.entries(KINDS).map(([value, [label]]) => {
    const id = unique("kind");
    return h(
      "label",
      { for: id },
      h("input", {
        type: "radio",
        id,
        name,
        value,
        "data-export": value,
        checked: value === kind,
        onchange: () => send({ do: "export", kind: value }),
      }),
      t(label),
    );
  });
  const button = (words, message, kindOf = "") =>
    h("button", { type: "button", class: `sl-button ${kindOf}`, "data-export": message.do + (message.where ?? ""),
      onclick: () => send(message) }, words);
  const save = (where) => ({
    do: "save",
    where,
    get kind() {
      return holder.querySelector("input:checked").value; // its text may still be on its way
    },
  });
  const area = h("textarea", {
    class: "sl-export",
    rows: 16,
    readonly: true,
    spellcheck: "false",
    "aria-label": kind ? t("Text of the export: {kind}", { kind: t(KINDS[kind][0]) }) : null,
  });
  area.value = shown.text ?? "";
  holder.replaceChildren(
    h(
      "fieldset",
      { class: "sl-control" },
      h("legend", {}, t("Export the whole flow as")),
      h("div", { class: "sl-radios" }, radios),
    ),
    ...(kind
      ? [
          h("p", { class: "sl-about" }, t(KINDS[kind][1])),
          area,
          h(
            "div",
            { class: "sl-actions" },
            button(t("Save beside the notebook"), save("file"), "sl-primary"),
            hasLab ? button(t("Save to S3"), save("s3")) : null,
            hasLab && kind === "step" ? button(t("Run as a processing job"), { do: "run" }) : null,
          ),
        ]
      : [h("p", { class: "sl-about" }, t("Choose one to see its text."))]),
    h("p", { class: "sl-job" }, jobWords(job, t)),
  );
  if (focused) holder.querySelector(`[data-export="${focused}"]`)?.focus();
}
