// One model opened: what needs attention, its monitors, endpoints, batch job, card and lineage.
import { h, unique } from "./base.js";
import { table } from "./chart.js";
import { button } from "./live.js";

const heading = (text) => h("h5", { class: "sl-heading" }, text);
const none = (text) => h("p", { class: "sl-about" }, text);
const scroll = (...nodes) => h("div", { class: "sl-scroll" }, nodes);

/** Everything about one model. */
export function modelDetail(detail, speech, ask) {
  if (!detail.model) return [];
  const { t } = speech;
  const id = unique("model");
  const said = (one) => t(one.text, one.values);
  return h(
    "section",
    { class: "sl-opened", "aria-labelledby": id },
    h("h4", { class: "sl-heading", id }, t("Model {name}", { name: detail.model })),
    h("p", {}, t("Made at {time} UTC.", { time: detail.made })),
    detail.containers.map((one) => h("p", { class: "sl-about" }, t("Image {image}, archive {data}", { image: one.image || "–", data: one.data || "–" }))),
    heading(t("Needs attention")),
    detail.attention.length ? h("ul", {}, detail.attention.map((why) => h("li", {}, why))) : none(t("Nothing.")),
    heading(t("Monitors")),
    detail.monitors.length ? detail.monitors.map((one) => monitor(one, t, said)) : none(t("No schedule watches an endpoint of this model.")),
    heading(t("Endpoints")),
    detail.endpoints.length ? detail.endpoints.map((one) => endpoint(one, t)) : none(t("It is not deployed.")),
    heading(t("Batch transform")),
    detail.transform.name ? batch(detail.transform, t) : none(t("No job has used it.")),
    heading(t("Model card")),
    detail.card.name ? card(detail.card, t, ask) : none(t("It has no card. A card names the model by its name or ARN.")),
    heading(t("Lineage, from what came of it to what it was made of")),
    detail.lineage.length ? h("ol", {}, detail.lineage.map((one) => h("li", {}, said(one)))) : none(t("SageMaker has recorded no lineage of it.")),
    button(t("Close"), "close", () => ask({ do: "open", model: "" })),
  );
}

function monitor(one, t, said) {
  const rules = one.alerts.map((alert) => h("p", {}, said(alert.rule), " ", t("Now: {status}.", { status: alert.status })));
  const runs = one.executions.map((run) => [run.at, run.status, run.reason || "–"]);
  const history = one.history.map((entry) => [entry.at, entry.status]);
  return h(
    "div",
    { class: "sl-monitor" },
    h("p", {}, h("b", {}, one.kind), " ", t("Schedule {name} on endpoint {endpoint}: {status}.", { name: one.schedule, endpoint: one.endpoint, status: one.status })),
    rules,
    scroll(
      runs.length ? table(t("Last executions"), [t("Scheduled"), t("Status"), t("Reason")], runs) : none(t("It has not run yet.")),
      history.length ? table(t("Alert history"), [t("Time"), t("Status")], history) : none(t("No alert has been raised.")),
    ),
  );
}

function endpoint(one, t) {
  const used = one.metrics.map((m) => [`${m.metric} (${m.variant})`, m.value, m.at]);
  return h(
    "div",
    {},
    h("p", {}, t("{name}: {status}.", { name: one.name, status: one.status }), one.reason ? ` ${one.reason}` : null),
    used.length ? scroll(table(t("Newest values in CloudWatch"), [t("Metric"), t("Value"), t("Time")], used)) : none(t("CloudWatch has no instance metrics of it in the last three hours.")),
  );
}

function batch(job, t) {
  return h("p", {}, t("{name}: {status}, begun at {time}; output in {uri}.", { name: job.name, status: job.status, time: job.at, uri: job.output }), job.reason ? ` ${job.reason}` : null);
}

function card(one, t, ask) {
  const exports = one.exports.map((job) => {
    const words = t("{name}, version {version}: {status}", { name: job.name, version: job.version, status: job.status });
    const safe = /^https?:\/\//.test(job.link);
    const link = safe ? h("a", { href: job.link, target: "_blank", rel: "noopener noreferrer", "data-key": `link ${job.name}` }, t("Open the document")) : null;
    return h("li", {}, words, job.reason ? ` ${job.reason}` : null, job.uri ? [" ", h("code", {}, job.uri), " "] : null, link);
  });
  return h(
    "div",
    {},
    h("p", {}, t("{name}, version {version}: {status}.", { name: one.name, version: one.version, status: one.status })),
    exports.length ? h("ul", {}, exports) : null,
    button(t("Export the card"), "export", () => ask({ do: "export" })),
  );
}
