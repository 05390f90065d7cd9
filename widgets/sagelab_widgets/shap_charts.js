// The SHAP explorer's three pictures. Each has a layout, dots for a canvas where there are many, and axes in SVG.
import { svg } from "./base.js";
import { axisTitle, fit, line, number, picture, scale, textWidth, ticks, tickWords, words } from "./chart.js";

const ROWS = 10;
const MOST_PLACES = 20; // whole numbers in a wider range are drawn as numbers, not as places

export const extent = (values) =>
  values.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]);
export const signed = (value, digits) => (value < 0 ? number(value, digits) : `+${number(value, digits)}`);

/** A waterfall's bars from the base value to the client's output; the last may stand for all other features. */
export function bars({ data, client, show, tn }) {
  let at = data.base;
  const shown = data.waterfalls[client];
  return shown.map((index) => {
    const column = data.columns[index];
    const value = column ? column.shap[client] : data.outputs[client] - at;
    const label = column
      ? `${column.name} = ${show(column, client)}`
      : tn(data.features - shown.length + 1, "{count} other feature", "{count} other features");
    const bar = { label, value, start: at, end: at + value };
    at = bar.end;
    return bar;
  });
}

/** Where everything lies in a beeswarm of this width. */
export function swarmLayout({ data }, width) {
  const rows = data.columns.slice(0, ROWS);
  const labels = Math.min(Math.max(...rows.map((column) => textWidth(column.name))) + 4, width * 0.3);
  const [left, right, top, step] = [labels + 18, width - 64, 24, 40];
  const [low, high] = extent(rows.flatMap((column) => column.shap));
  const room = (Math.max(high, 0) - Math.min(low, 0) || 1) * 0.03;
  const range = [Math.min(low, 0) - room, Math.max(high, 0) + room];
  const bottom = top + step * rows.length;
  return {
    rows,
    labels,
    left,
    right,
    top,
    step,
    range,
    bottom,
    height: bottom + 46,
    x: scale(range, [left, right]),
    y: (row) => top + step * (row + 0.5),
    width,
  };
}

export function swarmDots({ data }, layout, shade) {
  return layout.rows.flatMap((column, row) =>
    column.shap.map((value, client) => ({
      x: layout.x(value),
      y: layout.y(row) + column.jitter[client] * layout.step * 0.42,
      client,
      row,
      color:
        column.values[client] === null
          ? null
          : shade((column.values[client] - column.low) / (column.high - column.low || 1)),
    })),
  );
}

export function drawSwarmAxes(
  { data, t },
  { rows, left, right, top, bottom, range, height, x, width, y, labels },
  choose,
) {
  const marks = ticks(...range, Math.max(3, Math.floor((right - left) / 110)));
  const named = tickWords(marks);
  return picture(
    t("Beeswarm: SHAP values of {clients} clients for {features} features, most important first", {
      clients: data.clients.length,
      features: rows.length,
    }),
    width,
    height,
    marks.map((mark, i) => [
      line(x(mark), top, x(mark), bottom, mark === 0 ? "sl-axis" : "sl-grid"),
      words(named[i], x(mark), bottom + 17, "middle", "sl-small"),
    ]),
    axisTitle(
      [t("SHAP value: effect on the {name}", { name: data.output }), t("SHAP value")],
      left,
      right,
      bottom + 38,
      width,
    ),
    words(t("mean |SHAP|"), width, 12, "end", "sl-small"),
    rows.map((column, row) => [
      svg(
        "text",
        {
          x: left - 14,
          y: y(row) + 4,
          "text-anchor": "end",
          class: "sl-words sl-pick",
          onclick: () => choose(row),
        },
        fit(column.name, labels),
      ),
      words(number(column.importance, 3), width, y(row) + 4, "end", "sl-figure"),
    ]),
  );
}

/** The tinted row of the chosen feature, if it is among those drawn. */
export function band({ rows, y, step, width }, row) {
  if (row >= rows.length) return [];
  return [svg("rect", { x: 0, y: y(row) - step / 2, width, height: step, class: "sl-band" })];
}

/** What sets a chosen dot apart: a ring of ink on a ring of paper. */
export const ring = (dot) => [
  svg("circle", { cx: dot.x, cy: dot.y, r: 6.5, class: "sl-ring-paper" }),
  svg("circle", { cx: dot.x, cy: dot.y, r: 6.5, class: "sl-ring" }),
];

export function drawWaterfall(state, width) {
  const { data, client, digits, t } = state;
  const steps = bars(state);
  const output = data.outputs[client];
  const labels = Math.min(
    Math.max(...steps.map(({ label }) => textWidth(label)), textWidth(t("baseline"))) + 4,
    width * 0.42,
  );
  const [left, right, top, row] = [labels + 14, width - 58, 8, 30];
  const [low, high] = extent([data.base, ...steps.map(({ end }) => end)]);
  const x = scale([low, high], [left + 8, right]);
  const y = (i) => top + row * i;
  const bottom = y(steps.length + 2) + 4;
  const marks = ticks(low, high, Math.max(2, Math.floor((right - left) / 80)));
  const named = tickWords(marks);
  const whole = (i, label, value) => [
    words(label, left - 10, y(i) + 19, "end", "sl-strong"),
    svg("path", { d: `M${x(value)} ${y(i) + 7} l6 8 l-6 8 l-6 -8 z`, class: "sl-total" }),
    words(number(value, digits), x(value) + 11, y(i) + 19, "start", "sl-strong sl-figure sl-halo"),
  ];
  return picture(
    t("Waterfall of client {client}: from the baseline {base} to {output}", {
      client: data.clients[client],
      base: number(data.base, digits),
      output: number(output, digits),
    }),
    width,
    bottom + 42,
    marks.map((mark, i) => [
      line(x(mark), top, x(mark), bottom, "sl-grid"),
      words(named[i], x(mark), bottom + 16, "middle", "sl-small"),
    ]),
    axisTitle([data.output], left, right, bottom + 36, width),
    whole(0, t("baseline"), data.base),
    steps.map((step, i) => [
      line(x(step.start), y(i) + 15, x(step.start), y(i + 1) + 15, "sl-link"),
      words(fit(step.label, labels), left - 10, y(i + 1) + 19, "end"),
      svg("path", {
        d: arrow(x(step.start), x(step.end), y(i + 1) + 6, 18),
        class: step.value < 0 ? "sl-down" : "sl-up",
      }),
      words(
        signed(step.value, digits),
        Math.max(x(step.start), x(step.end)) + 6,
        y(i + 1) + 19,
        "start",
        "sl-small sl-halo",
      ),
    ]),
    line(x(output), y(steps.length) + 15, x(output), y(steps.length + 1) + 7, "sl-link"),
    whole(steps.length + 1, t("client {client}", { client: data.clients[client] }), output),
  );
}

/** A bar whose end points the way that it pushes. */
function arrow(from, to, y, height) {
  const tip = Math.min(7, Math.abs(to - from)) * Math.sign(to - from);
  return `M${from} ${y} H${to - tip} L${to} ${y + height / 2} L${to - tip} ${y + height} H${from} z`;
}

/** Whether values are few whole numbers or categories: those are spread sideways, each under its name. */
function areFew(column, known) {
  if (column.categories.length) return true;
  const [low, high] = extent(known);
  return high - low < MOST_PLACES && known.every(Number.isInteger);
}

/** Where everything lies in a dependence plot; missing values have a strip of their own at the left. */
export function dependenceLayout({ column }, width) {
  const known = column.values.filter((value) => value !== null);
  const [least, most] = extent([...column.shap, 0]);
  const room = (most - least || 1) * 0.06;
  const up = ticks(least - room, most + room, 5);
  const names = tickWords(up);
  const [left, right, top, bottom] = [
    34 + Math.max(...names.map((name) => textWidth(name))),
    width - 12,
    10,
    252,
  ];
  const few = areFew(column, known);
  const [low, high] = known.length ? extent(known) : [0, 1];
  const start = left + (known.length < column.values.length ? 60 : 12);
  const x = scale(few ? [low - 0.5, high + 0.5] : [low, high], [start, right - 8]);
  const y = scale([least - room, most + room], [bottom, top]);
  return { left, right, top, bottom, few, start, low, high, x, y, up, names, width, height: 300 };
}

export function dependenceDots({ column }, { x, y, few, left, start }, color) {
  const spread = few ? (x(1) - x(0)) * 0.3 : 0;
  return column.shap.map((value, client) => {
    const at = column.values[client];
    const across =
      at === null ? (left + start) / 2 + column.jitter[client] * 12 : x(at) + column.jitter[client] * spread;
    return { x: across, y: y(value), client, color: at === null ? null : color };
  });
}

export function drawDependenceAxes(
  { column, title, t },
  { left, right, top, bottom, few, start, low, high, x, y, up, names, width, height },
) {
  const across = few
    ? Array.from({ length: high - low + 1 }, (_, i) => low + i)
    : ticks(low, high, Math.max(2, Math.floor((right - start) / 90)));
  const room = few ? x(1) - x(0) - 4 : 80;
  const below = few ? across.map((value) => column.categories[value] ?? number(value)) : tickWords(across);
  const every = column.categories.length
    ? 1
    : Math.ceil(Math.max(...below.map((name) => textWidth(name))) / room);
  return picture(
    t("Dependence plot: {feature} against its SHAP value", { feature: column.name }),
    width,
    height,
    up.map((mark, i) => [
      line(left, y(mark), right, y(mark), mark === 0 ? "sl-axis" : "sl-grid"),
      words(names[i], left - 8, y(mark) + 4, "end", "sl-small"),
    ]),
    across.map((mark, i) =>
      i % every ? null : words(fit(below[i], room * every), x(mark), bottom + 18, "middle", "sl-small"),
    ),
    start > left + 12 ? words(t("missing"), (left + start) / 2, bottom + 18, "middle", "sl-small") : null,
    axisTitle([title(column)], start, right, bottom + 40, width),
    svg(
      "text",
      {
        class: "sl-words",
        "text-anchor": "middle",
        transform: `translate(12 ${(top + bottom) / 2}) rotate(-90)`,
      },
      t("SHAP value"),
    ),
  );
}
