// Runs as a table that filters, sorts and compares, and as two charts. Every rule is in Python.
import { frame, h, unique, watch } from "./base.js";
import { control, drawToWidth } from "./chart.js";
import { shades, watchTheme } from "./dots.js";
import { button, keepFocus, live, memo } from "./live.js";
import { parallel, ramp, scatter } from "./run_charts.js";
import { chooser, columnName, comparisonTable, recordView, runTable } from "./run_table.js";
import { mark, translator } from "./words.js";

const STATE = ["names", "filter", "sort", "descending", "columns", "axes", "ranges", "color", "across", "up", "picked",
  "selected", "table", "chart", "compared", "record", "note"];

function render({ model, el }) {
  const speech = translator(model);
  const { t } = speech;
  const root = frame("experiments", t("Experiments table"));
  const watcher = live(model, root, t, () => model.get("moving"));
  const { ask } = watcher;
  const set = (name, value) => ask({ do: "set", name, value });
  const toggle = (name, key) => ask({ do: "toggle", name, key });
  const get = (names) => Object.fromEntries(names.map((name) => [name, model.get(name)]));

  const filter = h("input", {
    type: "text", class: "sl-filter", id: unique("filter"), maxlength: 500, autocomplete: "off", spellcheck: "false",
    oninput: () => set("filter", filter.value),
  });
  const help = h("p", { class: "sl-about", id: unique("help") }, t("Words, and comparisons of a column with a value: auc > 0.77 status = Completed. All of them must hold."));
  filter.setAttribute("aria-describedby", help.id);
  const note = h("p", { class: "sl-note" });
  const count = h("p", { class: "sl-count-line" });
  const [runs, columns, compared, record, axes, ranges, legend] = ["sl-scroll", "sl-chooser", "", "", "sl-chooser", "sl-ranges", "sl-about"].map((kind) => h("div", { class: kind || undefined }));
  const [lines, dots] = [h("div", { class: "sl-chart" }), h("div", { class: "sl-chart" })];
  const pickers = Object.fromEntries(
    ["color", "across", "up"].map((name) => {
      const node = h("select", { id: unique(name), "data-key": name, onchange: () => set(name, node.value) });
      return [name, node];
    }),
  );

  const drawRuns = memo(runs, (state) => runTable(state, speech, set, (run) => ask({ do: "pick", run })));
  const drawColumns = memo(columns, (state) => chooser(state.names, state.columns, "columns", speech, toggle));
  const drawAxes = memo(axes, (state) => chooser(state.names, state.axes, "axes", speech, toggle));
  const drawCompared = memo(compared, (state) => comparisonTable(state, speech, () => set("picked", [])));
  const drawRecord = memo(record, (state) => recordView(state, speech, () => set("selected", "")));
  const drawRanges = memo(ranges, (scales) => scales.map((axis) => rangeOf(axis, model, t, set)));
  const drawPickers = memo(h("div"), (names) => {
    for (const [name, node] of Object.entries(pickers)) {
      const fitting = names.filter((column) => (name === "color" ? column.group === "metric" : column.group !== "tag"));
      node.replaceChildren(...fitting.map((column) => h("option", { value: column.key }, columnName(column, t))));
    }
  });
  const choose = (id) => set("selected", id);

  function drawCharts() {
    const [chart, selected] = [model.get("chart"), model.get("selected")];
    if (!chart.lines || !root.clientWidth) return; // not on the page yet: no colors to read
    const paint = shades(root, "--sl-shades");
    const fill = (node, draw) => node.clientWidth && node.replaceChildren(draw(chart, selected, paint, node.clientWidth, t, choose));
    if (chart.axes.length > 1) fill(lines, parallel);
    else lines.replaceChildren(h("p", { class: "sl-about" }, t("Choose at least two axes.")));
    fill(dots, scatter);
    legend.replaceChildren(...[ramp(chart.color, t)].flat());
  }

  function draw() {
    keepFocus(root, () => {
      if (root.getRootNode().activeElement !== filter) filter.value = model.get("filter");
      note.textContent = model.get("note");
      filter.setAttribute("aria-invalid", String(Boolean(model.get("note"))));
      const { shown, count: all } = model.get("table");
      count.textContent = t("{shown} of {count} runs are shown.", { shown: shown ?? 0, count: all ?? 0 });
      drawRuns(get(["table", "sort", "descending", "picked", "selected"]));
      drawColumns(get(["names", "columns"]));
      drawAxes(get(["names", "axes"]));
      drawCompared(model.get("compared"));
      drawRecord(model.get("record"));
      drawRanges(model.get("chart").axes ?? []);
      syncRanges(ranges, model);
      drawPickers(model.get("names"));
      for (const [name, node] of Object.entries(pickers)) node.value = model.get(name);
      drawCharts();
    });
  }

  root.append(
    h("h3", { class: "sl-title" }, t("Runs")),
    control(t("Filter"), filter),
    help,
    h("div", { role: "status" }, count, note, watcher.line),
    h("div", { class: "sl-bar" }, h("details", {}, h("summary", {}, t("Choose columns")), columns), button(t("Look again"), "again", () => ask({ do: "refresh" }))),
    runs,
    record,
    compared,
    h("h4", { class: "sl-heading" }, t("Parallel coordinates")),
    h("div", { class: "sl-bar" }, control(t("Color by"), pickers.color), legend),
    lines,
    h("details", { open: true }, h("summary", {}, t("Ranges: only runs inside every range are shown")), ranges),
    h("details", {}, h("summary", {}, t("Choose axes")), axes),
    h("h4", { class: "sl-heading" }, t("One column against another")),
    h("div", { class: "sl-bar" }, control(t("Across"), pickers.across), control(t("Up"), pickers.up)),
    dots,
  );
  el.append(root);
  draw();
  const stops = [watch(model, STATE, draw), drawToWidth(lines, drawCharts), drawToWidth(dots, drawCharts), watchTheme(drawCharts), watcher.stop];
  return () => stops.forEach((stop) => stop());
}

/** Two sliders over the stops of an axis, so that both ends of its range move by keys. */
function rangeOf(axis, model, t, set) {
  const last = axis.stops.length - 1;
  const slider = (end, label) => {
    const node = h("input", {
      type: "range", min: 0, max: last, step: 1, "data-key": `${end} ${axis.key}`, "data-axis": axis.key, "data-end": end,
      "aria-label": t(label, { name: axis.label }), disabled: last < 1,
      oninput: () => {
        const [from, to] = model.get("ranges")[axis.key] ?? [0, last];
        const at = Number(node.value);
        const range = end === "from" ? [at, Math.max(at, to)] : [Math.min(from, at), at];
        set("ranges", { ...model.get("ranges"), [axis.key]: range });
      },
    });
    return node;
  };
  return h(
    "fieldset",
    { class: "sl-range", "data-stops": JSON.stringify(axis.stops.map((stop) => stop.text)) },
    h("legend", {}, axis.label),
    slider("from", mark("{name}, lowest")),
    slider("to", mark("{name}, highest")),
    h("span", { class: "sl-group" }),
  );
}

function syncRanges(node, model) {
  for (const field of node.children) {
    const texts = JSON.parse(field.dataset.stops);
    const [from, to] = [...field.querySelectorAll("input")];
    const [low, high] = (model.get("ranges")[from.dataset.axis] ?? [0, texts.length - 1]).map((at) => Math.min(at, texts.length - 1));
    [from.value, to.value] = [low, high];
    from.setAttribute("aria-valuetext", texts[low] ?? "");
    to.setAttribute("aria-valuetext", texts[high] ?? "");
    field.lastChild.textContent = `${texts[low] ?? ""} – ${texts[high] ?? ""}`;
  }
}
export default { render };
