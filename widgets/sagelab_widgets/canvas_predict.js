// Canvas's Predict page: one row with what-if controls, answered by an endpoint; many rows by a transform job.
import { h, unique } from "./base.js";
import { cards, shares } from "./canvas_charts.js";
import { control, number } from "./chart.js";
import { button, enable, memo } from "./live.js";

const FIRST = 8; // controls that stand open; the others are folded
const MOST = 10;

/** The page; `draw()` brings it to what the model says. */
export function predictPage(model, ask, words) {
  const { t } = words;
  const [intro, serving, batch] = [h("p", { class: "sl-canvas-empty" }), h("div"), h("div")];
  const [fields, answer] = [h("div"), h("div", { class: "sl-canvas-answer", role: "status" })];
  const single = h("div", { class: "sl-canvas-single" }, fields, answer);
  const asking = questions(model, ask);
  let [start, row] = [null, 1];
  const drawServing = memo(serving, (endpoint) => endpointParts(endpoint, ask, t));
  const drawFields = memo(fields, (state) => fieldParts(state, asking, t, { ask, rowNow: () => row, setRow: (to) => (row = to) }));
  const drawAnswer = memo(answer, (state) => answerParts(state, t));
  const drawBatch = memo(batch, (state) => batchParts(state, ask, words));
  return {
    node: [intro, serving, single, batch],
    draw() {
      const [analysis, endpoint] = [model.get("analysis"), model.get("endpoint")];
      const [built, live] = [Boolean(analysis.job), endpoint.status === "InService"];
      intro.hidden = built;
      intro.textContent = t("Nothing to predict with yet: start a build.");
      for (const node of [serving, batch]) node.hidden = !built;
      single.hidden = !built || !live;
      if (!built) return;
      const now = model.get("answer");
      if (now.number === 0) start = now;
      drawServing(endpoint);
      if (live) drawFields({ fields: analysis.fields, values: model.get("values"), rows: analysis.rows });
      drawAnswer({ now, start, target: analysis.target });
      drawBatch({ batch: model.get("batch"), rows: model.get("new_rows") });
    },
    stop: asking.stop,
  };
}

/** One question at a time: what is moved while the endpoint answers is asked as soon as it has. */
function questions(model, ask) {
  let [busy, again, count, values] = [false, false, 0, {}];
  const send = () => {
    [busy, again] = [true, false];
    count += 1;
    ask({ do: "ask", values, number: count });
  };
  const heard = () => {
    busy = false;
    if (again) send();
  };
  model.on("msg:custom", heard);
  return {
    begin: (given) => (values = { ...given }),
    set(name, value) {
      values[name] = value;
      if (busy) again = true;
      else send();
    },
    stop: () => model.off("msg:custom", heard),
  };
}

function endpointParts({ name, status, reason }, ask, t) {
  const running = status && status !== "Failed";
  const deploy = button(t("Deploy for single predictions"), "endpoint", () => ask({ do: "deploy" }), "sl-primary");
  const remove = button(t("Delete the endpoint"), "endpoint", () => ask({ do: "undeploy" }));
  enable(remove, status === "InService" || status === "Failed");
  const words = !status
    ? t("Nothing runs. A single prediction needs an endpoint with the best candidate's model on ml.m5.large; on AWS it is billed until it is deleted.")
    : t("Endpoint {name} on ml.m5.large: {status}. On AWS it is billed until it is deleted.", { name, status });
  return [
    h("p", { class: "sl-heading" }, t("Single prediction")),
    h("p", { class: "sl-canvas-uri" }, words),
    reason ? h("p", { class: "sl-canvas-reason" }, reason) : null,
    h("div", { class: "sl-bar" }, status ? remove : deploy),
    running ? null : h("p", { class: "sl-about" }, t("With the endpoint come controls for each column; the prediction follows them.")),
  ];
}

function fieldParts({ fields, values, rows }, asking, t, { ask, rowNow, setRow }) {
  asking.begin(values);
  const from = h("input", { type: "number", id: unique("row"), min: 1, max: rows, "data-key": "row" });
  from.value = rowNow();
  from.addEventListener("change", () => setRow(Math.trunc(Number(from.value)) || 1));
  const take = button(t("Take this row"), "take", () => ask({ do: "row", number: Math.trunc(Number(from.value)) || 0 }));
  const controls = fields.map((field) => fieldControl(field, values[field.name] ?? field.start, asking));
  const more = controls.slice(FIRST);
  return [
    h("div", { class: "sl-bar" }, control(t("Row of the table, of {rows}", { rows: number(rows, 0) }), from), take),
    h("div", { class: "sl-canvas-fields" }, controls.slice(0, FIRST)),
    more.length
      ? h(
          "details",
          {},
          h("summary", { "data-key": "more" }, t("Columns with less impact")),
          h("div", { class: "sl-canvas-fields" }, more),
        )
      : null,
  ];
}

function fieldControl(field, value, asking) {
  const common = { id: unique("field"), "data-key": `field ${field.name}` };
  if (field.kind === "choice") {
    const node = h("select", common, field.values.map((each) => h("option", { value: each }, each)));
    node.value = value;
    node.addEventListener("change", () => asking.set(field.name, node.value));
    return control(field.name, node);
  }
  if (field.kind === "text") {
    const node = h("input", { ...common, type: "text", value, maxlength: 1000 });
    node.addEventListener("change", () => asking.set(field.name, node.value));
    return control(field.name, node);
  }
  const shown = h("span", { class: "sl-now-set", "aria-hidden": "true" });
  const node = h("input", { ...common, type: "range", min: field.low, max: field.high, step: field.step });
  node.value = value;
  const tell = () => {
    shown.textContent = number(Number(node.value));
    node.setAttribute("aria-valuetext", shown.textContent);
  };
  node.addEventListener("input", () => {
    tell();
    asking.set(field.name, node.value);
  });
  tell();
  return control(field.name, node, shown);
}

function answerParts({ now, start, target }, t) {
  if (now.value === undefined) return h("p", {}, t("The prediction will be here."));
  const moved = start && now.number !== 0;
  if (typeof now.value === "number")
    return [
      h("p", { class: "sl-label" }, target),
      h("p", { class: "sl-headline" }, number(now.value)),
      moved ? h("p", {}, t("{before} before you moved anything", { before: number(start.value) })) : null,
    ];
  const ranked = [...now.shares].sort((a, b) => b[1] - a[1]).slice(0, MOST);
  const before = moved ? start.shares.find(([label]) => label === now.value)?.[1] : undefined;
  return [
    h("p", { class: "sl-label" }, target),
    h("p", { class: "sl-headline" }, now.value),
    shares(t("Probability of each category"), ranked),
    before === undefined
      ? null
      : h("p", {}, t("{label} had {before} % before you moved anything", { label: now.value, before: number(100 * before, 1) })),
  ];
}

function batchParts({ batch, rows }, ask, { t, tn }) {
  const busy = batch.status === "InProgress" || batch.status === "Stopping";
  const press = button(tn(rows, "Predict {count} row", "Predict {count} rows", { count: number(rows, 0) }), "batch", () => ask({ do: "batch" }));
  enable(press, !busy);
  return [
    h("p", { class: "sl-heading" }, t("Batch prediction")),
    h("p", {}, t("A transform job answers all rows and ends; nothing goes on running.")),
    h("div", { class: "sl-bar" }, press),
    batch.job ? h("p", { class: "sl-canvas-uri" }, t("Transform job {job}: {status}.", batch)) : null,
    batch.reason ? h("p", { class: "sl-canvas-reason" }, batch.reason) : null,
    batch.preview ? batchResult(batch, { t, tn }) : null,
  ];
}

function batchResult(batch, { t, tn }) {
  const counts = batch.counts.map(([value, count]) => `${value}: ${number(count, 0)}`).join(", ");
  return [
    h("p", { class: "sl-canvas-uri" }, t("All {rows} rows with their predictions: {uri}", { rows: number(batch.rows, 0), uri: batch.uri })),
    h("p", {}, counts ? t("Predicted: {counts}", { counts }) : t("Mean of the predictions: {mean}", { mean: number(batch.mean) })),
    cards(tn(batch.preview.length, "The first row", "The first {count} rows"), batch.heads, batch.preview),
  ];
}
