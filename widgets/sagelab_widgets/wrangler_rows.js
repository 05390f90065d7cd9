// The rows after a node: a page of rows, as many columns as fit, and words about the sample.
import { h } from "./base.js";
import { fit, number } from "./chart.js";
import { mark } from "./words.js";

const [COLUMN, LEAST] = [100, 2];
const SIGNS = { number: mark("number"), text: mark("text"), date: mark("date"), boolean: mark("true or false") };

/** What is shown, in one sentence. */
export function pageWords(page, t, tn) {
  if (page.error) return page.error;
  const shape = tn(page.total, "{rows} row and {columns} columns", "{rows} rows and {columns} columns", {
    rows: number(page.total),
    columns: number(page.columns.length),
  });
  const sample = number(page.sample);
  return page.sampled
    ? t("Preview: {shape}, computed on the first {sample} rows of each table.", { shape, sample })
    : t("{shape}, computed on all rows.", { shape });
}

function cell(text, room, t) {
  if (text === null) return h("td", { class: "sl-nothing" }, t("missing"));
  const short = fit(text, room);
  return h("td", { title: short === text ? null : text }, short);
}

/** Draw the page; `state.first` is the first column shown, `turn(rows)` asks for another page of rows. */
export function drawRows(holder, page, state, width, turn, t) {
  const shown = Math.max(LEAST, Math.floor((width - 30) / COLUMN));
  const last = page.columns.length - 1;
  state.first = Math.min(state.first, Math.max(0, page.columns.length - shown));
  const end = Math.min(state.first + shown, page.columns.length);
  const columns = page.columns.slice(state.first, end);
  const room = (width - 56) / Math.max(columns.length, 1) - 14;
  const focused = document.activeElement?.dataset?.turn;
  const step = (name, label, on, act) =>
    h(
      "button",
      {
        type: "button",
        class: "sl-button sl-turn",
        "data-turn": name,
        "aria-disabled": String(!on),
        "aria-label": label,
        onclick: () => on && act(),
      },
      { up: "↑", down: "↓", left: "←", right: "→" }[name],
    );
  const move = (to) => {
    state.first = to;
    drawRows(holder, page, state, width, turn, t);
  };
  const size = Math.max(page.rows.length, 1);
  const table = h(
    "table",
    { class: "sl-rows" },
    h(
      "caption",
      {},
      t("Rows {first} to {last}, columns {from} to {to}", {
        first: number(page.rows.length ? page.start + 1 : 0),
        last: number(page.start + page.rows.length),
        from: columns.length ? state.first + 1 : 0,
        to: end,
      }),
    ),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, t("Row")),
        columns.map(([name, kind]) =>
          h(
            "th",
            { scope: "col", title: name },
            fit(name, room),
            h("span", { class: "sl-kind" }, t(SIGNS[kind] ?? kind)),
          ),
        ),
      ),
    ),
    h(
      "tbody",
      {},
      page.rows.map((row, i) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, number(page.start + i + 1)),
          row.slice(state.first, end).map((text) => cell(text, room, t)),
        ),
      ),
    ),
  );
  const turns = h(
    "div",
    { class: "sl-turns", role: "group", "aria-label": t("Move over the table") },
    step("up", t("Earlier rows"), page.start > 0, () => turn(Math.max(0, page.start - 10))),
    step("down", t("Later rows"), page.start + size < page.total, () => turn(page.start + 10)),
    step("left", t("Columns to the left"), state.first > 0, () => move(Math.max(0, state.first - shown))),
    step("right", t("Columns to the right"), end <= last, () => move(state.first + shown)),
  );
  holder.replaceChildren(...(page.error ? [] : [turns, table]));
  if (focused) holder.querySelector(`[data-turn="${focused}"]`)?.focus();
}
