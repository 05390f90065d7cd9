// A baseline against one month of live data, bin by bin, and a statistic over all months. Only draws: every
// number comes with the payload, so the explorer also answers without a kernel.
import { frame, h, put, svg, unique, watch } from "./base.js";
import { control, drawToWidth, line, number, percent, picture, scale, table, textWidth, ticks, tickWords, words } from "./chart.js";

const STATISTICS = {
  psi: { name: "PSI", most: 1, of: (shift) => shift.psi,
    about: "Population stability index: (live − baseline) × ln(live ÷ baseline), added over the bins." },
  ks: { name: "KS", most: 0.5, of: (shift) => shift.ks?.effect,
    about: "Kolmogorov-Smirnov: the widest gap between the two cumulative distributions, from 0 to 1." },
  chi_squared: { name: "Cramér's V", most: 0.5, of: (shift) => shift.chi_squared.effect,
    about: "Chi-squared made independent of the number of rows: 0 says equal shares, 1 nothing in common." },
};
const CHOICES = { psi: "PSI", ks: "KS", chi_squared: "Chi-squared" };

/** 0.93 and 0.004; more digits where two would hide which side of the threshold a value is on. */
function statisticWords(value, threshold) {
  const digits = value < 0.0945 ? 3 : 2;
  const blurred = threshold !== undefined && value !== threshold && Math.abs(value - threshold) < 0.006;
  return number(value, blurred ? 4 : digits);
}

function chanceWords(p) {
  return p < 0.0001 ? "p < 0.0001" : `p = ${number(p, 4)}`;
}

function side(value, threshold) {
  if (value === threshold) return "equal to";
  return value > threshold ? "above" : "below";
}

/** What the controls stand on: one feature, one month, one statistic and its threshold. */
function read(model) {
  const comparison = model.get("comparison");
  const drift = comparison.features.find((one) => one.feature === model.get("feature"));
  const shift = drift.shifts.find((one) => one.month === model.get("month"));
  const key = model.get("statistic") === "ks" && !shift.ks ? "psi" : model.get("statistic");
  const threshold = model.get("thresholds")[key];
  const unit = model.get("units")[drift.feature];
  const title = unit ? `${drift.feature} (${unit})` : drift.feature;
  const strongest = shift.terms.indexOf(Math.max(...shift.terms));
  return { comparison, drift, shift, key, threshold, title, strongest, statistic: STATISTICS[key], value: STATISTICS[key].of(shift) };
}

/** What is seen, in words. */
function sentences({ drift, shift, key, threshold, statistic, value, strongest }) {
  const test = key === "psi" ? null : shift[key];
  const inner = key === "chi_squared" ? ` (chi-squared ${number(test.value, 0)})` : "";
  const head = `${shift.month}: ${statistic.name} ${statisticWords(value, threshold)}${inner}, ` +
    `${side(value, threshold)} your threshold ${number(threshold, 2)}.`;
  const change = `Biggest change: ${drift.bins[strongest]} went from ${percent(drift.shares[strongest])} ` +
    `to ${percent(shift.shares[strongest])} of the rows.`;
  const caution = test && test.p_value < 0.05 && value < threshold
    ? ` With ${number(shift.rows, 0)} rows even a small shift is significant: look at its size.` : "";
  return [head, change + (test ? ` ${CHOICES[key]} test: ${chanceWords(test.p_value)}.` : "") + caution];
}

/** Two bars for each bin, one below the other: baseline hatched, live solid. */
function drawShares(state, width) {
  const { comparison, drift, shift, key, strongest, title } = state;
  const labels = Math.min(Math.max(...drift.bins.map((bin) => textWidth(bin)), 40), width * 0.36);
  const parts = key === "psi" && width > 420 ? 76 : 0;
  const row = drift.bins.length > 12 ? 30 : 36;
  const [left, right, top] = [labels + 14, width - parts - 56, 26];
  const height = top + row * drift.bins.length + 34;
  const most = Math.max(...drift.shares, ...shift.shares);
  const x = scale([0, most], [left, right]);
  const marks = ticks(0, most, Math.max(2, Math.floor((right - left) / 90)));
  const bar = (share, y, kind) => [
    svg("rect", { x: left, y, width: Math.max(x(share) - left, share > 0 ? 1 : 0), height: row / 2 - 5, class: kind }),
    words(percent(share), x(share) + 6, y + row / 4 + 1.5, "start", "sl-small"),
  ];
  const hatch = unique("hatch");
  const drawing = picture(
    `${title}: shares of rows in ${drift.bins.length} bins, ${comparison.baseline} against ${shift.month}`, width, height,
    svg("defs", {}, svg("pattern", { id: hatch, width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      line(0, 0, 0, 5, "sl-hatch"))),
    marks.map((mark) => line(x(mark), top, x(mark), height - 30, "sl-grid")),
    marks.map((mark) => words(`${number(mark * 100, Number.isInteger(mark * 100) ? 0 : 1)} %`, x(mark), height - 14, "middle", "sl-small")),
    line(left, top, left, height - 30, "sl-axis"),
    parts ? words("part of PSI", width, 14, "end", "sl-small") : null,
    drift.bins.map((bin, i) => {
      const y = top + i * row;
      const strong = i === strongest ? "sl-strong" : "";
      return svg("g", {}, words(fit(bin, labels), left - 10, y + row / 2 + 2, "end", strong),
        bar(drift.shares[i], y + 3, "sl-before"), bar(shift.shares[i], y + row / 2 - 1, "sl-after"),
        parts ? words(number(shift.terms[i], 3), width, y + row / 2 + 2, "end", `sl-figure ${strong}`) : null);
    }),
  );
  drawing.querySelectorAll(".sl-before").forEach((one) => one.setAttribute("fill", `url(#${hatch})`));
  return drawing;
}

/** A swatch with its meaning, never parted by a line break. */
const legend = (kind, meaning) => h("span", { class: "sl-legend" }, h("span", { class: `sl-swatch sl-is-${kind}` }), ` ${meaning}`);

/** A label cut to the room that it has. */
function fit(text, room) {
  if (textWidth(text) <= room + 1) return text;
  let kept = text;
  while (kept.length > 1 && textWidth(`${kept}…`) > room) kept = kept.slice(0, -1);
  return `${kept}…`;
}

/** The statistic of every month, with the threshold; a month above it is a triangle. */
function drawMonths(state, width, choose) {
  const { comparison, drift, shift, threshold, statistic } = state;
  const values = drift.shifts.map((one) => statistic.of(one));
  const [left, right, top, bottom] = [46, width - 60, 22, 176];
  const most = Math.max(...values.filter((value) => value !== undefined), threshold) * 1.12 || 1;
  const y = scale([0, most], [bottom, top]);
  const x = scale([0, Math.max(values.length - 1, 1)], [left + 30, right - 30]);
  const marks = ticks(0, most, 4);
  const point = (value, i) => {
    if (value === undefined) return words("no value", x(i), bottom - 8, "middle", "sl-small");
    const now = drift.shifts[i].month === shift.month;
    const [cx, cy, size] = [x(i), y(value), now ? 7 : 5];
    const shape = value > threshold
      ? svg("path", { d: `M${cx} ${cy - size * 1.3} l${size * 1.2} ${size * 2} h${-size * 2.4} z` })
      : svg("circle", { cx, cy, r: size });
    return svg("g", { class: now ? "sl-point sl-now" : "sl-point", onclick: () => choose(drift.shifts[i].month) },
      svg("rect", { x: cx - 28, y: top - 18, width: 56, height: bottom - top + 42, class: "sl-target" }), shape,
      words(statisticWords(value, threshold), cx, cy - 13, "middle", now ? "sl-strong sl-halo" : "sl-small sl-halo"));
  };
  const known = values.map((value, i) => [value, i]).filter(([value]) => value !== undefined);
  return picture(
    `${statistic.name} of ${drift.feature} in ${comparison.months.length} months, threshold ${number(threshold, 2)}`, width, 208,
    marks.map((mark) => line(left, y(mark), right, y(mark), "sl-grid")),
    tickWords(marks).map((mark, i) => words(mark, left - 8, y(marks[i]) + 4, "end", "sl-small")),
    svg("polyline", { class: "sl-line", points: known.map(([value, i]) => `${x(i)},${y(value)}`).join(" ") }),
    line(left, y(threshold), right, y(threshold), "sl-threshold"),
    words("threshold", right + 4, y(threshold) - 3, "start", "sl-small sl-limit"),
    words(number(threshold, 2), right + 4, y(threshold) + 11, "start", "sl-small sl-limit"),
    drift.shifts.map((one, i) => words(one.month, x(i), bottom + 20, "middle", one.month === shift.month ? "sl-strong" : "")),
    values.map(point),
  );
}

function tables({ comparison, drift, shift, title }) {
  const terms = shift.terms.map((term) => number(term, 4));
  const test = (one) => (one ? `${number(one.effect, 3)} (${chanceWords(one.p_value)})` : "not for categories");
  return [
    table(`${title}: share of rows in each bin`, ["Bin", comparison.baseline, shift.month, "Part of PSI"],
      drift.bins.map((bin, i) => [bin, percent(drift.shares[i]), percent(shift.shares[i]), terms[i]])),
    table(`${title}: each month against ${comparison.baseline}`, ["Month", "Rows", "PSI", "KS", "Chi-squared", "Cramér's V"],
      drift.shifts.map((one) => [one.month, number(one.rows, 0), number(one.psi, 3), test(one.ks),
        number(one.chi_squared.value, 0), test(one.chi_squared)])),
  ];
}

/** The controls, each a native one with a label. */
function buildControls(model) {
  const { features, months } = model.get("comparison");
  const name = unique("statistic");
  const feature = h("select", { id: unique("feature"), onchange: () => put(model, { feature: feature.value }) },
    features.map((one) => h("option", { value: one.feature }, one.feature)));
  const radios = Object.entries(CHOICES).map(([key, label]) =>
    h("label", {}, h("input", { type: "radio", name, value: key, onchange: () => put(model, { statistic: key }) }), label));
  const month = h("input", { type: "range", id: unique("month"), min: 0, max: months.length - 1, step: 1,
    oninput: () => put(model, { month: months[month.value] }) });
  const threshold = h("input", { type: "range", id: unique("threshold"), min: 0.01, step: 0.01,
    oninput: () => put(model, { thresholds: { ...model.get("thresholds"), [read(model).key]: Number(threshold.value) } }) });
  const [monthNow, thresholdNow] = [h("span", { class: "sl-now-set", "aria-hidden": "true" }), h("span", { class: "sl-now-set", "aria-hidden": "true" })];
  return {
    row: h("div", { class: "sl-controls" }, control("Feature", feature),
      h("fieldset", { class: "sl-control" }, h("legend", {}, "Statistic"), h("div", { class: "sl-radios" }, radios)),
      control("Month", month, monthNow), control("Threshold", threshold, thresholdNow)),
    sync(state) {
      feature.value = state.drift.feature;
      radios.forEach((label) => {
        const radio = label.firstChild;
        radio.checked = radio.value === state.key;
        radio.disabled = radio.value === "ks" && !state.shift.ks;
        label.title = radio.disabled ? "KS needs numbers; these are categories" : "";
      });
      month.value = months.indexOf(state.shift.month);
      month.setAttribute("aria-valuetext", state.shift.month);
      monthNow.textContent = state.shift.month;
      threshold.max = Math.max(state.statistic.most, state.threshold);
      threshold.value = state.threshold;
      thresholdNow.textContent = number(state.threshold, 2);
    },
  };
}

function render({ model, el }) {
  const controls = buildControls(model);
  const head = h("p", { class: "sl-headline" });
  const detail = h("p", { class: "sl-detail" });
  const about = h("p", { class: "sl-about" });
  const [shares, months] = [h("div", { class: "sl-chart" }), h("div", { class: "sl-chart" })];
  const [sharesTitle, monthsTitle] = [h("p", { class: "sl-chart-title" }), h("p", { class: "sl-chart-title" })];
  const numbers = h("div", { class: "sl-tables" });
  const root = frame("drift", "Drift explorer");
  root.append(controls.row, h("div", { role: "status" }, head, detail),
    h("div", { class: "sl-charts" }, h("div", {}, sharesTitle, shares), h("div", {}, monthsTitle, months, about)),
    h("details", {}, h("summary", {}, "The numbers as tables"), numbers));
  el.append(root);

  const drawInto = { shares: (width) => shares.replaceChildren(drawShares(read(model), width)),
    months: (width) => months.replaceChildren(drawMonths(read(model), width, (month) => put(model, { month }))) };
  function draw() {
    const state = read(model);
    controls.sync(state);
    [head.textContent, detail.textContent] = sentences(state);
    head.dataset.side = side(state.value, state.threshold);
    about.textContent = state.statistic.about;
    monthsTitle.textContent = `${state.statistic.name} of each month against ${state.comparison.baseline}`;
    sharesTitle.replaceChildren(`Share of rows by ${state.title}: `, legend("before", `${state.comparison.baseline} (baseline)`),
      " ", legend("after", state.shift.month));
    numbers.replaceChildren(...tables(state));
    if (shares.clientWidth) drawInto.shares(shares.clientWidth);
    if (months.clientWidth) drawInto.months(months.clientWidth);
  }
  draw();
  const stops = [watch(model, ["comparison", "feature", "month", "statistic", "thresholds"], draw),
    drawToWidth(shares, drawInto.shares), drawToWidth(months, drawInto.months)];
  return () => stops.forEach((stop) => stop());
}
export default { render };
