// The form of a step, made from the catalogue's entry: group, transform, parameters.
import { h, prose, unique } from "./base.js";
import { control } from "./chart.js";

const plain = (name) => {
  const words = name.replaceAll("_", " ");
  return words[0].toUpperCase() + words.slice(1);
};

const options = (values, chosen) =>
  values.map(([value, label]) => h("option", { value, selected: value === chosen }, label));

function select(values, chosen) {
  return h("select", { id: unique("field") }, options(values, chosen));
}

/** Check boxes for several columns, with buttons for all and none. */
function columnsField(parameter, columns, value, t) {
  const chosen = new Set(value ?? []);
  const fitting = columns.filter(([, kind]) => parameter.of === "any" || kind === parameter.of);
  const known = new Set(fitting.map(([name]) => name));
  const names = [...fitting.map(([name]) => name), ...[...chosen].filter((name) => !known.has(name))];
  const boxes = names.map((name) =>
    h("input", { type: "checkbox", value: name, checked: chosen.has(name), id: unique("box") }),
  );
  const all = (on) => () => boxes.forEach((box) => (box.checked = on));
  const node = h(
    "fieldset",
    { class: "sl-columns" },
    h("legend", {}, plain(parameter.name)),
    h(
      "div",
      { class: "sl-boxes" },
      boxes.map((box, i) => h("label", { for: box.id }, box, " ", names[i])),
      names.length ? null : h("p", {}, t("No column of this table fits.")),
    ),
    h(
      "div",
      { class: "sl-all" },
      h("button", { type: "button", class: "sl-link", onclick: all(true) }, t("All")),
      h("button", { type: "button", class: "sl-link", onclick: all(false) }, t("None")),
    ),
  );
  return { node, read: () => boxes.filter((box) => box.checked).map((box) => box.value) };
}

/** One parameter's field: its node and how its value is read. */
function field(parameter, columns, given, t) {
  const value = given ?? parameter.default;
  const { kind } = parameter;
  if (kind === "columns") return columnsField(parameter, columns, given, t);
  if (kind === "boolean") {
    const box = h("input", { type: "checkbox", id: unique("field"), checked: value === true });
    return {
      node: h("label", { class: "sl-flag", for: box.id }, box, " ", plain(parameter.name)),
      read: () => box.checked,
    };
  }
  if (kind === "column" || kind === "choice") {
    const fitting = columns.filter(([, of]) => parameter.of === "any" || of === parameter.of);
    const names = kind === "choice" ? parameter.choices : fitting.map(([name]) => name);
    const missing = value && !names.includes(value) ? [value] : [];
    const none = parameter.optional ? [["", t("(none)")]] : [];
    const input = select([...none, ...[...names, ...missing].map((name) => [name, name])], value ?? "");
    return { node: control(plain(parameter.name), input), read: () => input.value || null };
  }
  if (kind === "code") {
    const area = h("textarea", { id: unique("field"), rows: 6, spellcheck: "false" });
    area.value = value ?? "";
    return { node: control(plain(parameter.name), area), read: () => area.value };
  }
  const numeric = kind === "number" || kind === "integer";
  const input = h("input", {
    type: "text",
    id: unique("field"),
    inputmode: numeric ? "decimal" : "text",
    autocomplete: "off",
    spellcheck: "false",
  });
  input.value = value ?? "";
  return { node: control(plain(parameter.name), input), read: () => input.value };
}

/** The form; `step` is the node that is edited, or null for a new one. Gives its node and `draft()`. */
export function buildForm({ catalogue, nodes, page, step, draft, t, send, cancel }) {
  const holder = h("div", { class: "sl-parameters" });
  const about = h("p", { class: "sl-about" });
  const groupField = select(
    Object.keys(catalogue).map((name) => [name, name]),
    step?.group ?? draft?.group ?? "Manage columns",
  );
  const transformField = select([], "");
  const second = select(
    nodes.filter((node) => node.id !== page.node).map((node) => [node.id, `${node.title} (${node.id})`]),
    draft?.right,
  );
  const secondRow = control(t("Second table"), second);
  let fields = {};

  const entry = () =>
    catalogue[groupField.value].find((one) => one.name === transformField.value) ??
    catalogue[groupField.value][0];

  function drawParameters(values) {
    const chosen = entry();
    const columns = step ? page.before : page.columns;
    about.replaceChildren(...prose(`${chosen.about} (${chosen.library})`));
    secondRow.hidden = chosen.tables < 2 || Boolean(step);
    fields = Object.fromEntries(
      chosen.parameters.map((parameter) => [
        parameter.name,
        field(parameter, columns, values?.[parameter.name], t),
      ]),
    );
    holder.replaceChildren(...Object.values(fields).map((one) => one.node));
  }

  function drawTransforms(name) {
    const names = catalogue[groupField.value].map((one) => one.name);
    transformField.replaceChildren(
      ...options(
        names.map((one) => [one, one]),
        names.includes(name) ? name : names[0],
      ),
    );
  }
  groupField.addEventListener("change", () => (drawTransforms(), drawParameters()));
  transformField.addEventListener("change", () => drawParameters());
  drawTransforms(step?.title ?? draft?.transform);
  drawParameters(draft?.parameters ?? step?.parameters);
  groupField.disabled = transformField.disabled = Boolean(step);

  const values = () => Object.fromEntries(Object.entries(fields).map(([name, one]) => [name, one.read()]));
  const node = h(
    "form",
    {
      novalidate: true,
      onsubmit: (event) => {
        event.preventDefault();
        if (step) return send({ do: "edit", step: step.id, parameters: values() });
        const right = entry().tables > 1 ? second.value : "";
        send({ do: "add", transform: entry().name, after: page.node, right, parameters: values() });
      },
    },
    h(
      "div",
      { class: "sl-controls" },
      control(t("Group"), groupField),
      control(t("Transform"), transformField),
      secondRow,
    ),
    about,
    holder,
    h(
      "div",
      { class: "sl-actions" },
      h(
        "button",
        { type: "submit", class: "sl-button sl-primary" },
        step ? t("Save changes") : t("Add step"),
      ),
      step ? h("button", { type: "button", class: "sl-button", onclick: cancel }, t("Cancel")) : null,
    ),
  );
  const kept = () => ({
    group: groupField.value,
    transform: transformField.value,
    right: second.value,
    parameters: values(),
  });
  return { node, draft: kept, step: step?.id ?? null };
}
