// Data Wrangler: the flow as a graph beside what the chosen node gives: rows, a next step, report, model, exports.
import { frame, h, unique, watch } from "./base.js";
import { drawToWidth } from "./chart.js";
import { button, enable, live } from "./live.js";
import { mark, translator } from "./words.js";
import { drawExport, jobWords } from "./wrangler_export.js";
import { buildForm } from "./wrangler_form.js";
import { drawGraph, focusNode } from "./wrangler_graph.js";
import { sourceBox, tabButtons } from "./wrangler_parts.js";
import { drawModel, drawReport } from "./wrangler_report.js";
import { drawRows, pageWords } from "./wrangler_rows.js";

const TABS = [
  ["rows", mark("Rows")],
  ["step", mark("Add a step")],
  ["report", mark("Quality report")],
  ["model", mark("Quick model")],
  ["export", mark("Export")],
];
const DONE = {
  add: mark("Step added."),
  edit: mark("Step changed."),
  remove: mark("Step deleted. Undo brings it back."),
  trust: mark("The code runs now."),
  undo: mark("Undone."),
  redo: mark("Done again."),
  import: mark("Table imported: add steps to it, or join it to another one."),
  open: mark("Flow opened."),
  report: mark("The report is ready."),
  quick: mark("The quick model is ready."),
  save: mark("Saved:"),
  run: mark("The job was started."),
};
const TRAITS = ["nodes", "page", "report", "model", "export", "job", "undoable", "target"];

class View {
  constructor(model, el) {
    this.model = model;
    Object.assign(this, translator(model));
    [this.tab, this.number, this.columns, this.editing, this.draft] = ["rows", 0, { first: 0 }, null, null];
    this.build();
    el.append(this.root);
    this.link = live(model, this.root, this.t, () => ["InProgress", "Stopping"].includes(model.get("job").status));
    this.status.after(this.link.line);
    this.stops = [
      watch(model, TRAITS, () => this.soon()),
      watch(model, ["answered"], () => this.answered()),
      drawToWidth(this.panel, (width) => ((this.width = width), this.drawFlow(), this.drawPanel())),
      () => this.link.stop(),
    ];
    this.draw();
  }

  get page() {
    return this.model.get("page");
  }
  get nodes() {
    return this.model.get("nodes");
  }
  get chosen() {
    return this.nodes.find((node) => node.id === this.page.node) ?? this.nodes.at(-1);
  }

  /** Ask the kernel; what it answers is said in the status line. */
  send(message, then = null) {
    this.number += 1;
    this.asked = { n: this.number, do: message.do, then };
    if (message.do !== "choose") this.status.textContent = this.t("Working …");
    this.link.ask({ ...message, n: this.number });
  }

  answered() {
    const { n, good } = this.model.get("answered");
    if (n !== this.asked?.n) return;
    const done = DONE[this.asked.do];
    const note = this.model.get("note");
    const words = good ? [done ? this.t(done) : "", note].filter(Boolean).join(" ") : note;
    this.status.textContent = words;
    this.status.dataset.good = good;
    const { then } = this.asked;
    this.asked = null;
    this.draw();
    if (good && then) then();
  }

  /** Several traits change at once: draw after the last of them. */
  soon() {
    if (this.waiting) return;
    this.waiting = true;
    queueMicrotask(() => {
      this.waiting = false;
      this.draw();
    });
  }

  build() {
    const { t } = this;
    this.root = frame("wrangler", t("Data Wrangler: {title}", { title: this.model.get("title") }));
    this.undo = button(t("Undo"), "undo", () => this.send({ do: "undo" }));
    this.redo = button(t("Redo"), "redo", () => this.send({ do: "redo" }));
    this.status = h("p", { class: "sl-note", role: "status" });
    this.graph = h("div", { class: "sl-graph" });
    this.about = h("div", { class: "sl-chosen" });
    this.panel = h("div", { class: "sl-panel", role: "tabpanel", id: unique("panel"), tabindex: -1 });
    this.editButton = button(t("Edit step"), "edit", () => this.edit());
    this.deleteButton = button(t("Delete step"), "delete", () => {
      this.send({ do: "remove", step: this.chosen.id }, () => focusNode(this.graph, this.page.node));
    });
    this.trustButton = button(t("I have read the code: let it run"), "trust", () => {
      this.send({ do: "trust", step: this.chosen.id }, () => focusNode(this.graph, this.page.node));
    });
    this.tabs = tabButtons(TABS, this.panel.id, (name) => this.open(name), t);
    this.root.append(
      h(
        "div",
        { class: "sl-head" },
        h("p", { class: "sl-title" }, this.model.get("title")),
        h("div", { class: "sl-tools" }, this.undo, this.redo),
      ),
      sourceBox({
        hasLab: this.model.get("has_lab"),
        send: (message, then) => this.send(message, then),
        done: () => focusNode(this.graph, this.page.node),
        t,
      }),
      this.status,
      h(
        "div",
        { class: "sl-body" },
        h("nav", { class: "sl-flow", "aria-label": t("Flow") }, this.graph),
        h(
          "div",
          { class: "sl-side" },
          this.about,
          h("div", { class: "sl-actions" }, this.editButton, this.deleteButton, this.trustButton),
          h("div", { class: "sl-tabs", role: "tablist", "aria-label": t("What the node gives") }, this.tabs),
          this.panel,
        ),
      ),
    );
  }

  open(name) {
    this.keepDraft();
    this.editing = null;
    this.tab = name;
    this.drawTabs();
    this.drawPanel();
  }

  edit() {
    this.keepDraft();
    if (this.draft?.step) this.draft = null; // what was cancelled stays cancelled
    this.form = null;
    this.editing = this.chosen.id;
    this.tab = "step";
    this.drawTabs();
    this.drawPanel();
    this.panel.querySelector("input, textarea, select:not(:disabled)")?.focus();
  }

  choose(id) {
    if (id === this.page.node) return;
    this.keepDraft();
    this.editing = null;
    this.send({ do: "choose", node: id });
  }

  /** What is typed into the form survives a drawing. */
  keepDraft() {
    if (this.form) this.draft = { ...this.form.draft(), step: this.form.step };
  }

  draw() {
    const { chosen, t } = this;
    const [undoable, redoable] = this.model.get("undoable");
    enable(this.undo, undoable);
    enable(this.redo, redoable);
    this.drawFlow();
    this.editButton.hidden = this.deleteButton.hidden = chosen.source;
    this.trustButton.hidden = chosen.trusted;
    const words = chosen.fitted ? t("It learns from the data; what it has learned can be used on new data.") : "";
    this.about.replaceChildren(
      h("h3", {}, chosen.title),
      chosen.trusted ? "" : h("pre", { class: "sl-code", tabindex: 0 }, String(chosen.parameters.code ?? "")),
      h("p", { class: "sl-about" }, pageWords(this.page, t, this.tn)),
      words ? h("p", { class: "sl-about" }, words) : "",
    );
    this.about.querySelector(".sl-about").dataset.state = this.page.error ? "error" : "";
    this.drawTabs();
    this.drawPanel();
  }

  drawFlow() {
    drawGraph(this.graph, this.nodes, this.chosen.id, (id) => this.choose(id), this.t);
  }

  drawTabs() {
    this.tabs.forEach((tab, i) => {
      const on = TABS[i][0] === this.tab;
      tab.setAttribute("aria-selected", on);
      tab.tabIndex = on ? 0 : -1;
      if (on) this.panel.setAttribute("aria-labelledby", tab.id);
      if (TABS[i][0] === "step") tab.textContent = this.editing ? this.t("Edit") : this.t("Add a step");
    });
  }

  drawPanel() {
    if (!this.width) return;
    const state = JSON.stringify([this.tab, this.editing, this.page, this.nodes]);
    if (this.tab === "step" && state === this.drawn) return; // neither a job nor a new width empties a form
    this.drawn = state;
    this[`draw_${this.tab}`]();
  }

  draw_rows() {
    this.form = null;
    const turn = (start) => this.send({ do: "choose", node: this.page.node, start });
    drawRows(this.panel, this.page, this.columns, this.width, turn, this.t);
  }

  draw_step() {
    this.keepDraft();
    const step = this.editing ? this.chosen : null;
    const kept = this.draft?.step === (step?.id ?? null) ? this.draft : null;
    const done = () => {
      this.draft = this.editing = this.form = null;
      this.open("rows");
      focusNode(this.graph, this.page.node);
    };
    this.form = buildForm({
      catalogue: this.model.get("catalogue"),
      nodes: this.nodes,
      page: this.page,
      step,
      draft: kept,
      t: this.t,
      send: (message) => this.send(message, done),
      cancel: () => (this.open("rows"), this.editButton.focus()),
    });
    this.panel.replaceChildren(this.form.node);
  }

  titleOf(id) {
    return this.nodes.find((node) => node.id === id)?.title ?? id ?? "";
  }

  /** What report and model share: the chosen node's columns, the target, and how to ask. */
  found(message, result) {
    return {
      columns: this.page.columns,
      target: this.model.get("target"),
      title: this.titleOf(result.node),
      width: this.width,
      ask: (target) =>
        this.send({ do: message, node: this.page.node, target }, () => this.panel.querySelector("button")?.focus()),
      t: this.t,
      tn: this.tn,
    };
  }

  draw_report() {
    this.form = null;
    const report = this.model.get("report");
    drawReport(this.panel, { report, ...this.found("report", report) });
  }

  draw_model() {
    this.form = null;
    const model = this.model.get("model");
    drawModel(this.panel, { model, ...this.found("quick", model) });
  }

  draw_export() {
    this.form = null;
    const job = this.model.get("job");
    const said = jobWords(job, this.t);
    if (said && said !== this.said && !this.asked) this.status.textContent = said;
    this.said = said;
    drawExport(this.panel, {
      shown: this.model.get("export"),
      job,
      hasLab: this.model.get("has_lab"),
      send: (message) => this.send(message),
      t: this.t,
    });
  }
}

function render({ model, el }) {
  const view = new View(model, el);
  return () => view.stops.forEach((stop) => stop());
}
export default { render };
