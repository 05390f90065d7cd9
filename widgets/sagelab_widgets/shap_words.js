// What the SHAP explorer says: its state read from the traits, sentences and tables.
import { number, table } from "./chart.js";
import { bars, extent, signed } from "./shap_charts.js";
import { translator } from "./words.js";

/** Decimals that suit the size of what is added up. */
function digitsFor(values) {
  const [low, high] = extent(values);
  return Math.max(0, Math.min(4, 3 - Math.floor(Math.log10(Math.max(high - low, 1e-9) * 2))));
}

/** What the controls stand on, and the words for it. */
export function read(model) {
  const data = model.get("attribution");
  const client = data.clients.indexOf(model.get("client"));
  const row = data.columns.findIndex((column) => column.name === model.get("feature"));
  const digits = digitsFor(data.outputs);
  const { t, tn } = translator(model);
  const unit = (column) => model.get("units")[column.name] ?? "";
  const title = (column) => (unit(column) ? `${column.name} (${unit(column)})` : column.name);
  const show = (column, i) => {
    const value = column.values[i];
    if (value === null) return t("missing");
    return column.categories.length ? column.categories[value] : number(value);
  };
  return { data, client, row, column: data.columns[row], digits, title, show, t, tn };
}

export function sentences(state) {
  const { data, client, digits, t } = state;
  const output = data.outputs[client];
  const gap = output - data.base;
  const named = {
    client: data.clients[client],
    name: data.output,
    output: number(output, digits),
    gap: number(Math.abs(gap), digits),
    base: number(data.base, digits),
  };
  const head =
    gap < 0
      ? t("Client {client}: {name} {output}, {gap} below the baseline of {base}.", named)
      : t("Client {client}: {name} {output}, {gap} above the baseline of {base}.", named);
  const said = bars(state)
    .slice(0, 2)
    .map(({ label, value }) => {
      const step = { step: label, size: number(Math.abs(value), digits) };
      return value < 0 ? t("{step} takes away {size}", step) : t("{step} adds {size}", step);
    });
  return [head, t("Most of it: {steps}.", { steps: said.join("; ") })];
}

/** One dot in words. */
export function dotWords({ data, show, t }, row, client) {
  const column = data.columns[row];
  return t("Client {client}: {feature} = {value}, SHAP {shap}", {
    client: data.clients[client],
    feature: column.name,
    value: show(column, client),
    shap: signed(column.shap[client], 4),
  });
}

export function tables(state) {
  const { data, client, column, digits, title, t } = state;
  return [
    table(
      t("All clients: how far each feature moves the output"),
      [t("Feature"), t("Mean |SHAP|"), t("Lowest"), t("Highest")],
      data.columns.map((one) => [
        title(one),
        number(one.importance, 4),
        ...extent(one.shap).map((v) => signed(v, 4)),
      ]),
    ),
    table(
      t("Client {client}: from the baseline to the {name}", { client: data.clients[client], name: data.output }),
      [t("Step"), t("Effect"), data.output],
      [
        [t("baseline"), "", number(data.base, digits)],
        ...bars(state).map(({ label, value, end }) => [label, signed(value, 4), number(end, digits)]),
      ],
    ),
    table(
      t("{feature}: mean effect by its value", { feature: title(column) }),
      [t("Value"), t("Clients"), t("Mean SHAP")],
      column.trend.map(({ label, rows, mean }) => [label, number(rows, 0), signed(mean, 4)]),
    ),
  ];
}
