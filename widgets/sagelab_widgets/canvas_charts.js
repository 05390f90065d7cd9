// Canvas's small pictures: a column's distribution, bars of shares, and who was taken for whom.
import { h, svg } from "./base.js";
import { number, percent, picture } from "./chart.js";

const [WIDTH, HEIGHT, GAP] = [84, 26, 2];
const MOST_LABELS = 12;

/** A column's distribution as a row of bars; its tallest bar is said in words. */
export function spread(column, t) {
  const bars = column.bars;
  if (!bars.length) return h("span", { class: "sl-canvas-none" }, t("not drawn"));
  const tallest = Math.max(...bars.map(([, count]) => count));
  const [value, count] = bars.find((bar) => bar[1] === tallest);
  const step = WIDTH / Math.max(bars.length, 6);
  return picture(
    t("Most rows: {value} ({count} of {rows})", { value, count: number(count, 0), rows: number(column.rows, 0) }),
    WIDTH,
    HEIGHT,
    bars.map(([, rows], i) => {
      const height = Math.max((rows / tallest) * (HEIGHT - 1), rows ? 1 : 0);
      const at = { x: i * step, y: HEIGHT - 1 - height, width: step - GAP, height };
      return svg("rect", { ...at, class: "sl-canvas-bar" });
    }),
    svg("line", { x1: 0, x2: WIDTH, y1: HEIGHT - 0.5, y2: HEIGHT - 0.5, class: "sl-axis" }),
  );
}

/** Names with bars and shares; the longest bar fills its place. */
export function shares(label, items) {
  const most = Math.max(...items.map(([, share]) => share), 1e-9);
  return h(
    "ul",
    { class: "sl-canvas-shares", "aria-label": label },
    items.map(([name, share]) =>
      h(
        "li",
        {},
        h("span", { class: "sl-canvas-name" }, name),
        h(
          "span",
          { class: "sl-canvas-track", "aria-hidden": "true" },
          h("span", { class: "sl-canvas-fill", style: `width: ${(100 * share) / most}%` }),
        ),
        h("span", { class: "sl-canvas-share" }, percent(share)),
      ),
    ),
  );
}

/** A table whose lines become cards where it is narrow; a cell is a text, a node or [text, class]. */
export function cards(caption, heads, rows, kind = "") {
  const cell = (given, i) => {
    const [content, name] = Array.isArray(given) ? given : [given];
    const about = { "data-head": heads[i + 1], class: name };
    return h("td", { role: "cell", ...about }, h("span", {}, content));
  };
  return h(
    "table",
    { role: "table", class: `sl-canvas-cards ${kind}` },
    h("caption", {}, caption),
    h(
      "thead",
      { role: "rowgroup" },
      h(
        "tr",
        { role: "row" },
        heads.map((head) => h("th", { scope: "col", role: "columnheader" }, head)),
      ),
    ),
    h(
      "tbody",
      { role: "rowgroup" },
      rows.map(([first, ...rest]) =>
        h("tr", { role: "row" }, h("th", { scope: "row", role: "rowheader" }, first), rest.map(cell)),
      ),
    ),
  );
}

/** Held-out rows by true category (lines) and predicted category (columns); nothing for too many categories. */
export function confusion({ labels, confusion: counts }, target, t) {
  if (!labels.length || labels.length > MOST_LABELS) return null;
  return cards(
    t("Held-out rows by their {target} and what the model predicted", { target }),
    [t("really"), ...labels.map((label) => t("predicted {label}", { label })), t("found")],
    labels.map((label, i) => {
      const all = counts[i].reduce((sum, count) => sum + count, 0);
      const found = all ? percent(counts[i][i] / all) : "–";
      return [label, ...counts[i].map((count, j) => [number(count, 0), i === j ? "sl-canvas-hit" : ""]), found];
    }),
    "sl-canvas-confusion",
  );
}
