// Canvas's Build page: target, model type, columns, preview, and a build on its way.
import { h, unique } from "./base.js";
import { cards, spread } from "./canvas_charts.js";
import { control, number } from "./chart.js";
import { button, enable, memo } from "./live.js";
import { mark } from "./words.js";

const WHY = {
  BinaryClassification: mark("Recognized by its two different values."),
  MulticlassClassification: mark("Recognized by its few different values."),
  Regression: mark("Recognized by its many different numbers."),
};
const PROMISES = {
  quick: mark("Speed over accuracy. Here: at most {candidates} candidates, on {rows} rows."),
  standard: mark("Accuracy over speed. Here: at most {candidates} candidates, on {rows} rows."),
};
const STATES = {
  done: ["✓", mark("done")],
  now: ["▸", mark("now")],
  waiting: ["·", mark("waiting")],
  unknown: ["–", mark("not told")],
};

/** The page; `draw()` brings it to what the model says. */
export function buildPage(model, ask, { t, tn }) {
  const choices = h("div", { class: "sl-controls" });
  const offers = h("div", { class: "sl-canvas-offers" });
  const way = h("div", { class: "sl-canvas-way" });
  const columns = h("div");
  const limits = h("p", { class: "sl-about" });
  const drawChoices = memo(choices, (build) => choosing(build, ask, t));
  const drawOffers = memo(offers, (state) => offering(state, ask, t));
  const drawWay = memo(way, (job) => (job.job ? building(job, ask, { t, tn }) : []));
  const drawColumns = memo(columns, (build) => columnTable(build, ask, t));
  return {
    node: [choices, offers, way, columns, limits],
    draw() {
      const build = model.get("build");
      if (!build.target) return;
      const job = model.get("job");
      drawChoices(build);
      drawOffers({ build, estimate: model.get("estimate"), moving: job.moving ?? false });
      drawWay(job);
      drawColumns(build);
      limits.textContent = t(build.forecasting);
    },
  };
}

/** A select that tells what is chosen, and shows what holds until Python says otherwise. */
function select(key, options, value, choose) {
  const node = h(
    "select",
    { id: unique(key), "data-key": key },
    options.map(([name, words]) => h("option", { value: name }, words)),
  );
  node.value = value;
  node.addEventListener("change", () => choose(node.value));
  return node;
}

function choosing(build, ask, t) {
  const target = select(
    "target",
    build.columns.map(({ name }) => [name, name]),
    build.target,
    (column) => ask({ do: "target", column }),
  );
  const problem = select(
    "problem",
    build.problems.map(({ key, title }) => [key, t(title)]),
    build.problem,
    (key) => ask({ do: "problem", key }),
  );
  const recognized = build.problem === build.problems[0]?.key;
  return [
    control(t("Target column"), target),
    control(t("Model type"), problem),
    h(
      "p",
      { class: "sl-canvas-why" },
      recognized ? t(WHY[build.problem]) : t("Your choice; Canvas would have taken another."),
      " ",
      t("Candidates are ranked by {objective}.", { objective: build.objective }),
    ),
  ];
}

function offering({ build, estimate, moving }, ask, t) {
  const look = button(t("Preview model"), "preview", () => ask({ do: "preview" }));
  enable(look, !estimate.running);
  const offers = [
    h("div", { class: "sl-canvas-card" }, look, h("p", {}, estimateWords(estimate, build, t))),
    ...build.builds.map((offer) => {
      const press = button(
        t(offer.title),
        offer.key,
        () => ask({ do: "build", kind: offer.key }),
        offer.key === "quick" ? "sl-primary" : "",
      );
      enable(press, !moving && !build.reason);
      const values = { candidates: offer.candidates, rows: number(offer.rows, 0) };
      return h("div", { class: "sl-canvas-card" }, press, h("p", {}, t(PROMISES[offer.key], values)));
    }),
  ];
  return build.reason ? [...offers, h("p", { class: "sl-canvas-reason" }, build.reason)] : offers;
}

function estimateWords(estimate, build, t) {
  if (estimate.running) return t("A small model is trained on some of the rows.");
  if (estimate.reason) return estimate.reason;
  if (estimate.value === undefined)
    return t("An estimate of the score, from a small model on at most 1,000 rows.");
  const values = {
    rows: number(estimate.rows, 0),
    value: number(estimate.value),
    simplest: number(estimate.simplest),
  };
  return estimate.metric === "RMSE"
    ? t("Estimated RMSE {value}, by {rows} rows; always the mean has {simplest}. Smaller is better.", values)
    : t("Estimated accuracy {value}, by {rows} rows; always the most frequent category has {simplest}.", values);
}

/** A build on its way, or at its end. */
function building(job, ask, { t, tn }) {
  const stop = button(t("Stop the build"), "stop", () => ask({ do: "stop" }));
  const scored = job.candidates.filter((one) => one.score !== null);
  return [
    h("p", { class: "sl-heading" }, t("Build {job}: {title} of {target}", job)),
    h("p", {}, statusWords(job, t)),
    job.failure ? h("p", { class: "sl-canvas-reason" }, job.failure) : null,
    h(
      "ol",
      { class: "sl-canvas-stages" },
      job.stages.map(([title, state]) =>
        h(
          "li",
          { class: `sl-canvas-${state}` },
          h("span", { "aria-hidden": "true" }, STATES[state][0]),
          ` ${t(title)} `,
          h("span", { class: "sl-canvas-state" }, t(STATES[state][1])),
        ),
      ),
    ),
    job.moving ? h("div", { class: "sl-bar" }, stop) : null,
    h("p", { class: "sl-about" }, tn(scored.length, "{count} candidate has a score.", "{count} candidates have a score.")),
    job.candidates.length
      ? cards(
          t("Candidates of {job}", job),
          [t("Candidate"), t("Model"), t("Status"), job.candidates[0].metric || t("Score")],
          job.candidates.map((one) => [
            one.name,
            one.model || "–",
            one.status,
            one.score === null ? "–" : number(one.score),
          ]),
          "sl-canvas-board",
        )
      : null,
  ];
}

function statusWords(job, t) {
  if (job.moving) return t("Amazon SageMaker says: {status}, {secondary}.", job);
  const seconds = job.seconds === null ? "–" : number(job.seconds, 0);
  if (job.status === "Completed") return t("Completed after {seconds} seconds. Look at Analyze.", { seconds });
  return t("{status} after {seconds} seconds.", { ...job, seconds });
}

function columnTable(build, ask, t) {
  const counted = { rows: number(build.rows, 0), count: build.learns_from };
  return cards(
    t("{rows} rows; the build learns from {count} columns. Mismatched cells count as missing.", counted),
    [
      t("Column"),
      t("Distribution"),
      t("Missing"),
      t("Mismatched"),
      t("Unique"),
      t("Mean or mode"),
      t("Correlation to target"),
    ],
    build.columns.map((column) => [
      columnHead(column, build, ask, t),
      spread(column, t),
      ...[column.missing, column.mismatched, column.unique].map((count) => number(count, 0)),
      column.center,
      related(column, t),
    ]),
    "sl-canvas-columns",
  );
}

/** A column's name, with the box that takes it into the build, and what it is. */
function columnHead(column, build, ask, t) {
  const isTarget = column.name === build.target;
  const box = h("input", {
    type: "checkbox",
    "data-key": `use ${column.name}`,
    disabled: isTarget || Boolean(column.reason),
  });
  box.checked = isTarget || column.used;
  box.addEventListener("change", () => ask({ do: "use", column: column.name, used: box.checked }));
  let about = t(column.kind);
  if (isTarget) about = t("{kind}, the target", { kind: about });
  else if (column.reason) about = t("left out: {reason}", { reason: t(column.reason) });
  return h(
    "div",
    {},
    h("label", { class: "sl-canvas-use" }, box, h("span", {}, column.name)),
    h("span", { class: "sl-canvas-kind" }, about),
  );
}

function related(column, t) {
  if (column.correlation === null) return "–";
  const measure = h("span", { class: "sl-canvas-kind" }, t(column.measure));
  return h("span", {}, number(column.correlation, 2), measure);
}
