// The quality report and the quick model: a target, a button, and what was found.
import { h, unique } from "./base.js";
import { control, fit, number, percent, table } from "./chart.js";
import { mark } from "./words.js";

const LEVELS = { high: mark("High"), medium: mark("Medium"), low: mark("Low") };
const SIGNS = { high: "▲", medium: "◆", low: "●" };

/** A target and a button above what was found; `again` is told the target. */
function panel(label, columns, target, needed, again, t) {
  const names = columns.map(([name]) => [name, name]);
  const none = needed ? [] : [["", t("(none)")]];
  const input = h(
    "select",
    { id: unique("target") },
    [...none, ...names].map(([value, words]) => h("option", { value, selected: value === target }, words)),
  );
  return h(
    "form",
    {
      class: "sl-controls",
      onsubmit: (event) => {
        event.preventDefault();
        again(input.value);
      },
    },
    control(t("Target column"), input),
    h("button", { type: "submit", class: "sl-button sl-primary" }, label),
  );
}

const figure = (value) => (value === null ? "–" : number(value));

/** Warnings of one kind about several columns are one entry, with the columns inside. */
function grouped(warnings) {
  const groups = new Map();
  for (const warning of warnings) {
    const key = `${warning.severity} ${warning.title}`;
    groups.set(key, [...(groups.get(key) ?? []), warning]);
  }
  return [...groups.values()];
}

function warningEntry(group, t, tn) {
  const [first] = group;
  const title = t("{level}: {title}", { level: t(LEVELS[first.severity]), title: first.title });
  const one = group.length === 1;
  const head = [h("span", { "aria-hidden": "true" }, `${SIGNS[first.severity]} `), title];
  const line = (warning) => h("li", {}, h("code", {}, warning.column), " ", warning.text);
  return h(
    "li",
    { "data-severity": first.severity },
    h("strong", {}, head),
    one && first.column ? [" ", h("code", {}, first.column)] : null,
    one
      ? h("span", { class: "sl-why" }, first.text)
      : h(
          "details",
          {},
          h("summary", {}, tn(group.length, "in {count} column", "in {count} columns")),
          h("div", {}, h("ul", {}, group.map(line))),
        ),
    first.transform ? h("span", { class: "sl-mend" }, t("A step that may help: {transform}", first)) : null,
  );
}

function warnings(report, t, tn) {
  if (!report.warnings.length) return [h("p", {}, t("Nothing to warn of."))];
  return [h("ul", { class: "sl-warnings" }, grouped(report.warnings).map((group) => warningEntry(group, t, tn)))];
}

/** What a report says, under its form. */
export function drawReport(holder, { report, columns, target, title, width, ask, t, tn }) {
  const form = panel(t("Make the report"), columns, target, false, ask, t);
  if (!report.features) return holder.replaceChildren(form);
  const facts = [
    [t("Rows"), number(report.rows)],
    [t("Columns"), number(report.columns)],
    [t("Missing values"), percent(report.missing_share)],
    [t("Duplicate rows"), `${number(report.duplicates)} (${percent(report.duplicate_share)})`],
    [t("Anomalous rows"), t("{count} of {sample}", { count: number(report.anomaly_count), sample: number(report.sample) })],
  ];
  const [narrow, tiny] = [width < 640, width < 320];
  const heads = [t("Column"), t("Type"), t("Missing"), t("Different"), t("Outliers"), tiny ? t("Power") : t("Prediction power")];
  const kept = tiny ? [0, 2, 5] : narrow ? [0, 1, 2, 5] : [0, 1, 2, 3, 4, 5];
  const keep = (cells) => kept.map((place) => cells[place]);
  const rows = [...report.features]
    .sort((a, b) => (b.power ?? -1) - (a.power ?? -1))
    .map((one) => [
      fit(one.name, narrow ? 110 : 180),
      one.kind,
      number(one.missing),
      number(one.distinct),
      figure(one.outliers),
      one.power === null ? "–" : number(one.power, 2),
    ]);
  const about = report.target
    ? t("Target {target}: {problem}. Prediction power is that of a model which sees one column alone, 0 to 1.", report)
    : t("Without a target there is no prediction power.");
  holder.replaceChildren(
    form,
    h("p", { class: "sl-about" }, t("Report on the table after {title}.", { title })),
    h(
      "dl",
      { class: "sl-facts" },
      facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
    ),
    h("h4", {}, tn(report.warnings.length, "{count} warning", "{count} warnings")),
    ...warnings(report, t, tn),
    h("h4", {}, t("Columns")),
    h("p", { class: "sl-about" }, about),
    table(t("What each column holds"), keep(heads), rows.map(keep)),
  );
}

/** What the quick model found, under its form. */
export function drawModel(holder, { model, columns, target, title, width, ask, t }) {
  const form = panel(t("Train a quick model"), columns, target, true, ask, t);
  if (!model.scores) return holder.replaceChildren(form);
  const most = Math.max(...model.importance.map(([, value]) => value), 1e-12);
  holder.replaceChildren(
    form,
    h(
      "p",
      { class: "sl-about" },
      t(
        "A random forest on the table after {title}: {rows} rows, of which it had not seen {test}. It tells whether the data hold something to learn; it is not the model you ship.",
        { title, rows: number(model.rows), test: number(model.test_rows) },
      ),
    ),
    table(
      t("Predicting {target} ({problem})", model),
      [t("Score"), t("Quick model"), t("Always the same answer")],
      Object.entries(model.scores).map(([name, value]) => [
        name,
        number(value, Math.abs(value) < 1000 ? 3 : 0),
        number(model.baseline[name], Math.abs(model.baseline[name]) < 1000 ? 3 : 0),
      ]),
    ),
    h("h4", {}, t("What the forest looks at")),
    h(
      "ul",
      { class: "sl-importance" },
      model.importance.slice(0, 12).map(([name, value]) =>
        h(
          "li",
          {},
          h("span", { class: "sl-name", title: name }, fit(name, Math.min(150, width * 0.4))),
          h("span", { class: "sl-bar", "aria-hidden": "true", style: `--share: ${value / most}` }),
          h("span", { class: "sl-share" }, percent(value)),
        ),
      ),
    ),
  );
}
