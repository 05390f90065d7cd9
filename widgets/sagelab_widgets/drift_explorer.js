// A baseline against one month of live data, bin by bin, and a statistic over all months. Only draws: every
// number comes with the payload, so the explorer also answers without a kernel.
import { frame, h, put, unique, watch } from "./base.js";
import { control, drawToWidth, number, percent, table } from "./chart.js";
import { drawMonths, drawShares, statisticWords } from "./drift_charts.js";
import { mark, translator } from "./words.js";

const STATISTICS = {
  psi: {
    name: mark("PSI"),
    most: 1,
    of: (shift) => shift.psi,
    about: mark("Population stability index: (live − baseline) × ln(live ÷ baseline), added over the bins."),
  },
  ks: {
    name: mark("KS"),
    most: 0.5,
    of: (shift) => shift.ks?.effect,
    about: mark("Kolmogorov-Smirnov: the widest gap between the two cumulative distributions, from 0 to 1."),
  },
  chi_squared: {
    name: mark("Cramér's V"),
    most: 0.5,
    of: (shift) => shift.chi_squared.effect,
    about: mark("Chi-squared made independent of the number of rows: 0 says equal shares, 1 nothing in common."),
  },
};
const CHOICES = { psi: mark("PSI"), ks: mark("KS"), chi_squared: mark("Chi-squared") };
const SIDES = {
  above: mark("{month}: {statistic} {value}, above your threshold {threshold}."),
  equal: mark("{month}: {statistic} {value}, equal to your threshold {threshold}."),
  below: mark("{month}: {statistic} {value}, below your threshold {threshold}."),
};

function chanceWords(p) {
  return p < 0.0001 ? "p < 0.0001" : `p = ${number(p, 4)}`;
}

function side(value, threshold) {
  if (value === threshold) return "equal";
  return value > threshold ? "above" : "below";
}

/** A swatch with its meaning, never parted by a line break. */
const legend = (kind, meaning) =>
  h("span", { class: "sl-legend" }, h("span", { class: `sl-swatch sl-is-${kind}` }), ` ${meaning}`);

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
  return {
    comparison,
    drift,
    shift,
    key,
    threshold,
    title,
    strongest,
    ...translator(model),
    statistic: STATISTICS[key],
    value: STATISTICS[key].of(shift),
  };
}

/** What is seen, in words. */
function sentences({ drift, shift, key, threshold, statistic, value, strongest, t }) {
  const test = key === "psi" ? null : shift[key];
  const size = statisticWords(value, threshold);
  const head = t(SIDES[side(value, threshold)], {
    month: shift.month,
    statistic: t(statistic.name),
    value:
      key === "chi_squared" ? t("{value} (chi-squared {chi})", { value: size, chi: number(test.value, 0) }) : size,
    threshold: number(threshold, 2),
  });
  const [before, after] = [drift.shares[strongest], shift.shares[strongest]];
  const change = { bin: drift.bins[strongest], before: percent(before), after: percent(after) };
  const said = [
    before === after && t("Every bin holds the same share as before."), // else the strongest one moved
    after < before && t('Biggest change: "{bin}" fell from {before} to {after} of the rows.', change),
    after > before && t('Biggest change: "{bin}" rose from {before} to {after} of the rows.', change),
  ].filter(Boolean);
  if (test) said.push(t("{test} test: {chance}.", { test: t(CHOICES[key]), chance: chanceWords(test.p_value) }));
  if (test && test.p_value < 0.05 && value < threshold) {
    const rows = number(shift.rows, 0);
    said.push(t("With {rows} rows even a small shift is significant: look at its size.", { rows }));
  }
  return [head, said.join(" ")];
}

function tables({ comparison, drift, shift, title, t }) {
  const { baseline } = comparison;
  const terms = shift.terms.map((term) => number(term, 4));
  const test = (one) =>
    one ? `${number(one.effect, 3)} (${chanceWords(one.p_value)})` : t("not for categories");
  return [
    table(
      t("{feature}: share of rows in each bin", { feature: title }),
      [t("Bin"), baseline, shift.month, t("Part of PSI")],
      drift.bins.map((bin, i) => [bin, percent(drift.shares[i]), percent(shift.shares[i]), terms[i]]),
    ),
    table(
      t("{feature}: each month against {baseline}", { feature: title, baseline }),
      [t("Month"), t("Rows"), t("PSI"), t("KS"), t("Chi-squared"), t("Cramér's V")],
      drift.shifts.map((one) => [
        one.month,
        number(one.rows, 0),
        number(one.psi, 3),
        test(one.ks),
        number(one.chi_squared.value, 0),
        test(one.chi_squared),
      ]),
    ),
  ];
}

/** The controls, each a native one with a label. */
function buildControls(model) {
  const { t } = translator(model);
  const { features, months } = model.get("comparison");
  const name = unique("statistic");
  const feature = h(
    "select",
    { id: unique("feature"), onchange: () => put(model, { feature: feature.value }) },
    features.map((one) => h("option", { value: one.feature }, one.feature)),
  );
  const radios = Object.entries(CHOICES).map(([key, label]) =>
    h(
      "label",
      {},
      h("input", { type: "radio", name, value: key, onchange: () => put(model, { statistic: key }) }),
      t(label),
    ),
  );
  const month = h("input", {
    type: "range",
    id: unique("month"),
    min: 0,
    max: months.length - 1,
    step: 1,
    oninput: () => put(model, { month: months[month.value] }),
  });
  const threshold = h("input", {
    type: "range",
    id: unique("threshold"),
    min: 0.01,
    step: 0.01,
    oninput: () =>
      put(model, { thresholds: { ...model.get("thresholds"), [read(model).key]: Number(threshold.value) } }),
  });
  const [monthNow, thresholdNow] = [
    h("span", { class: "sl-now-set", "aria-hidden": "true" }),
    h("span", { class: "sl-now-set", "aria-hidden": "true" }),
  ];
  return {
    row: h(
      "div",
      { class: "sl-controls" },
      control(t("Feature"), feature),
      h(
        "fieldset",
        { class: "sl-control" },
        h("legend", {}, t("Statistic")),
        h("div", { class: "sl-radios" }, radios),
      ),
      control(t("Month"), month, monthNow),
      control(t("Threshold"), threshold, thresholdNow),
    ),
    sync(state) {
      feature.value = state.drift.feature;
      radios.forEach((label) => {
        const radio = label.firstChild;
        radio.checked = radio.value === state.key;
        radio.disabled = radio.value === "ks" && !state.shift.ks;
        label.title = radio.disabled ? t("KS needs numbers; these are categories") : "";
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
  const { t } = translator(model);
  const controls = buildControls(model);
  const head = h("p", { class: "sl-headline" });
  const detail = h("p", { class: "sl-detail" });
  const about = h("p", { class: "sl-about" });
  const binning = h("p", { class: "sl-about" });
  const [shares, months] = [h("div", { class: "sl-chart" }), h("div", { class: "sl-chart" })];
  const [sharesTitle, monthsTitle] = [
    h("p", { class: "sl-chart-title" }),
    h("p", { class: "sl-chart-title" }),
  ];
  const numbers = h("div", { class: "sl-tables" });
  const root = frame("drift", t("Drift explorer"));
  root.append(
    controls.row,
    h("div", { role: "status" }, head, detail),
    h(
      "div",
      { class: "sl-charts" },
      h("div", {}, sharesTitle, shares, binning),
      h("div", {}, monthsTitle, months, about),
    ),
    h("details", {}, h("summary", {}, t("The numbers as tables")), numbers),
  );
  el.append(root);

  const drawInto = {
    shares: (width) => shares.replaceChildren(drawShares(read(model), width)),
    months: (width) =>
      months.replaceChildren(drawMonths(read(model), width, (month) => put(model, { month }))),
  };
  function draw() {
    const state = read(model);
    controls.sync(state);
    [head.textContent, detail.textContent] = sentences(state);
    head.dataset.side = side(state.value, state.threshold);
    about.textContent = t(state.statistic.about);
    const { baseline } = state.comparison;
    binning.textContent =
      state.drift.kind === "categorical"
        ? ""
        : t("Bins end at the deciles of {baseline}; each holds its upper end.", { baseline });
    const statistic = t(state.statistic.name);
    monthsTitle.textContent = t("{statistic} of each month against {baseline}", { statistic, baseline });
    sharesTitle.replaceChildren(
      t("Share of rows by {feature}", { feature: state.title }),
      h(
        "span",
        { class: "sl-legends" },
        legend("before", t("{name} (baseline)", { name: baseline })),
        " ",
        legend("after", state.shift.month),
      ),
    );
    numbers.replaceChildren(...tables(state));
    if (shares.clientWidth) drawInto.shares(shares.clientWidth);
    if (months.clientWidth) drawInto.months(months.clientWidth);
  }
  draw();
  const stops = [
    watch(model, ["comparison", "feature", "month", "statistic", "thresholds"], draw),
    drawToWidth(shares, drawInto.shares),
    drawToWidth(months, drawInto.months),
  ];
  return () => stops.forEach((stop) => stop());
}
export default { render };
