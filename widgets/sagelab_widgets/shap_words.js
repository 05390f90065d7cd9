// What the SHAP explorer says: its state read from the traits, sentences and tables.
import { number, table } from "./chart.js";
import { bars, extent, signed } from "./shap_charts.js";

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
  const unit = (column) => model.get("units")[column.name] ?? "";
  const title = (column) => (unit(column) ? `${column.name} (${unit(column)})` : column.name);
  const show = (column, i) => {
    const value = column.values[i];
    if (value === null) return "missing";
    return column.categories.length ? column.categories[value] : number(value);
  };
  return { data, client, row, column: data.columns[row], digits, title, show };
}

export function sentences(state) {
  const { data, client, digits } = state;
  const output = data.outputs[client];
  const gap = output - data.base;
  const head =
    `Client ${data.clients[client]}: ${data.output} ${number(output, digits)}, ` +
    `${number(Math.abs(gap), digits)} ${gap < 0 ? "below" : "above"} the baseline of ${number(data.base, digits)}.`;
  const said = bars(state)
    .slice(0, 2)
    .map(
      ({ label, value }) =>
        `${label} ${value < 0 ? "takes away" : "adds"} ${number(Math.abs(value), digits)}`,
    );
  return [head, `Most of it: ${said.join("; ")}.`];
}

/** One dot in words. */
export function dotWords({ data, show }, row, client) {
  const column = data.columns[row];
  return `Client ${data.clients[client]}: ${column.name} = ${show(column, client)}, SHAP ${signed(column.shap[client], 4)}`;
}

export function tables(state) {
  const { data, client, column, digits, title } = state;
  return [
    table(
      "All clients: how far each feature moves the output",
      ["Feature", "Mean |SHAP|", "Lowest", "Highest"],
      data.columns.map((one) => [
        title(one),
        number(one.importance, 4),
        ...extent(one.shap).map((v) => signed(v, 4)),
      ]),
    ),
    table(
      `Client ${data.clients[client]}: from the baseline to the ${data.output}`,
      ["Step", "Effect", data.output],
      [
        ["baseline", "", number(data.base, digits)],
        ...bars(state).map(({ label, value, end }) => [label, signed(value, 4), number(end, digits)]),
      ],
    ),
    table(
      `${title(column)}: mean effect by its value`,
      ["Value", "Clients", "Mean SHAP"],
      column.trend.map(({ label, rows, mean }) => [label, number(rows, 0), signed(mean, 4)]),
    ),
  ];
}
