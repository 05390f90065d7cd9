// Traffic to an endpoint: orders above, what was measured here beside what CloudWatch says, a timeline with events.
import { frame, h, unique, watch } from "./base.js";
import { control, drawToWidth, number, percent, table } from "./chart.js";
import { drawCalls, drawLatency, drawSplit } from "./endpoint_charts.js";
import { eventWords } from "./endpoint_words.js";
import { legendOf } from "./lines_chart.js";
import { button, enable, keepFocus, live, memo } from "./live.js";
import { mark, translator } from "./words.js";

const KINDS = {
  "real-time": mark("real-time endpoint"),
  serverless: mark("serverless endpoint"),
  asynchronous: mark("asynchronous endpoint"),
};
const QUIET = 20; // looks that follow the last call: CloudWatch and scaling are later than the answers

function render({ model, el }) {
  const speech = translator(model);
  const { t } = speech;
  const about = model.get("about");
  const root = frame("endpoint", t("Endpoint console: {name}", { name: model.get("endpoint") }));
  let [quiet, before] = [QUIET, ""];
  const moving = () => {
    const { running } = model.get("traffic");
    const [{ status, instances = {} }, results] = [model.get("target"), model.get("results")];
    const scaling = Object.values(instances).some(([up, wanted]) => up !== wanted);
    const waits = results.some((one) => one.state === "waiting");
    quiet = running || scaling || waits || status !== "InService" ? QUIET : quiet - 1;
    return quiet > 0;
  };
  const watcher = live(model, root, t, moving);
  const ask = (message) => {
    quiet = QUIET;
    watcher.ask(message);
  };

  const title = t("{name}: {kind}", { name: model.get("endpoint"), kind: t(KINDS[about.kind]) });
  const rate = h("input", {
    type: "number",
    id: unique("rate"),
    "data-key": "rate",
    min: 0.1,
    max: about.most,
    step: "any",
    value: 5,
  });
  const start = button(t("Send traffic"), "start", () => ask({ do: "start", rate: Number(rate.value) }), "sl-primary");
  const stop = button(t("Stop"), "stop", () => ask({ do: "stop" }));
  const once = button(t("Send one call"), "once", () => ask({ do: "once" }));
  const clock = button(t("Move the account's clock by a minute"), "clock", () => ask({ do: "clock" }));
  const anew = button(t("Count anew"), "anew", () => ask({ do: "anew" }));
  const [state, note] = [h("p", { class: "sl-run-state" }), h("p", { class: "sl-note" })];
  const weights = h("div");
  const [calls, latency, shares] = ["", "", ""].map(() => h("div", { class: "sl-chart" }));
  const [splitWords, missed] = [h("p", { class: "sl-about" }), h("p", { class: "sl-about" })];
  const [here, there, errors, events, results] = ["", "", "", "", ""].map(() => h("div", { class: "sl-scroll" }));

  results.classList.add("sl-results");

  const charts = [
    [calls, drawCalls],
    [latency, drawLatency],
    [shares, drawSplit],
  ];
  const drawWeights = memo(weights, (given) => weightForm(given, t, ask));
  const drawHere = memo(here, (told) => measuredHere(told, about, t));
  const drawThere = memo(there, (cloud) => measuredThere(cloud, t));
  const drawErrors = memo(errors, (told) => errorTable(told, speech));
  const drawEvents = memo(events, (list) => eventList(list, speech));
  const drawResults = memo(results, (list) => (about.kind === "asynchronous" ? resultTable(list, t) : null));

  function draw() {
    keepFocus(root, () => {
      const [target, traffic] = [model.get("target"), model.get("traffic")];
      enable(start, !traffic.running);
      enable(stop, Boolean(traffic.running));
      state.textContent = stateWords(target, traffic, about, t);
      note.textContent = model.get("note");
      drawWeights(target.weights ?? {});
      const drawn = JSON.stringify([traffic.timeline, traffic.split, traffic.now, model.get("events")]);
      if (drawn !== before) charts.forEach(([node, paint]) => node.clientWidth && node.replaceChildren(paint(model, node.clientWidth, speech)));
      before = drawn;
      splitWords.textContent = chanceWords(traffic.split, t);
      missed.textContent = traffic.missed
        ? t("Not sent because 16 calls were on their way already: {count}.", { count: traffic.missed })
        : "";
      drawHere(traffic.summary ?? {});
      drawThere(model.get("cloud"));
      drawErrors(traffic.summary?.errors ?? {});
      drawEvents(model.get("events"));
      drawResults(model.get("results"));
    });
  }

  const half = (heading, ...nodes) => h("div", {}, h("p", { class: "sl-chart-title" }, heading), nodes);
  root.append(
    h("h3", { class: "sl-title" }, title),
    h("div", { class: "sl-bar" }, control(t("Calls a second"), rate), start, stop, once, anew, clock),
    h("p", { class: "sl-about" }, sendsWords(about, speech)),
    h("div", { role: "status" }, state, note, watcher.line),
    h(
      "div",
      { class: "sl-charts" },
      half(t("Calls in each second, measured in this notebook"), callsLegend(t), calls),
      half(t("Latency in milliseconds, measured in this notebook"), legendOf(["p50", "p99"]), latency),
      half(t("Who answered, against the weights"), shares, splitWords, weights),
      half(t("What happened when"), events),
      half(t("Latency from sending to answer, measured in this notebook"), here, missed, errors),
      half(t("CloudWatch, measured by the endpoint"), there),
    ),
    results,
  );
  el.append(root);
  draw();
  const stops = [
    watch(model, ["note", "target", "traffic", "cloud", "events", "results"], draw),
    ...charts.map(([node, paint]) => drawToWidth(node, (width) => node.replaceChildren(paint(model, width, speech)))),
    watcher.stop,
  ];
  ask({ do: "refresh" });
  return () => stops.forEach((end) => end());
}

const sendsWords = (about, { tn }) =>
  tn(
    about.samples,
    "Each call sends your sample as {type}; an error is counted, never tried again.",
    "The calls send your {count} samples in turn as {type}; an error is counted, never tried again.",
    { type: about.type },
  );

function stateWords(target, traffic, about, t) {
  const up = Object.entries(target.instances ?? {}).map(([variant, [now, wanted]]) =>
    now === wanted
      ? t("{variant}: {now} up", { variant, now })
      : t("{variant}: {now} of {wanted} up", { variant, now, wanted }),
  );
  const parts = [traffic.running ? t("▶ {rate} calls a second", traffic) : t("◼ No traffic"), target.status ?? ""];
  if (about.kind === "asynchronous" && target.backlog !== null && target.backlog !== undefined) {
    parts.push(t("{count} in the queue, by CloudWatch", { count: number(target.backlog) }));
  }
  return [...parts, ...up].filter(Boolean).join(" · ");
}

const callsLegend = (t) =>
  h(
    "p",
    { class: "sl-line-legend" },
    h("span", { class: "sl-legend" }, h("span", { class: "sl-key sl-key-answered" }), t("answered")),
    h("span", { class: "sl-legend" }, h("span", { class: "sl-key sl-key-refused" }), t("error")),
  );

function chanceWords(split, t) {
  if (!split || split.rows.length < 2) return t("One variant answers everything.");
  const counts = split.rows.map((row) => t("{variant} {answered}", row)).join(", ");
  if (split.p === null) return t("Answers: {counts}. Too few yet to judge the split.", { counts });
  return t("Answers: {counts}. A split at least this far from the weights comes by chance with probability {p}.", {
    counts,
    p: percent(split.p),
  });
}

/** A slider for each variant's weight. */
function weightForm(given, t, ask) {
  const names = Object.keys(given);
  if (names.length < 2) return null;
  const rows = names.map((name) => {
    const now = h("span", { class: "sl-now-set", "aria-hidden": "true" }, number(given[name]));
    const max = Math.max(10, given[name]);
    const slider = h("input", { type: "range", id: unique("weight"), min: 0, max, step: 0.5, "data-key": `weight ${name}` });
    slider.value = given[name];
    slider.addEventListener("input", () => (now.textContent = number(Number(slider.value))));
    return [name, slider, control(t("Weight of {name}", { name }), slider, now)];
  });
  const set = () => ask({ do: "weights", weights: Object.fromEntries(rows.map(([n, s]) => [n, Number(s.value)])) });
  return h("div", { class: "sl-bar" }, rows.map(([, , node]) => node), button(t("Set the weights"), "set weights", set));
}

function measuredHere({ calls = 0, answered = 0, latency = {} }, about, t) {
  const counted = t("{answered} of {calls} calls answered", { answered: number(answered), calls: number(calls) });
  const caption = about.kind === "asynchronous" ? t("{counted}; the answer says queued, not predicted", { counted }) : counted;
  const rows = Object.entries(latency).map(([name, value]) => [name, t("{value} ms", { value: number(value, 1) })]);
  return table(caption, [t("Percentile"), t("Latency")], rows);
}

function measuredThere(cloud, t) {
  const value = (told, digits, unit) => (told === undefined ? "–" : `${number(told, digits)} ${unit}`.trim());
  const shown = [
    [t("Invocations, sum"), (one) => value(one.Invocations.Sum, 0, "")],
    [t("Invocation4XXErrors, sum"), (one) => value(one.Invocation4XXErrors.Sum, 0, "")],
    [t("Invocation5XXErrors, sum"), (one) => value(one.Invocation5XXErrors.Sum, 0, "")],
    [t("ModelLatency, average"), (one) => value(one.ModelLatency.Average, 1, "ms")],
    [t("ModelLatency, maximum"), (one) => value(one.ModelLatency.Maximum, 1, "ms")],
    [t("OverheadLatency, average"), (one) => value(one.OverheadLatency.Average, 1, "ms")],
    [t("OverheadLatency, maximum"), (one) => value(one.OverheadLatency.Maximum, 1, "ms")],
  ];
  const caption = t("Since the console was opened; CloudWatch is up to ten seconds later than the answers");
  const variants = Object.keys(cloud);
  const rows = shown.map(([name, of]) => [name, ...variants.map((variant) => of(cloud[variant]))]);
  return table(caption, [t("Metric"), ...variants], rows);
}

function errorTable(errors, { t }) {
  const rows = Object.entries(errors).map(([code, count]) => [code, number(count)]);
  return rows.length ? table(t("Errors and throttles by code"), [t("Code"), t("Calls")], rows) : null;
}

function eventList(events, speech) {
  const { t } = speech;
  if (!events.length) return h("p", { class: "sl-about" }, t("Nothing yet. Events get a number here and in the charts."));
  const items = events.map((event, i) =>
    h("li", { value: i + 1 }, t("{at} s: {what}", { at: number(event.at, 1), what: eventWords(event, speech) })),
  );
  return h("ol", { class: "sl-events", tabindex: "0", "aria-label": t("Events, the newest first") }, items.reverse());
}

function resultTable(results, t) {
  const states = { waiting: t("waiting"), answered: t("answered"), failed: t("failed") };
  const rows = results
    .slice(0, 12)
    .map((one) => [one.id, states[one.state], one.seconds === null ? "–" : number(one.seconds, 1), one.text, one.output]);
  if (!rows.length) return h("p", { class: "sl-about" }, t("No request was sent yet; answers appear here once they lie in S3."));
  const caption = t("The last requests; seconds until this console saw the answer in S3");
  return table(caption, [t("InferenceId"), t("State"), t("Seconds"), t("Answer"), t("OutputLocation")], rows);
}
export default { render };
