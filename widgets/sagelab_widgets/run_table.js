// The table of runs, the comparison of picked ones and the record of one.
import { h, unique } from "./base.js";
import { button } from "./live.js";
import { mark } from "./words.js";

const GROUPS = {
  run: mark("Run"),
  parameter: mark("Parameter"),
  metric: mark("Metric"),
  tag: mark("Tag"),
};
const BASE = {
  run: mark("Run"),
  status: mark("Status"),
  started: mark("Started"),
  seconds: mark("Seconds"),
  experiment: mark("Experiment"),
  source: mark("Tracked by"),
};

/** A column's name: our words for the columns of all runs, the tracker's for the rest. */
export const columnName = (column, t) => (column.group === "run" ? t(BASE[column.label] ?? column.label) : column.label);

/** The runs; heads sort, boxes pick, names open the record. */
export function runTable({ table, sort, descending, picked, selected }, { t, tn }, set, pick) {
  if (!table.count) return h("p", { class: "sl-about" }, t("There are no runs yet."));
  const sorted = (key) => (key !== sort ? undefined : descending ? "descending" : "ascending");
  const turn = (key) => {
    if (key === sort) set("descending", !descending);
    else set("sort", key);
  };
  const head = (column) => {
    const sign = sorted(column.key) ? (descending ? " ▼" : " ▲") : "";
    const press = button(columnName(column, t), `sort ${column.key}`, () => turn(column.key), "sl-sort");
    press.append(h("span", { "aria-hidden": "true" }, sign));
    const group = column.group === "run" ? null : h("span", { class: "sl-group" }, t(GROUPS[column.group]));
    return h("th", { scope: "col", "aria-sort": sorted(column.key) ?? "none" }, group, press);
  };
  const row = (run) => {
    const box = h("input", {
      type: "checkbox",
      checked: picked.includes(run.id),
      "data-key": `pick ${run.id}`,
      "aria-label": t("Compare {name}", { name: run.name }),
      onchange: () => pick(run.id),
    });
    const open = button(run.name, `open ${run.id}`, () => set("selected", selected === run.id ? "" : run.id), "sl-link-button");
    open.setAttribute("aria-expanded", String(selected === run.id));
    const cells = run.cells.map((cell, i) => {
      const title = cell.length > 40 ? cell : undefined;
      return h("td", { title, "data-head": columnName(table.heads[i], t) }, cell || "–");
    });
    return h("tr", { class: selected === run.id && "sl-now" }, h("td", {}, h("label", { class: "sl-box" }, box)), h("th", { scope: "row" }, open), cells);
  };
  const first = [{ key: "run", group: "run", label: "run" }];
  return h(
    "table",
    { class: "sl-runs" },
    h("caption", {}, tn(table.count, "{shown} of {count} run", "{shown} of {count} runs", { shown: table.shown })),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("Compare")), [...first, ...table.heads].map(head))),
    h("tbody", {}, table.rows.map(row)),
  );
}

/** Boxes that choose columns or axes, by group. */
export function chooser(names, chosen, list, { t }, toggle) {
  const groups = Map.groupBy(names.filter((column) => column.key !== "run"), (column) => column.group);
  return [...groups].map(([group, members]) =>
    h(
      "fieldset",
      { class: "sl-choose" },
      h("legend", {}, t(GROUPS[group])),
      members.map((column) => {
        const box = h("input", {
          type: "checkbox",
          checked: chosen.includes(column.key),
          "data-key": `${list} ${column.key}`,
          onchange: () => toggle(list, column.key),
        });
        return h("label", {}, box, columnName(column, t));
      }),
    ),
  );
}

/** The picked runs side by side; what differs stands first and strong. */
export function comparisonTable(compared, { t }, clear) {
  if (!compared.rows) return [];
  const heads = [t("What"), ...compared.names];
  const body = compared.rows.map((row) =>
    h(
      "tr",
      { class: row.differs && "sl-differs" },
      h("th", { scope: "row" }, h("span", { class: "sl-group" }, t(GROUPS[row.group])), row.group === "run" ? columnName(row, t) : row.label),
      row.cells.map((cell) => h("td", {}, cell || "–")),
    ),
  );
  const differing = compared.rows.filter((row) => row.differs).length;
  const caption = t("{differing} of {count} values differ; those stand first, in bold.", { differing, count: compared.rows.length });
  return [
    h("h4", { class: "sl-heading" }, t("Compared")),
    h("div", { class: "sl-scroll" }, h("table", { class: "sl-compared" }, h("caption", {}, caption), h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))), h("tbody", {}, body))),
    h("div", { class: "sl-bar" }, button(t("Compare none"), "clear", clear)),
  ];
}

const SECTIONS = {
  Run: mark("Run"), Job: mark("Job"), Script: mark("Script"), Versions: mark("Versions"), Data: mark("Data"),
  Environment: mark("Environment"), Outputs: mark("Outputs"), Parameters: mark("Parameters"),
  Metrics: mark("Metrics"), Tags: mark("Tags"),
};

/** Everything that was written down of a run, and what was not. */
export function recordView(record, { t }, close) {
  if (!record.id) return [];
  const id = unique("record");
  const list = (names) => names.map((name) => t(SECTIONS[name] ?? name)).join(", ");
  const missing = record.missing.length
    ? t("Not written down by its tracker, so not to be reproduced from here: {names}.", { names: list(record.missing) })
    : t("Script, data and versions are written down.");
  return h(
    "section",
    { class: "sl-record", "aria-labelledby": id },
    h("h4", { class: "sl-heading", id }, t("Record of {name}", { name: record.name })),
    h("p", {}, missing),
    record.sections.map((section) => [
      h("h5", { class: "sl-heading" }, t(SECTIONS[section.title] ?? section.title)),
      h("dl", {}, section.rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
    ]),
    button(t("Close"), "close", close),
  );
}
