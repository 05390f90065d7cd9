// The SHAP explorer's controls: a client by its label or one by one, a feature, and how many clients there are.
import { h, unique } from "./base.js";
import { control, number } from "./chart.js";

/** The row of controls; `pick(label)`, `step(by)` and `choose(feature)` are told what the learner does. */
export function buildControls({ data, t, tn }, { pick, step, choose }) {
  const stepper = (sign, label, by) =>
    h(
      "button",
      { type: "button", class: "sl-button sl-step", "aria-label": label, onclick: () => step(by) },
      sign,
    );
  const client = h("input", {
    type: "text",
    id: unique("client"),
    inputmode: "numeric",
    autocomplete: "off",
    onchange: () => pick(client.value.trim()),
    onkeydown: (event) => {
      const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      step(by);
    },
  });
  const feature = h(
    "select",
    { id: unique("feature"), onchange: () => choose(feature.value) },
    data.columns.map((column) => h("option", { value: column.name }, column.name)),
  );
  const [shown, total] = [number(data.clients.length, 0), number(data.total, 0)];
  const some =
    data.total > data.clients.length
      ? t("{shown} of {total} clients, evenly spaced", { shown, total })
      : tn(data.total, "{total} client", "{total} clients", { total });
  const steps = [stepper("←", t("Previous client"), -1), stepper("→", t("Next client"), 1)];
  const row = h(
    "div",
    { class: "sl-controls" },
    control(t("Client"), client, h("span", { class: "sl-steps" }, steps)),
    control(t("Feature"), feature),
    h("p", { class: "sl-count" }, some),
  );
  return { row, client, feature };
}
