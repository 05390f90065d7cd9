// The console's pictures: calls by second, their latency below, and how the calls fell on the variants.
import { svg, unique } from "./base.js";
import { fit, line, number, percent, picture, scale, textWidth, ticks, words } from "./chart.js";
import { linesChart, marksOf } from "./lines_chart.js";

/** The seconds that the charts show, and the events that fall into them, numbered as in the list. */
export function frameOf(model) {
  const { now = 0, timeline = [] } = model.get("traffic");
  const { span } = model.get("about");
  const range = [Math.max(0, Math.ceil(now) - span), Math.max(span, Math.ceil(now))];
  const marks = model
    .get("events")
    .map((event, i) => ({ x: event.at, label: String(i + 1) }))
    .filter(({ x }) => x >= range[0]);
  return { range, timeline, marks };
}

/** A bar for each second: answered calls solid, errors hatched above them. */
export function drawCalls(model, width, { t }) {
  const { range, timeline, marks } = frameOf(model);
  const answered = (one) => Object.values(one.variants).reduce((sum, count) => sum + count, 0);
  const most = Math.max(4, ...timeline.map((one) => answered(one) + one.errors));
  const [left, right, top, bottom, height] = [40, width - 12, 26, 150, 190];
  const x = scale(range, [left, right]);
  const y = scale([0, most], [bottom, top]);
  const rungs = ticks(0, most, 4);
  const wide = Math.max(1.5, x(range[0] + 1) - x(range[0]) - 1);
  const hatch = unique("hatch");
  const box = { id: hatch, width: 4, height: 4, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" };
  const label = t("Calls in each second of the last {span} seconds, answered and refused, with numbered events", {
    span: range[1] - range[0],
  });
  const bar = (one, from, to, kind, fill) =>
    to > from && svg("rect", { x: x(one.at), y: y(to), width: wide, height: y(from) - y(to), class: kind, fill });
  return picture(
    label,
    width,
    height,
    svg("defs", {}, svg("pattern", box, line(0, 0, 0, 4, "sl-error-hatch"))),
    rungs.map((rung) => [
      line(left, y(rung), right, y(rung), "sl-grid"),
      words(number(rung), left - 8, y(rung) + 4, "end", "sl-small"),
    ]),
    line(left, bottom, right, bottom, "sl-axis"),
    timeline.map((one) => [
      bar(one, 0, answered(one), "sl-answered") || null,
      bar(one, answered(one), answered(one) + one.errors, "sl-refused", `url(#${hatch})`) || null,
    ]),
    ticks(range[0], range[1], Math.max(2, Math.floor((right - left) / 80))).map((step) =>
      words(number(step), x(step), bottom + 17, "middle", "sl-small"),
    ),
    words(t("seconds since the console was opened"), (left + right) / 2, height - 4, "middle", "sl-small"),
    marksOf(marks, x, top, bottom),
  );
}

/** Median and 99th percentile of each second, in milliseconds. */
export function drawLatency(model, width, { t }) {
  const { range, timeline, marks } = frameOf(model);
  const of = (name) => timeline.filter((one) => one[name] !== null).map((one) => [one.at, one[name]]);
  const series = [
    { name: "p50", points: of("p50") },
    { name: "p99", points: of("p99") },
  ];
  const given = { series, width, height: 190, range, marks, floor: 0, ceiling: 1 };
  const words = {
    label: t("Latency in each second, median and 99th percentile, in milliseconds"),
    xTitle: t("seconds since the console was opened"),
  };
  return linesChart({ ...given, ...words });
}

/** Each variant's share of the answers as a bar, with a line where its weight says it should end. */
export function drawSplit(model, width, { t }) {
  const { rows = [] } = model.get("traffic").split ?? {};
  const labels = Math.min(Math.max(40, ...rows.map((row) => textWidth(row.variant))), width * 0.3);
  const [left, right, row] = [labels + 12, width - 64, 34];
  const x = scale([0, 1], [left, right]);
  return picture(
    t("Share of the answers by variant, against the share that its weight asks for"),
    width,
    rows.length * row + 8,
    rows.map((one, i) => {
      const y = i * row + 4;
      const share = one.share ?? 0;
      return [
        words(fit(one.variant, labels), left - 10, y + 18, "end"),
        svg("rect", { x: left, y: y + 2, width: right - left, height: 22, class: "sl-track" }),
        svg("rect", { x: left, y: y + 2, width: x(share) - left, height: 22, class: "sl-answered" }),
        line(x(one.expected), y - 2, x(one.expected), y + 28, "sl-expected"),
        words(one.share === null ? "–" : percent(share), width, y + 18, "end", "sl-figure"),
      ];
    }),
  );
}
