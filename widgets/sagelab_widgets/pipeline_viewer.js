// A pipeline's executions: the graph with each step's state, all about one step, and the learner's orders.
import { frame, h, unique, watch } from "./base.js";
import { control, drawToWidth, table } from "./chart.js";
import { button, enable, keepFocus, live, memo, moment } from "./live.js";
import { STATES, pipelineGraph, stateWords } from "./pipeline_graph.js";
import { stepDetail } from "./pipeline_step.js";
import { translator } from "./words.js";

const MOVING = ["Executing", "Stopping"];

function render({ model, el }) {
  const speech = translator(model);
  const { t } = speech;
  const root = frame("pipeline", t("Pipeline viewer"));
  const shown = () => model.get("executions").find((one) => one.arn === model.get("execution"));
  const watcher = live(model, root, t, () => MOVING.includes(shown()?.status));
  const { ask } = watcher;

  const title = h("h3", { class: "sl-title" }, t("Pipeline {name}", { name: model.get("pipeline") }));
  const picker = h("select", {
    id: unique("execution"),
    "data-key": "picker",
    onchange: () => ask({ do: "show", execution: picker.value }),
  });
  const pickers = control(t("Execution"), picker);
  const stop = button(t("Stop"), "stop", () => ask({ do: "stop" }));
  const retry = button(t("Retry"), "retry", () => ask({ do: "retry" }));
  const again = button(t("Look again"), "again", () => ask({ do: "refresh" }));
  const status = h("p", { class: "sl-run-state" });
  const reason = h("p", { class: "sl-about" });
  const note = h("p", { class: "sl-note" });
  const start = h("div");
  const graph = pipelineGraph(model, speech, (step) => ask({ do: "step", step }));
  const detail = stepDetail(model, speech, ask, (name) => graph.focus(name));
  const numbers = h("div", { class: "sl-tables sl-scroll" });

  const drawStart = memo(start, (parameters) => startForm(parameters, t, ask));
  const drawTable = memo(numbers, ([plan, states]) => stepTable(plan, states, speech));
  const drawPicker = memo(picker, (executions) =>
    executions.map((one) => {
      const state = t(STATES[one.status]?.[1] ?? one.status);
      const label = t("{id}, {state}, started {when}", { id: one.id, state, when: moment(one.started) });
      return h("option", { value: one.arn }, label);
    }),
  );

  function draw() {
    keepFocus(root, () => {
      const now = shown();
      drawPicker(model.get("executions"));
      picker.value = model.get("execution");
      pickers.hidden = !now;
      for (const node of [stop, retry]) node.hidden = !now;
      enable(stop, now?.status === "Executing");
      enable(retry, ["Failed", "Stopped"].includes(now?.status));
      const [sign, word] = STATES[now?.status] ?? ["", now?.status ?? ""];
      status.textContent = now
        ? `${sign} ${t(word)}`
        : t("This pipeline has not been started yet; the graph shows what its definition says.");
      status.dataset.kind = STATES[now?.status]?.[2] ?? "idle";
      reason.textContent = now?.reason ?? "";
      note.textContent = model.get("note");
      drawStart(model.get("graph").parameters ?? []);
      graph.update();
      drawTable([model.get("graph"), model.get("states")]);
      detail.draw();
    });
  }

  const body = h("div", { class: "sl-pipeline-body" }, h("div", { class: "sl-graph-box" }, graph.root), detail.root);
  const legend = h(
    "p",
    { class: "sl-about" },
    t("A solid arrow hands a result on or takes a branch; a dashed one only keeps the order. Press Enter on a step for its input, output and log."),
  );
  root.append(
    title,
    h("div", { class: "sl-bar" }, pickers, stop, retry, again),
    h("div", { role: "status" }, status, reason, note, watcher.line),
    start,
    body,
    legend,
    h("details", {}, h("summary", {}, t("The steps as a table")), numbers),
  );
  el.append(root);
  draw();
  const redraw = () => graph.root.clientWidth && graph.draw(graph.root.clientWidth);
  const stops = [
    watch(model, ["note", "executions", "execution", "states", "step", "detail"], draw),
    watch(model, ["graph"], () => {
      redraw();
      draw();
    }),
    drawToWidth(graph.root, graph.draw),
    watcher.stop,
  ];
  ask({ do: "refresh" });
  return () => stops.forEach((end) => end());
}

/** A form with a field for each parameter; an empty field means the default. */
function startForm(parameters, t, ask) {
  const fields = parameters.map((parameter) => {
    const standard = parameter.DefaultValue ?? "";
    const input = h("input", {
      type: "text",
      id: unique("parameter"),
      "data-key": `parameter ${parameter.Name}`,
      placeholder: String(standard),
      autocomplete: "off",
    });
    return [parameter.Name, input, control(t("{name} ({type})", { name: parameter.Name, type: parameter.Type }), input)];
  });
  const press = () => {
    const given = fields.map(([name, input]) => [name, input.value]);
    ask({ do: "start", parameters: Object.fromEntries(given) });
  };
  const go = button(t("Start an execution"), "start", press, "sl-primary");
  if (!fields.length) return h("div", { class: "sl-bar sl-start-bar" }, go);
  return h(
    "fieldset",
    { class: "sl-start-bar" },
    h("legend", {}, t("Parameters of the next execution; an empty field takes the default in gray")),
    h("div", { class: "sl-bar" }, fields.map(([, , node]) => node), go),
  );
}

function stepTable(plan, states, speech) {
  const { t } = speech;
  const before = (name) =>
    (plan.edges ?? []).filter((edge) => edge.target === name).map((edge) => edge.source).join(", ");
  return table(
    t("Every step of the pipeline"),
    [t("Step"), t("Type"), t("State"), t("Waits for")],
    (plan.steps ?? []).map((step) => [step.name, step.type, stateWords(states[step.name], speech), before(step.name)]),
  );
}
export default { render };
