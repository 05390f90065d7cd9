// Every model of the account in a row, those in need of attention first. Every rule is in Python.
import { frame, h, unique, watch } from "./base.js";
import { control } from "./chart.js";
import { button, keepFocus, live, memo } from "./live.js";
import { modelDetail } from "./model_detail.js";
import { mark, translator } from "./words.js";

const VIEWS = {
  all: mark("All models ({count})"),
  attention: mark("Needs attention ({count})"),
  deployed: mark("Deployed ({count})"),
  unmonitored: mark("Without a monitor ({count})"),
};
const RISKS = { "": mark("Any"), High: mark("High"), Medium: mark("Medium"), Low: mark("Low"), Unknown: mark("Unknown") };
const STATES = { None: mark("None"), Inactive: mark("Inactive"), OK: mark("OK") };
const HEADS = [mark("Model"), mark("Risk"), mark("Needs attention"), mark("Data quality"), mark("Model quality"), mark("Bias drift"), mark("Feature attribution drift"), mark("Endpoints"), mark("Batch transform"), mark("Card")];
const ABOUT = [
  mark("AWS has no API for its dashboard: like the console, this page reads the lists of models, endpoints, monitoring schedules, alerts, transform jobs and model cards."),
  mark("The risk is what somebody wrote into the model card. A monitor says None without a schedule, Inactive when it is stopped, OK, or the time of its alert."),
  mark("What needs attention, and why, is judged by rules of this course, not of AWS. The graph that the console draws of lineage is told in sentences here."),
];

function render({ model, el }) {
  const speech = translator(model);
  const { t, tn } = speech;
  const root = frame("models", t("Model dashboard"));
  const watcher = live(model, root, t, () => model.get("moving"));
  const { ask } = watcher;
  const view = () => ask({ do: "view", show: show.value, risk: risk.value, search: search.value });
  const show = h("select", { id: unique("show"), onchange: view });
  const risk = h("select", { id: unique("risk"), onchange: view }, Object.entries(RISKS).map(([value, label]) => h("option", { value }, t(label))));
  const search = h("input", { type: "text", id: unique("search"), maxlength: 200, autocomplete: "off", oninput: view });
  const count = h("p", { class: "sl-headline" });
  const note = h("p", { class: "sl-note" });
  const [models, detail] = [h("div", { class: "sl-scroll" }), h("div")];
  const drawShow = memo(show, (counts) => Object.entries(VIEWS).map(([value, label]) => h("option", { value }, t(label, { count: counts[value] ?? 0 }))));
  const drawModels = memo(models, ({ rows, opened }) => modelTable(rows, opened, speech, ask));
  const drawDetail = memo(detail, (now) => modelDetail(now, speech, ask));

  function draw() {
    keepFocus(root, () => {
      const counts = model.get("counts");
      drawShow(counts);
      [show.value, risk.value] = [model.get("show"), model.get("risk")];
      if (root.getRootNode().activeElement !== search) search.value = model.get("search");
      const needy = counts.attention ?? 0;
      count.textContent = needy
        ? tn(needy, "{count} of {all} models needs attention.", "{count} of {all} models need attention.", { all: counts.all })
        : tn(counts.all ?? 0, "{count} model, and nothing needs attention.", "{count} models, and nothing needs attention.");
      note.textContent = model.get("note");
      drawModels({ rows: model.get("rows"), opened: model.get("opened") });
      drawDetail(model.get("detail"));
    });
  }

  /** After closing, the focus goes back to the row. */
  let before = model.get("opened");
  function lead() {
    const now = model.get("opened");
    const active = root.getRootNode().activeElement;
    if (!now && before && (!active || active === document.body)) {
      [...root.querySelectorAll("[data-key]")].find((node) => node.dataset.key === `open ${before}`)?.focus();
    }
    before = now;
  }

  root.append(
    h("h3", { class: "sl-title" }, t("Models of this account")),
    h("div", { role: "status" }, count, note, watcher.line),
    h("div", { class: "sl-bar" }, control(t("Show"), show), control(t("Risk rating"), risk), control(t("Search"), search), button(t("Look again"), "again", () => ask({ do: "look" }))),
    models,
    detail,
    h("details", {}, h("summary", {}, t("Where this comes from")), ABOUT.map((text) => h("p", { class: "sl-about" }, t(text)))),
  );
  el.append(root);
  draw();
  const stops = [
    watch(model, ["rows", "counts", "show", "risk", "search", "opened", "detail", "note"], draw),
    watch(model, ["opened"], lead),
    watcher.stop,
  ];
  return () => stops.forEach((stop) => stop());
}

function modelTable(rows, opened, { t }, ask) {
  if (!rows.length) return h("p", { class: "sl-about" }, t("No model is shown."));
  return h(
    "table",
    { class: "sl-model-rows" },
    h("caption", {}, t("Times are those of the alerts, in UTC.")),
    h("thead", {}, h("tr", {}, HEADS.map((head) => h("th", { scope: "col" }, t(head))))),
    h("tbody", {}, rows.map((row) => modelRow(row, opened, t, ask))),
  );
}

function modelRow(row, opened, t, ask) {
  const open = button(row.model, `open ${row.model}`, () => ask({ do: "open", model: opened === row.model ? "" : row.model }), "sl-link-button");
  open.setAttribute("aria-expanded", String(opened === row.model));
  const cell = (head, words, kind) => h("td", { "data-head": t(head), class: kind || undefined }, words.length === 0 ? "–" : words);
  const job = row.transform;
  return h(
    "tr",
    { class: opened === row.model && "sl-now" },
    h("th", { scope: "row" }, open),
    cell(HEADS[1], t(RISKS[row.risk] ?? row.risk), row.risk === "High" && "sl-alert"),
    cell(HEADS[2], row.attention.length ? h("ul", {}, row.attention.map((why) => h("li", {}, why))) : t("Nothing")),
    row.monitors.map((one, i) => cell(HEADS[3 + i], one.alert ? t("Alert {time}", { time: one.status }) : t(STATES[one.status] ?? one.status), one.alert && "sl-alert")),
    cell(HEADS[7], row.endpoints.map((one) => h("div", {}, `${one.name}: ${one.status}`))),
    cell(HEADS[8], job ? t("{name}: {status}, {time}", { name: job.name, status: job.status, time: job.at }) : ""),
    cell(HEADS[9], row.card),
  );
}

export default { render };
