// Lines over one axis: each with a dash and a sign of its own, so that no color is needed to tell them apart.
import { h, svg } from "./base.js";
import { line, number, picture, scale, textWidth, ticks, tickWords, words } from "./chart.js";

const DASHES = ["", "7 4", "2 4", "10 4 2 4", "4 2", "12 6"];
const SIGNS = [
  (x, y) => svg("circle", { cx: x, cy: y, r: 4 }),
  (x, y) => svg("rect", { x: x - 3.5, y: y - 3.5, width: 7, height: 7 }),
  (x, y) => svg("path", { d: `M${x} ${y - 5} l5 9 h-10 z` }),
  (x, y) => svg("path", { d: `M${x} ${y - 5} l5 5 l-5 5 l-5 -5 z` }),
  (x, y) => svg("path", { d: `M${x} ${y + 5} l5 -9 h-10 z` }),
  (x, y) => svg("path", { d: `M${x - 4} ${y - 4} l8 8 M${x - 4} ${y + 4} l8 -8` }),
];
const TONES = 2; // colors that alternate

const dressed = (index, kind) => ({ class: `sl-${kind} sl-tone-${index % TONES}` });

/** What each line means: its sign and dash with its name. */
export function legendOf(names) {
  return h(
    "p",
    { class: "sl-line-legend" },
    names.map((name, i) =>
      h(
        "span",
        { class: "sl-legend" },
        svg(
          "svg",
          { width: 34, height: 12, "aria-hidden": "true" },
          svg("path", { d: "M1 6 H33", "stroke-dasharray": DASHES[i % DASHES.length], ...dressed(i, "series") }),
          svg("g", dressed(i, "sign"), SIGNS[i % SIGNS.length](17, 6)),
        ),
        ` ${name}`,
      ),
    ),
  );
}

/**
 * Draw `series` of {name, points: [[x, y], ...]}; `marks` are {x, label} that stand across the chart.
 * `range` is [low, high] of x where it is known before there are points.
 */
export function linesChart({ label, series, width, height = 210, xTitle, range, marks = [], floor, ceiling }) {
  const every = series.flatMap((one) => one.points);
  const xs = range ?? [Math.min(...every.map(([x]) => x)), Math.max(...every.map(([x]) => x))];
  const ys = every.map(([, y]) => y);
  let [low, high] = [Math.min(...ys, floor ?? Infinity), Math.max(...ys, ceiling ?? -Infinity)];
  if (!(high > low)) [low, high] = [low - Math.abs(low || 1) * 0.1, high + Math.abs(high || 1) * 0.1];
  const rungs = ticks(low, high, 4);
  const rungWords = tickWords(rungs);
  const left = Math.max(...rungWords.map((text) => textWidth(text))) + 14;
  const [right, top, bottom] = [width - 12, marks.length ? 26 : 12, height - 40];
  const x = scale(xs[1] > xs[0] ? xs : [xs[0] - 1, xs[0] + 1], [left, right]);
  const y = scale([low, high], [bottom, top]);
  const steps = ticks(xs[0], xs[1], Math.max(2, Math.floor((right - left) / 80)));
  return picture(
    label,
    width,
    height,
    rungs.map((rung) => line(left, y(rung), right, y(rung), "sl-grid")),
    rungs.map((rung, i) => words(rungWords[i], left - 8, y(rung) + 4, "end", "sl-small")),
    line(left, bottom, right, bottom, "sl-axis"),
    steps.map((step) => words(number(step), x(step), bottom + 17, "middle", "sl-small")),
    words(xTitle, (left + right) / 2, height - 4, "middle", "sl-small"),
    marksOf(marks, x, top, bottom),
    series.map((one, i) => drawn(one.points, i, x, y)),
  );
}

/** Numbered lines across a chart, explained in words beside it; numbers that would overlap become a range. */
export function marksOf(marks, x, top, bottom) {
  const groups = [];
  for (const one of marks) {
    const group = groups.at(-1);
    if (group && x(one.x) - x(group[0].x) < 18 * Math.min(group.length, 2)) group.push(one);
    else groups.push([one]);
  }
  const label = (group) => (group.length > 1 ? `${group[0].label}–${group.at(-1).label}` : group[0].label);
  const middle = (group) => (x(group[0].x) + x(group.at(-1).x)) / 2;
  return [
    marks.map((one) => line(x(one.x), top - 6, x(one.x), bottom, "sl-mark")),
    groups.map((group) => words(label(group), middle(group), top - 9, "middle", "sl-small sl-strong sl-halo")),
  ];
}

function drawn(points, i, x, y) {
  if (!points.length) return null;
  const path = points.map(([px, py], at) => `${at ? "L" : "M"}${x(px).toFixed(1)} ${y(py).toFixed(1)}`).join(" ");
  const every = Math.max(1, Math.ceil(points.length / 12));
  const signed = points.filter((_, at) => at % every === 0 || at === points.length - 1);
  return [
    svg("path", { d: path, fill: "none", "stroke-dasharray": DASHES[i % DASHES.length], ...dressed(i, "series") }),
    svg("g", dressed(i, "sign"), signed.map(([px, py]) => SIGNS[i % SIGNS.length](x(px), y(py)))),
  ];
}
