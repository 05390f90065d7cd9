// Training jobs as they go: their metrics as curves, statuses, tensors, rules that fire, and the end of the log.
import { frame, h, unique, watch } from "./base.js";
import { control, drawToWidth, number, table } from "./chart.js";
import { legendOf, linesChart } from "./lines_chart.js";
import { button, enable, keepFocus, live, logBox, memo, moment } from "./live.js";
import { ruleTables } from "./training_rules.js";
import { tensorView } from "./training_tensors.js";
import { mark, translator } from "./words.js";

const ENDED = ["Completed", "Failed", "Stopped"];
const SIGNS = { InProgress: "▶", Stopping: "◼", Completed: "✓", Failed: "✕", Stopped: "◼" };
const STATUSES = {
  InProgress: mark("in progress"),
  Stopping: mark("stopping"),
  Completed: mark("completed"),
  Failed: mark("failed"),
  Stopped: mark("stopped"),
};

function render({ model, el }) {
  const speech = translator(model);
  const { t } = speech;
  const root = frame("training", t("Training monitor"));
  const jobs = model.get("jobs");
  const look = () => model.get("looks")[model.get("job")];
  const moving = () => jobs.some((name) => !ENDED.includes(model.get("looks")[name]?.status));
  const watcher = live(model, root, t, moving);
  const { ask } = watcher;

  const picker = h("select", {
    id: unique("job"),
    "data-key": "picker",
    onchange: () => ask({ do: "show", job: picker.value }),
  });
  picker.append(...jobs.map((name) => h("option", { value: name }, name)));
  const stop = button(t("Stop the job"), "stop", () => ask({ do: "stop" }));
  const again = button(t("Look again"), "again", () => ask({ do: "refresh" }));
  const [status, reason, note] = [
    h("p", { class: "sl-run-state" }),
    h("p", { class: "sl-reason", hidden: true }),
    h("p", { class: "sl-note" }),
  ];
  const metrics = h("fieldset", { class: "sl-control" });
  const chart = h("div", { class: "sl-chart" });
  const [legend, compared, steps, rules, log] = ["", "", "", "", ""].map(() => h("div", { class: "sl-scroll" }));
  compared.classList.add("sl-compared");
  const tensors = tensorView(model, speech, () => look()?.tensors ?? {});

  const drawMetrics = memo(metrics, ([known, chosen]) => metricBoxes(known, chosen, t, ask));
  const drawLegend = memo(legend, (names) => (names.length ? legendOf(names) : null));
  const drawCompared = memo(compared, (rows) => comparison(rows, t));
  const drawSteps = memo(steps, (list) => stepTable(list, t));
  const drawRules = memo(rules, (told) => ruleTables(told, t));
  const drawLog = memo(log, (lines) =>
    lines.length ? logBox(t("The end of the log"), lines) : h("p", { class: "sl-about" }, t("Nothing was printed yet.")),
  );

  function drawChart(width) {
    const series = seriesOf(model).filter((one) => one.points.length);
    const label = t("Metrics of the jobs: {names}", { names: series.map((one) => one.name).join(", ") });
    const xTitle = t("number of the value in the log");
    const nothing = h("p", { class: "sl-about" }, t("The log shows no value of these metrics yet."));
    chart.replaceChildren(series.length ? linesChart({ label, series, width, xTitle, height: 260 }) : nothing);
  }

  function draw() {
    keepFocus(root, () => {
      const now = look();
      picker.value = model.get("job");
      note.textContent = model.get("note");
      enable(stop, now?.status === "InProgress");
      if (!now) return;
      status.textContent = statusWords(now, t);
      reason.textContent = now.reason;
      reason.hidden = !now.reason;
      const known = [...new Set(jobs.flatMap((name) => Object.keys(model.get("looks")[name]?.curves ?? {})))];
      drawMetrics([known, model.get("metrics")]);
      drawLegend(seriesOf(model).filter((one) => one.points.length).map((one) => one.name));
      if (chart.clientWidth) drawChart(chart.clientWidth);
      drawCompared(rowsOf(model, t));
      drawSteps(now.transitions);
      drawRules([now.rules, now.checked, now.record, now.strange]);
      drawLog(now.log);
      tensors.draw();
    });
  }

  const half = (heading, ...nodes) => h("div", {}, h("p", { class: "sl-chart-title" }, heading), nodes);
  root.append(
    h("h3", { class: "sl-title" }, jobs.length === 1 ? t("Training job {name}", { name: jobs[0] }) : t("Training jobs")),
    h("div", { class: "sl-bar" }, jobs.length > 1 ? control(t("Job"), picker) : null, stop, again),
    h("div", { role: "status" }, status, reason, note, watcher.line),
    h("p", { class: "sl-heading" }, t("Metrics, read from the log in CloudWatch by the job's MetricDefinitions")),
    metrics,
    legend,
    chart,
    h("details", {}, h("summary", {}, t("The metrics as a table")), compared),
    h("div", { class: "sl-charts" }, half(t("Where the job has been"), steps), half(t("Rules"), rules)),
    tensors.root,
    h("p", { class: "sl-heading" }, t("The end of the log in CloudWatch")),
    log,
  );
  el.append(root);
  draw();
  const stops = [
    watch(model, ["note", "job", "looks", "metrics"], draw),
    drawToWidth(chart, drawChart),
    tensors.follow(),
    watcher.stop,
  ];
  ask({ do: "refresh" });
  return () => stops.forEach((end) => end());
}

/** One line for each job and metric that is drawn. */
function seriesOf(model) {
  const [jobs, looks, metrics] = [model.get("jobs"), model.get("looks"), model.get("metrics")];
  return jobs.flatMap((job) =>
    metrics.map((metric) => ({
      name: jobs.length > 1 ? `${job} · ${metric}` : metric,
      points: looks[job]?.curves?.[metric]?.points ?? [],
    })),
  );
}

function statusWords(now, t) {
  const sign = SIGNS[now.status] ?? "";
  const parts = [`${sign} ${t(STATUSES[now.status] ?? now.status)}`];
  if (!ENDED.includes(now.secondary)) parts.push(now.secondary);
  if (typeof now.seconds === "number") parts.push(t("trained for {seconds} s", now));
  if (typeof now.billable === "number") parts.push(t("{billable} s billable", now));
  return parts.join(" · ");
}

function metricBoxes(known, chosen, t, ask) {
  const boxes = known.map((name) => {
    const press = () => ask({ do: "draw", metrics: known.filter((_, i) => boxes[i].firstChild.checked) });
    const box = h("input", { type: "checkbox", "data-key": `metric ${name}`, onchange: press });
    box.checked = chosen.includes(name);
    return h("label", {}, box, name);
  });
  const none = known.length ? null : h("p", { class: "sl-about" }, t("The job has no MetricDefinitions."));
  return [h("legend", {}, t("Draw")), h("div", { class: "sl-radios" }, boxes), none];
}

/** Every job's values of the metrics that are drawn. */
function rowsOf(model, t) {
  const value = (told) => (typeof told === "number" ? number(told) : "–");
  return model.get("jobs").flatMap((job) =>
    model.get("metrics").map((metric) => {
      const look = model.get("looks")[job];
      const one = look?.curves?.[metric] ?? {};
      const ends = [one.least, one.most, one.last, look?.final?.[metric]].map(value);
      return [job, metric, t(STATUSES[look?.status] ?? ""), value(one.count), ...ends];
    }),
  );
}

function comparison(rows, t) {
  if (!rows.length) return null;
  const heads = [t("Job"), t("Metric"), t("Status"), t("Values"), t("Lowest"), t("Highest"), t("Last in the log")];
  return table(t("The metrics that are drawn, by job"), [...heads, t("FinalMetricDataList")], rows);
}

function stepTable(list, t) {
  const rows = list.map((one) => [
    one.status,
    moment(one.start).slice(11, 19),
    one.seconds === null ? t("now") : number(one.seconds, 1),
    one.message,
  ]);
  return table(
    t("SecondaryStatusTransitions, in the account's time (UTC)"),
    [t("Secondary status"), t("From"), t("Seconds"), t("Message")],
    rows,
  );
}
export default { render };
