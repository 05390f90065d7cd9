// Clarify's bias metrics with their meaning. Only draws, and compares distances with the learner's tolerance: what
// a value says comes with the report, so it also answers without a kernel.
import { frame, h, put, unique, watch } from "./base.js";
import { control, drawToWidth, number, table } from "./chart.js";
import { drawBias, valueWords } from "./bias_chart.js";
import { mark, translator } from "./words.js";

const STAGES = { all: mark("All"), pre: mark("Before training"), post: mark("After training") };

/** What the controls stand on: a group, a stage, a metric of it, a tolerance. */
function read(model, { t }) {
  const report = model.get("report");
  const group = report.groups.find((one) => one.name === model.get("group"));
  const stage = model.get("stage");
  const ofStage = group.metrics.filter((metric) => stage === "all" || metric.stage === stage);
  const metrics = ofStage.length ? ofStage : group.metrics;
  const metric = metrics.find((one) => one.name === model.get("metric")) ?? metrics[0];
  const compares = report.names.length > 0;
  const tolerance = model.get("tolerance");
  return { t, report, group, stage, metrics, metric, compares, chosen: metric.name, tolerance };
}

/** Against whom a result is, in words. */
function verdict(metric, result, tolerance, t) {
  if (!result) return t("not in this report");
  if (result.distance === null) return t("no value");
  if (result.distance <= tolerance) return t("within your tolerance");
  if (!metric.sided) return t("outside your tolerance, no direction");
  return result.lean > 0
    ? t("outside your tolerance, against group d")
    : t("outside your tolerance, against group a");
}

/** The same in two words, for tables. */
function shortVerdict(metric, result, tolerance, t) {
  if (!result || result.distance === null) return "";
  if (result.distance <= tolerance) return t("within");
  if (!metric.sided) return t("outside");
  return result.lean > 0 ? t("against d") : t("against a");
}

/** The values that count as fair: for a ratio the same distance to both sides of 1. */
function fairWords({ fair, sided }, tolerance, t) {
  const low = fair ? 1 - tolerance : sided ? -tolerance : 0;
  const high = fair ? 1 / (1 - tolerance) : tolerance;
  return t("{fair} is fair; within your tolerance: {low} to {high}", {
    fair,
    low: number(low, 2),
    high: number(high, 2),
  });
}

/** What is seen, in one or two sentences. */
function summary({ report, metrics, compares, tolerance, t, tn }) {
  const outside = (i) => metrics.filter(({ results }) => results[i] && results[i].distance > tolerance);
  const names = (list) => list.map(({ name }) => name).join(", ");
  const last = compares ? 1 : 0;
  const [of, values] = [outside(last), { limit: number(tolerance, 2), total: metrics.length }];
  const head = of.length
    ? tn(
        of.length,
        "{count} of {total} metrics is outside your tolerance of {limit}.",
        "{count} of {total} metrics are outside your tolerance of {limit}.",
        values,
      )
    : t("All of the {total} metrics are within your tolerance of {limit}.", values);
  const against = (way) => of.filter(({ sided, results }) => sided && Math.sign(results[last].lean) === way);
  const [d, a] = [against(1), against(-1)];
  const plain = of.filter(({ sided }) => !sided);
  const sides = [
    d.length ? t("Against group d: {names}.", { names: names(d) }) : "",
    a.length ? t("Against group a: {names}.", { names: names(a) }) : "",
    plain.length ? t("Without a direction: {names}.", { names: names(plain) }) : "",
  ].filter(Boolean);
  if (compares) {
    const moved = (way) => metrics.filter((metric) => metric.moved === way).length;
    const [before, after] = report.names;
    sides.push(
      t("From {before} to {after}: {closer} closer to fair, {farther} farther.", {
        before,
        after,
        closer: moved("closer"),
        farther: moved("farther"),
      }),
    );
  }
  return [head, sides.join(" ")];
}

/** The chosen metric: what it asks, says, and is computed from. */
function detail({ report, group, metric, compares, tolerance, t }) {
  const results = metric.results.slice(0, compares ? 2 : 1);
  const counted = metric.worked
    ? h("code", {}, `${metric.worked} = ${valueWords(metric.results[0])}`)
    : Object.keys(group.counts).length
      ? t("This formula needs more than counts of the two groups.")
      : t("The report holds no counts. Give BiasReport the table that the job read to see them.");
  const rows = [
    [t("Question"), metric.asks],
    [t("Range"), `${metric.range}. ${fairWords(metric, tolerance, t)}.`],
    [t("Formula"), h("code", {}, metric.formula)],
    [t("Counted"), counted],
    [t("Mind"), metric.note],
    [t("Source"), h("a", { href: metric.source, target: "_blank", rel: "noreferrer" }, metric.source)],
  ].filter(([, content]) => content);
  const Name = (i) => (compares ? h("p", { class: "sl-label" }, report.names[i]) : null);
  return [
    h("p", { class: "sl-metric-title" }, h("strong", {}, metric.name), ` ${metric.title}`),
    h(
      "div",
      { class: "sl-results" },
      results.map((result, i) =>
        h(
          "div",
          { class: "sl-result", "data-outside": result && result.distance > tolerance ? "yes" : "no" },
          Name(i),
          h("p", { class: "sl-value" }, valueWords(result)),
          h("p", { class: "sl-side" }, verdict(metric, result, tolerance, t)),
          h("p", {}, result?.says || result?.error || ""),
        ),
      ),
    ),
    h(
      "dl",
      { class: "sl-about-metric" },
      rows.map(([name, content]) => h("div", {}, h("dt", {}, name), h("dd", {}, content))),
    ),
  ];
}

/** The same numbers as a table, with the counts where there are any. */
function tables({ report, group, metrics, compares, tolerance, t }) {
  const heads = compares ? report.names : [t("Value")];
  const counts = Object.entries(group.counts);
  const cell = (metric, i) =>
    [valueWords(metric.results[i]), shortVerdict(metric, metric.results[i], tolerance, t)]
      .filter(Boolean)
      .join(", ");
  return [
    table(
      t("Bias metrics of {group}", { group: group.name }),
      [t("Metric"), ...heads],
      metrics.map((metric) => [metric.name, ...heads.map((_, i) => cell(metric, i))]),
    ),
    counts.length
      ? table(
          t("Counts of people, as the formulas name them"),
          [t("Count"), t("People")],
          counts.map(([name, count]) => [name, number(count, 0)]),
        )
      : null,
  ].filter(Boolean);
}

function buildControls(model, { t }) {
  const { groups } = model.get("report");
  const name = unique("stage");
  const options = (values) => values.map((value) => h("option", { value }, value));
  const group = h(
    "select",
    { id: unique("group"), onchange: () => put(model, { group: group.value }) },
    options(groups.map((one) => one.name)),
  );
  const radios = Object.entries(STAGES).map(([value, label]) =>
    h(
      "label",
      {},
      h("input", { type: "radio", name, value, onchange: () => put(model, { stage: value }) }),
      t(label),
    ),
  );
  const metric = h("select", { id: unique("metric"), onchange: () => put(model, { metric: metric.value }) });
  const tolerance = h("input", {
    type: "range",
    id: unique("tolerance"),
    min: 0,
    max: Math.max(0.5, model.get("tolerance")),
    step: 0.01,
    oninput: () => put(model, { tolerance: Number(tolerance.value) }),
  });
  const now = h("span", { class: "sl-now-set", "aria-hidden": "true" });
  return {
    row: h(
      "div",
      { class: "sl-controls" },
      control(t("Group d"), group),
      h(
        "fieldset",
        { class: "sl-control" },
        h("legend", {}, t("Metrics")),
        h("div", { class: "sl-radios" }, radios),
      ),
      control(t("Tolerance"), tolerance, now),
      control(t("Explain"), metric),
    ),
    sync(state) {
      group.value = state.group.name;
      const has = (stage) => stage === "all" || state.group.metrics.some((one) => one.stage === stage);
      radios.forEach(({ firstChild }) => {
        firstChild.checked = firstChild.value === state.stage;
        firstChild.disabled = !has(firstChild.value);
      });
      const names = state.metrics.map((one) => one.name);
      if ([...metric.options].map((one) => one.value).join() !== names.join())
        metric.replaceChildren(...options(names));
      metric.value = state.chosen;
      tolerance.value = state.tolerance;
      now.textContent = number(state.tolerance, 2);
    },
  };
}

/** A mark of the chart and its meaning, never parted by a line break. */
const legend = (kind, meaning) =>
  h(
    "span",
    { class: "sl-legend" },
    h("span", { class: `sl-dot sl-is-${kind}`, "aria-hidden": "true" }),
    ` ${meaning}`,
  );

function legends({ compares, report }, t) {
  return [
    ...(compares ? [legend("was", report.names[0]), legend("now", report.names[1])] : []),
    legend("inside", t("within your tolerance")),
    legend("outside", t("outside")),
    legend("diamond", t("size only, no direction")),
  ];
}

function render({ model, el }) {
  const speech = translator(model);
  const { t } = speech;
  const controls = buildControls(model, speech);
  const [head, sides] = [h("p", { class: "sl-headline" }), h("p", { class: "sl-detail" })];
  const who = h("p", { class: "sl-who" });
  const [chart, key] = [h("div", { class: "sl-chart" }), h("p", { class: "sl-key" })];
  const [panel, numbers] = [h("div", { class: "sl-metric" }), h("div", { class: "sl-tables" })];
  const root = frame("bias", t("Bias report"));
  root.append(
    controls.row,
    who,
    h("div", { role: "status" }, head, sides),
    h("div", { class: "sl-charts" }, h("div", {}, chart, key), panel),
    h(
      "details",
      {},
      h("summary", {}, t("The numbers as tables")),
      h("div", {}, numbers, h("p", { class: "sl-about" }, model.get("report").notation)),
    ),
  );
  el.append(root);
  const choose = (metric) => put(model, { metric });
  const drawChart = (width) => chart.replaceChildren(drawBias(read(model, speech), width, choose));
  function draw() {
    const state = { ...read(model, speech), tn: speech.tn };
    controls.sync(state);
    [head.textContent, sides.textContent] = summary(state);
    who.textContent = t("Group d: {group}. Group a: everybody else. Good outcome: {label} = {good}.", {
      group: state.group.name,
      label: state.report.label,
      good: state.report.good,
    });
    key.replaceChildren(...legends(state, t));
    panel.replaceChildren(...detail(state));
    numbers.replaceChildren(...tables(state));
    if (chart.clientWidth) drawChart(chart.clientWidth);
  }
  draw();
  const stops = [
    watch(model, ["report", "group", "stage", "metric", "tolerance"], draw),
    drawToWidth(chart, drawChart),
  ];
  return () => stops.forEach((stop) => stop());
}
export default { render };
