// All about one step of a pipeline: what it was given, what it gave, why it failed, what it printed, its callback.
import { h, unique } from "./base.js";
import { control } from "./chart.js";
import { button, logBox, memo } from "./live.js";
import { stateWords } from "./pipeline_graph.js";

/** The panel of the chosen step; `leave(name)` gives the focus back to the graph. */
export function stepDetail(model, speech, ask, leave) {
  const { t } = speech;
  const title = h("h4", { class: "sl-heading" });
  const state = h("p", { class: "sl-about" });
  const parts = h("div");
  const callback = h("div");
  const close = button(t("Close"), "close step", () => {
    const name = model.get("step");
    ask({ do: "step", step: "" });
    leave(name);
  });
  const head = h("div", { class: "sl-step-head" }, h("div", {}, title, state), close);
  const root = h("section", { class: "sl-step-detail", "aria-label": t("The chosen step") }, head, callback, parts);

  const drawParts = memo(parts, (detail) => sections(detail, t));
  const drawCallback = memo(callback, ([name, token, asks]) => (token ? callbackForm(name, token, asks, t, ask) : null));

  function draw() {
    const detail = model.get("detail");
    root.hidden = !model.get("step") || !detail.name;
    if (root.hidden) return;
    title.textContent = t("{name} ({type})", detail);
    state.textContent = stateWords(model.get("states")[detail.name], speech);
    drawCallback([detail.name, detail.token, detail.asks]);
    drawParts(detail);
  }
  return { root, draw };
}

function sections(detail, t) {
  const found = [];
  const add = (heading, ...nodes) => found.push(h("h5", { class: "sl-heading" }, heading), ...nodes);
  if (detail.reason) add(t("Why it failed"), h("p", { class: "sl-reason" }, detail.reason));
  const json = (label, text) => h("pre", { class: "sl-json", tabindex: "0", role: "region", "aria-label": label }, text);
  const open = detail.unknown.length
    ? h("p", { class: "sl-about" }, t("Expressions that have no value yet are shown as the definition has them."))
    : null;
  add(t("Input"), ...[open, json(t("Input"), detail.given)].filter(Boolean));
  if (detail.outputs.length) add(t("Output"), pairs(detail.outputs));
  detail.files.forEach((file) =>
    add(t("Property file {name}", file), h("p", { class: "sl-about sl-uri" }, file.uri), json(file.name, file.text)),
  );
  if (detail.log.length) add(t("Log in CloudWatch"), logBox(t("Log in CloudWatch"), detail.log));
  else if (detail.logged) add(t("Log in CloudWatch"), h("p", { class: "sl-about" }, t("Nothing was printed yet.")));
  return found;
}

const pairs = (outputs) =>
  h(
    "dl",
    { class: "sl-pairs" },
    outputs.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
  );

/** The token that a callback step waits for, and both answers to it. */
function callbackForm(step, token, asks, t, ask) {
  const fields = asks.map((name) => {
    const input = h("input", { type: "text", id: unique("output"), "data-key": `output ${name}`, autocomplete: "off" });
    return [name, input];
  });
  const reason = h("input", { type: "text", id: unique("reason"), "data-key": "reason", autocomplete: "off" });
  const outputs = () => Object.fromEntries(fields.map(([name, input]) => [name, input.value]));
  return h(
    "fieldset",
    { class: "sl-callback" },
    h("legend", {}, t("The step waits for somebody to send this token back")),
    h("p", {}, h("code", {}, token)),
    h(
      "div",
      { class: "sl-bar" },
      fields.map(([name, input]) => control(t("Output {name}", { name }), input)),
      button(t("It is done"), "succeed", () => ask({ do: "succeed", step, outputs: outputs() }), "sl-primary"),
    ),
    h(
      "div",
      { class: "sl-bar" },
      control(t("Reason of a failure"), reason),
      button(t("It has failed"), "fail", () => ask({ do: "fail", step, reason: reason.value })),
    ),
  );
}
