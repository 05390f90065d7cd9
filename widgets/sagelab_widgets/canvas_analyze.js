// Canvas's Analyze page: score, column impact, confusion matrix, metrics, leaderboard, and the way to the registry.
import { h, unique } from "./base.js";
import { cards, confusion, shares } from "./canvas_charts.js";
import { control, number, percent } from "./chart.js";
import { button, memo } from "./live.js";

const MOST = 10;

/** The page; `draw()` brings it to what the model says. */
export function analyzePage(model, ask, { t, tn }) {
  const [report, handing, told] = [h("div"), h("div"), h("p", { class: "sl-canvas-uri" })];
  const drawReport = memo(report, (state) => reporting(state, { t, tn }));
  const drawHanding = memo(handing, ({ job, title }) => (job ? sharing(title, ask, t) : []));
  return {
    node: [report, handing, told],
    draw() {
      const [analysis, shared] = [model.get("analysis"), model.get("shared")];
      drawReport({ analysis, job: model.get("job") });
      drawHanding({ job: analysis.job, title: model.get("title") });
      told.textContent = shared.arn ? t("Registered as {arn}, {status}.", shared) : "";
    },
  };
}

function reporting({ analysis, job }, { t, tn }) {
  if (!analysis.job) {
    const words = job.moving ? t("The build is running; its result will be here.") : t("Nothing to analyze yet: start a build.");
    return h("p", { class: "sl-canvas-empty" }, words);
  }
  const { insights, impact, target } = analysis;
  const score = { metric: analysis.metric, score: number(analysis.score), target };
  return [
    h("p", { class: "sl-headline" }, t("{metric} {score} for {target} on rows that were held out", score)),
    h("p", { class: "sl-detail" }, t("Best candidate: {name}", { name: analysis.candidate })),
    analysis.positive ? h("p", { class: "sl-detail" }, positive(analysis, t)) : null,
    insights.simplest ? h("p", { class: "sl-detail" }, simplest(insights, t)) : null,
    h(
      "div",
      { class: "sl-charts" },
      h("div", {}, h("p", { class: "sl-chart-title" }, t("Column impact")), ...impactParts(impact, { t, tn })),
      h(
        "div",
        {},
        h("p", { class: "sl-chart-title" }, t("Scoring")),
        insights.rows
          ? [
              confusion(insights, target, t),
              cards(
                tn(insights.rows, "Metrics of {count} held-out row", "Metrics of {count} held-out rows"),
                [t("Metric"), t("Value")],
                insights.metrics.map(([name, value]) => [name, number(value)]),
              ),
            ]
          : h("p", {}, t("The job wrote no model insights report.")),
      ),
    ),
    leaderboard(job, t),
  ];
}

function positive(analysis, t) {
  return t("Precision, recall and F1 are about {label}: AutoML sorts the categories and asks for the second.", {
    label: analysis.positive,
  });
}

function simplest(insights, t) {
  const [label, share] = insights.simplest;
  const accuracy = insights.metrics.find(([name]) => name === "Accuracy")?.[1];
  return t("Its accuracy is {accuracy}; always answering {label} has {share}.", {
    label,
    share: percent(share),
    accuracy: accuracy === undefined ? "–" : percent(accuracy),
  });
}

function impactParts(impact, { t, tn }) {
  if (!impact.length) return [h("p", {}, t("The job wrote no explainability report, or no column moves the model."))];
  const rest = impact.slice(MOST);
  const share = rest.reduce((sum, [, each]) => sum + each, 0);
  const others = [tn(rest.length, "{count} other column", "{count} other columns"), share];
  return [
    shares(t("Column impact"), rest.length ? [...impact.slice(0, MOST), others] : impact),
    h("p", { class: "sl-about" }, t("Shares of the mean absolute SHAP values in the job's explainability report, which explains a few held-out rows.")),
  ];
}

function leaderboard(job, t) {
  const scored = (job.candidates ?? []).filter((one) => one.score !== null);
  if (!scored.length) return null;
  const metrics = scored[0].metrics.map(([name]) => name).filter((name) => name !== scored[0].metric);
  const of = (one, name) => one.metrics.find(([each]) => each === name)?.[1];
  return h(
    "details",
    { open: true },
    h("summary", { "data-key": "leaderboard" }, t("Leaderboard")),
    cards(
      t("Candidates of {job} on the held-out rows, the best first", job),
      [t("Candidate"), t("Model"), scored[0].metric, ...metrics],
      scored.map((one) => [
        one.name,
        one.model || "–",
        number(one.score),
        ...metrics.map((name) => (of(one, name) === undefined ? "–" : number(of(one, name)))),
      ]),
      "sl-canvas-board",
    ),
  );
}

function sharing(title, ask, t) {
  const group = h("input", { type: "text", id: unique("group"), "data-key": "group", value: title, maxlength: 63, spellcheck: "false" });
  return [
    h("p", { class: "sl-heading" }, t("Share to the Model Registry")),
    h(
      "div",
      { class: "sl-bar" },
      control(t("Model package group"), group),
      button(t("Share"), "share", () => ask({ do: "share", group: group.value })),
    ),
    h("p", { class: "sl-about" }, t("A new version of the group with these metrics. It waits there for somebody to approve it.")),
  ];
}
