// All metrics of a group on one scale: right of the middle against group d, left of it against group a.
import { svg } from "./base.js";
import { fit, line, number, picture, scale, textWidth, ticks, tickWords, words } from "./chart.js";

const ROW = 26;
const NARROW = 360; // pixels
const HEAD = "sl-small sl-strong sl-halo";
const FARTHEST = 1; // beyond it a mark stands at the edge, as an arrow

/** A value for the eye: three digits, infinity as its sign, a dash where there is none. */
export function valueWords(result) {
  if (!result || result.value === null) return "–";
  if (typeof result.value === "string") return result.value.startsWith("-") ? "−∞" : "∞";
  return number(result.value, 3);
}

/** The axis reaches the farthest finite value, and a little past the tolerance. */
function reach(metrics, tolerance) {
  const far = metrics.flatMap(({ results }) => results.map((result) => result?.distance ?? 0));
  const most = Math.max(...far.filter((one) => one <= FARTHEST), tolerance * 1.3, 0.1);
  return Math.min(most * 1.08, FARTHEST);
}

/** Circle for a metric with a side, diamond without; hollow before, solid after; an arrow beyond the axis. */
function mark(metric, result, x, y, most, kind) {
  if (!result || result.distance === null) return null;
  const beyond = Math.abs(result.lean) > most;
  const at = x(Math.max(-most, Math.min(most, result.lean)));
  if (beyond) {
    const way = Math.sign(result.lean);
    return svg("path", { d: `M${at + 7 * way} ${y} l${-11 * way} -6 v12 z`, class: kind });
  }
  if (!metric.sided) return svg("path", { d: `M${at} ${y - 7} l7 7 l-7 7 l-7 -7 z`, class: kind });
  return svg("circle", { cx: at, cy: y, r: 6, class: kind });
}

/** Draw the metrics; `state` has metrics, chosen, tolerance, compares, t; a click on a row chooses it. */
export function drawBias(state, width, choose) {
  const { metrics, chosen, tolerance, compares, t } = state;
  const left = Math.max(...metrics.map(({ name }) => textWidth(name)), 40) + 14;
  const narrow = width < NARROW; // then a row tells the last value only, the table below both
  const room = compares && !narrow ? 116 : 58;
  const right = width - room;
  const stages = ["pre", "post"].filter((stage) => metrics.some((metric) => metric.stage === stage));
  const rows = stages.flatMap((stage) => [{ stage }, ...metrics.filter((metric) => metric.stage === stage)]);
  const top = 26;
  const bottom = top + rows.length * ROW;
  const most = reach(metrics, tolerance);
  const x = scale([-most, most], [left + 8, right - 8]);
  const marks = ticks(-most, most, narrow ? 2 : Math.max(4, Math.floor((right - left) / 60)));
  const title = { pre: t("Before training: the labels"), post: t("After training: the predictions") };
  const half = (right - left) / 2 - 6;
  const whole = (texts) => texts.find((text) => textWidth(text) <= half) ?? texts.at(-1);
  return picture(
    t("{count} bias metrics by their distance from fair, tolerance {tolerance}", {
      count: metrics.length,
      tolerance: number(tolerance, 2),
    }),
    width,
    bottom + 30,
    svg("rect", {
      x: x(-tolerance < -most ? -most : -tolerance),
      y: top,
      width: x(Math.min(tolerance, most)) - x(Math.max(-tolerance, -most)),
      height: bottom - top,
      class: "sl-band",
    }),
    words(whole([t("← against group a"), t("← group a"), "← a"]), x(0) - 8, 14, "end", "sl-small"),
    words(whole([t("against group d →"), t("group d →"), "d →"]), x(0) + 8, 14, "start", "sl-small"),
    marks.map((tick) => line(x(tick), top, x(tick), bottom, "sl-grid")),
    line(x(0), top - 4, x(0), bottom, "sl-axis"),
    tickWords(marks).map((tick, i) =>
      words(tick.replace("−", ""), x(marks[i]), bottom + 18, "middle", "sl-small"),
    ),
    rows.map((row, i) => {
      const y = top + i * ROW + ROW / 2;
      if (!row.name) return words(fit(title[row.stage], width), 0, y + 5, "start", HEAD);
      return drawRow(row, { x, y, most, left, width, narrow, chosen, tolerance, compares, choose });
    }),
  );
}

function drawRow(metric, { x, y, most, left, width, narrow, chosen, tolerance, compares, choose }) {
  const [before, after] = metric.results;
  const now = compares ? after : before;
  const side = (result) => (result && result.distance > tolerance ? "sl-outside" : "sl-inside");
  const both = compares && before?.distance != null && after?.distance != null;
  const place = (result) => x(Math.max(-most, Math.min(most, result.lean)));
  const still = !compares || metric.moved === "same";
  const change = `${valueWords(before)} → ${valueWords(after)}`;
  const value = still || narrow ? valueWords(now) : change;
  return svg(
    "g",
    { class: metric.name === chosen ? "sl-row sl-now" : "sl-row", onclick: () => choose(metric.name) },
    svg("rect", { x: 0, y: y - ROW / 2, width, height: ROW, rx: 4, class: "sl-target" }),
    words(metric.name, left - 10, y + 4, "end", metric.name === chosen ? "sl-strong" : ""),
    both ? line(place(before), y, place(after), y, "sl-way") : null,
    compares ? mark(metric, before, x, y, most, `sl-mark sl-was ${side(before)}`) : null,
    mark(metric, now, x, y, most, `sl-mark ${side(now)}`),
    words(value, width - 2, y + 4, "end", "sl-figure"),
  );
}
