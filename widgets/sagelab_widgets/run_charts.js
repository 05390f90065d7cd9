// The two charts of runs: parallel coordinates and a scatter. Every place from 0 to 1 comes from Python.
import { h, svg } from "./base.js";
import { fit, line, picture, textWidth, words } from "./chart.js";

const [TOP, BOTTOM, HEIGHT] = [46, 26, 300];

/** The ends of an axis, or each of its texts where they have room. */
function marks(axis, room) {
  const { stops } = axis;
  if (axis.numeric || stops.length * 16 > room) return stops.length > 1 ? [stops[0], stops.at(-1)] : stops;
  return stops;
}

const byInside = (lines) => [...lines.filter((one) => !one.inside), ...lines.filter((one) => one.inside)];

/** One polyline a run through its place on each axis; `paint` gives a color for a place of the coloring metric. */
export function parallel(chart, selected, paint, width, t, choose) {
  const { axes, lines } = chart;
  const left = Math.min(80, width / 8);
  const [right, foot] = [width - left, HEIGHT - BOTTOM];
  const step = (right - left) / Math.max(1, axes.length - 1);
  const x = (i) => left + i * step;
  const y = (place) => foot - place * (foot - TOP);
  const stagger = step < 110;
  const room = (stagger ? 2 : 1) * step - 8;
  const scales = axes.map((axis, i) => [
    line(x(i), TOP, x(i), foot, "sl-axis"),
    words(fit(axis.label, Math.min(room, 2 * Math.min(x(i), width - x(i)))), x(i), stagger && i % 2 ? 14 : 30, "middle", axis.group === "metric" ? "sl-strong" : ""),
  ]);
  const ends = axes.map((axis, i) =>
    marks(axis, foot - TOP).map((stop) => {
      const last = i === axes.length - 1;
      const text = fit(stop.text, (last ? left : step) - 10);
      return words(text, x(i) + 5, y(stop.place) + (stop.place < 0.5 ? 13 : -4) * (axis.numeric ? 1 : 0) + (axis.numeric ? 0 : 4), "start", "sl-small sl-halo");
    }),
  );
  const paths = byInside(lines).map((run) => path(run, x, y, run.id === selected, paint, choose));
  const label = t("Parallel coordinates of {count} runs over {axes}; the table above holds the same values.", {
    count: lines.length,
    axes: axes.map((axis) => axis.label).join(", "),
  });
  return picture(label, width, HEIGHT, scales, paths, ends);
}

function path(run, x, y, chosen, paint, choose) {
  let [route, pen] = ["", "M"];
  run.places.forEach((place, i) => {
    if (place === null) pen = "M";
    else {
      route += `${pen}${x(i).toFixed(1)} ${y(place).toFixed(1)}`;
      pen = "L";
    }
  });
  const kind = `sl-run${run.inside ? "" : " sl-outside"}${chosen ? " sl-chosen" : ""}`;
  const stroke = run.inside && run.shade !== null && !chosen ? paint(run.shade) : undefined;
  return svg(
    "g",
    { class: "sl-run-line", onclick: () => choose(run.id) },
    svg("title", {}, run.name),
    svg("path", { d: route, class: "sl-reach" }),
    svg("path", { d: route, class: kind, style: stroke && `stroke: ${stroke}` }),
  );
}

/** A dot a run: one column across, one up. */
export function scatter(chart, selected, paint, width, t, choose) {
  const [across, up] = chart.scatter;
  if (!across || !up) return h("p", { class: "sl-about" }, t("Choose a column for each direction."));
  const upMarks = marks(up, HEIGHT - TOP - 40);
  const left = Math.min(width / 3, Math.max(36, ...upMarks.map((stop) => textWidth(stop.text, 11.5) + 12)));
  const [right, foot, head] = [width - 22, HEIGHT - 48, 30];
  const x = (place) => left + 10 + place * (right - left - 10);
  const y = (place) => foot - 8 - place * (foot - head - 8);
  const acrossMarks = marks(across, right - left).filter((_, i, all) => across.numeric || all.length * 60 < right - left || i % Math.ceil((all.length * 60) / (right - left)) === 0);
  const axes = [
    line(left, foot, right, foot, "sl-axis"),
    line(left, head, left, foot, "sl-axis"),
    acrossMarks.map((stop) => words(fit(stop.text, 90), x(stop.place), foot + 16, stop.place > 0.95 ? "end" : "middle", "sl-small")),
    upMarks.map((stop) => words(fit(stop.text, left - 8), left - 6, y(stop.place) + 4, "end", "sl-small")),
    words(fit(across.label, right - left), (left + right) / 2, foot + 38, "middle"),
    words(fit(up.label, width - 20), 2, 16, "start"),
  ];
  const dots = byInside(chart.lines)
    .filter((run) => run.dot.every((place) => place !== null))
    .map((run) => {
      const chosen = run.id === selected;
      const fill = run.inside && run.shade !== null ? `fill: ${paint(run.shade)}` : undefined;
      const kind = `sl-dot${run.inside ? "" : " sl-outside"}${chosen ? " sl-chosen" : ""}`;
      const place = { cx: x(run.dot[0]), cy: y(run.dot[1]), r: chosen ? 7 : 5 };
      return svg("circle", { ...place, class: kind, style: fill, onclick: () => choose(run.id) }, svg("title", {}, run.name));
    });
  const label = t("{up} against {across}, a dot for each run; the table above holds the same values.", {
    up: up.label,
    across: across.label,
  });
  return picture(label, width, HEIGHT, axes, dots);
}

/** The colors with their lowest and highest value. */
export function ramp(color, t) {
  if (!color?.stops.length) return t("No metric colors the runs.");
  const [low, high] = [color.stops[0].text, color.stops.at(-1).text];
  return [`${color.label}: `, low, " ", h("span", { class: "sl-ramp" }), " ", high];
}
