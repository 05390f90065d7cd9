// The drift explorer's two pictures: shares bin by bin, and a statistic month by month.
import { svg, unique } from "./base.js";
import { fit, line, number, percent, picture, scale, textWidth, ticks, tickWords, words } from "./chart.js";

/** 0.93 and 0.004; more digits where two would hide which side of the threshold a value is on. */
export function statisticWords(value, threshold) {
  const digits = value < 0.0945 ? 3 : 2;
  const blurred = threshold !== undefined && value !== threshold && Math.abs(value - threshold) < 0.006;
  return number(value, blurred ? 4 : digits);
}

/** Two bars for each bin, one below the other: baseline hatched, live solid. */
export function drawShares(state, width) {
  const { comparison, drift, shift, key, strongest, title, t } = state;
  const labels = Math.min(Math.max(...drift.bins.map((bin) => textWidth(bin)), 40), width * 0.36);
  const parts = key === "psi" && width > 420 ? 76 : 0;
  const row = drift.bins.length > 12 ? 30 : 36;
  const [left, right, top] = [labels + 14, width - parts - 56, 26];
  const height = top + row * drift.bins.length + 34;
  const most = Math.max(...drift.shares, ...shift.shares);
  const x = scale([0, most], [left, right]);
  const marks = ticks(0, most, Math.max(2, Math.floor((right - left) / 90)));
  const bar = (share, y, kind) => [
    svg("rect", {
      x: left,
      y,
      width: Math.max(x(share) - left, share > 0 ? 1 : 0),
      height: row / 2 - 5,
      class: kind,
    }),
    words(percent(share), x(share) + 6, y + row / 4 + 1.5, "start", "sl-small sl-halo"),
  ];
  const hatch = unique("hatch");
  const drawing = picture(
    t("{feature}: shares of rows in {count} bins, {baseline} against {month}", {
      feature: title,
      count: drift.bins.length,
      baseline: comparison.baseline,
      month: shift.month,
    }),
    width,
    height,
    svg(
      "defs",
      {},
      svg(
        "pattern",
        { id: hatch, width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
        line(0, 0, 0, 5, "sl-hatch"),
      ),
    ),
    marks.map((mark) => line(x(mark), top, x(mark), height - 30, "sl-grid")),
    marks.map((mark) =>
      words(
        `${number(mark * 100, Number.isInteger(mark * 100) ? 0 : 1)} %`,
        x(mark),
        height - 14,
        "middle",
        "sl-small",
      ),
    ),
    line(left, top, left, height - 30, "sl-axis"),
    parts ? words(t("part of PSI"), width, 14, "end", "sl-small") : null,
    drift.bins.map((bin, i) => {
      const y = top + i * row;
      const strong = i === strongest ? "sl-strong" : "";
      return svg(
        "g",
        {},
        words(fit(bin, labels), left - 10, y + row / 2 + 2, "end", strong),
        bar(drift.shares[i], y + 3, "sl-before"),
        bar(shift.shares[i], y + row / 2 - 1, "sl-after"),
        parts ? words(number(shift.terms[i], 3), width, y + row / 2 + 2, "end", `sl-figure ${strong}`) : null,
      );
    }),
  );
  drawing.querySelectorAll(".sl-before").forEach((one) => one.setAttribute("fill", `url(#${hatch})`));
  return drawing;
}

/** Month names that fit side by side: whole, or their first letters. */
function shortNames(months, room) {
  if (months.every((month) => textWidth(month) + 8 < room)) return months;
  const short = months.map((month) => month.slice(0, 3));
  return new Set(short).size === months.length ? short : months.map((month) => fit(month, room - 4));
}

/** The statistic of every month, with the threshold; where it is tight only the chosen month has words. */
export function drawMonths(state, width, choose) {
  const { comparison, drift, shift, threshold, statistic, t } = state;
  const values = drift.shifts.map((one) => statistic.of(one));
  const narrow = width < 380;
  const [left, right, top, bottom] = [46, width - (narrow ? 10 : 62), 22, 220];
  const most = Math.max(...values.filter((value) => value !== undefined), threshold) * 1.12 || 1;
  const y = scale([0, most], [bottom, top]);
  const x = scale([0, Math.max(values.length - 1, 1)], [left + 24, right - 24]);
  const room = x(1) - x(0);
  const names = shortNames(comparison.months, room);
  const marks = ticks(0, most, 4);
  const known = values.map((value, i) => [value, i]).filter(([value]) => value !== undefined);
  return picture(
    t("{statistic} of {feature} in {count} months, threshold {threshold}", {
      statistic: t(statistic.name),
      feature: drift.feature,
      count: comparison.months.length,
      threshold: number(threshold, 2),
    }),
    width,
    252,
    marks.map((mark) => line(left, y(mark), right, y(mark), "sl-grid")),
    tickWords(marks).map((mark, i) => words(mark, left - 8, y(marks[i]) + 4, "end", "sl-small")),
    svg("polyline", { class: "sl-line", points: known.map(([value, i]) => `${x(i)},${y(value)}`).join(" ") }),
    line(left, y(threshold), right, y(threshold), "sl-threshold"),
    thresholdWords(number(threshold, 2), right, y(threshold), narrow, t),
    drift.shifts.map(({ month }, i) => {
      const now = month === shift.month;
      const told = now || room > 36;
      return svg(
        "g",
        { class: now ? "sl-point sl-now" : "sl-point", onclick: () => choose(month) },
        svg("rect", { x: x(i) - room / 2, y: 0, width: room, height: bottom + 32, class: "sl-target" }),
        told ? words(names[i], x(i), bottom + 20, "middle", now ? "sl-strong" : "") : null,
        values[i] === undefined
          ? words(t("no value"), x(i), bottom - 8, "middle", "sl-small")
          : point(x(i), y(values[i]), values[i] > threshold, now),
        told && values[i] !== undefined
          ? words(statisticWords(values[i], threshold), x(i), y(values[i]) - 13, "middle", valueKind(now))
          : null,
      );
    }),
  );
}

const valueKind = (now) => (now ? "sl-strong sl-halo" : "sl-small sl-halo");

/** A month above the threshold is a triangle, others are circles; the chosen one is larger. */
function point(cx, cy, above, now) {
  const size = now ? 7 : 5;
  if (!above) return svg("circle", { cx, cy, r: size });
  return svg("path", { d: `M${cx} ${cy - size * 1.3} l${size * 1.2} ${size * 2} h${-size * 2.4} z` });
}

/** The threshold's words: beside its line, or on it where there is no room. */
function thresholdWords(value, right, y, narrow, t) {
  if (narrow) return words(t("threshold {value}", { value }), 50, y - 6, "start", "sl-small sl-limit sl-halo");
  return [
    words(t("threshold"), right + 5, y - 3, "start", "sl-small sl-limit"),
    words(value, right + 5, y + 11, "start", "sl-small sl-limit"),
  ];
}
