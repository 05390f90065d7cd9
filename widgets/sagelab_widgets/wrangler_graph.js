// The flow as a graph: one row a node, the lines between them drawn beside the rows.
import { h, svg } from "./base.js";
import { fit } from "./chart.js";

const [ROW, LANE, LEFT] = [46, 22, 16];

/** The lane of each node: a step stays below its first input, a branch and a new source take a lane of their own. */
export function lanes(nodes) {
  const lane = {};
  const taken = new Set();
  let next = 0;
  for (const node of nodes) {
    const first = node.inputs[0];
    if (first !== undefined && !taken.has(first)) {
      lane[node.id] = lane[first];
      taken.add(first);
    } else {
      lane[node.id] = next;
    }
    next = Math.max(next, lane[node.id] + 1);
  }
  return lane;
}

function edge(from, to) {
  if (from.x === to.x) return `M ${from.x} ${from.y} V ${to.y}`;
  const bend = to.y - ROW / 2;
  return `M ${from.x} ${from.y} V ${bend - 8} C ${from.x} ${bend + 6}, ${to.x} ${bend - 6}, ${to.x} ${to.y}`;
}

function picture(nodes, chosen) {
  const lane = lanes(nodes);
  const width = LEFT * 2 + LANE * Math.max(0, ...Object.values(lane));
  const at = Object.fromEntries(
    nodes.map((node, i) => [node.id, { x: LEFT + LANE * lane[node.id], y: ROW * (i + 0.5) }]),
  );
  const lines = nodes.flatMap((node) =>
    node.inputs.map((input) => svg("path", { class: "sl-edge", d: edge(at[input], at[node.id]) })),
  );
  const dots = nodes.map((node) => {
    const { x, y } = at[node.id];
    const kind = node.error ? "sl-dot-error" : node.id === chosen ? "sl-dot-now" : "sl-dot";
    return node.source
      ? svg("rect", { class: kind, x: x - 6, y: y - 6, width: 12, height: 12, rx: 2 })
      : svg("circle", { class: kind, cx: x, cy: y, r: 6 });
  });
  const height = ROW * nodes.length;
  return svg(
    "svg",
    { class: "sl-lines", width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    lines,
    dots,
  );
}

/** The words of a node for a screen reader: where its table comes from, and whether it works. */
function spoken(node, nodes, t) {
  const titles = node.inputs.map((input) => nodes.find((other) => other.id === input)?.title ?? input);
  const from = titles.length ? t("after {titles}", { titles: titles.join(", ") }) : t("a table that comes in");
  const state = node.error ? (node.own ? t("does not work") : t("waits for a step before it")) : "";
  return [node.title, from, node.detail, state].filter(Boolean).join(", ");
}

/** Draw the graph into a list; `choose(id)` is called for a click, Enter, or an arrow key. */
export function drawGraph(holder, nodes, chosen, choose, t) {
  const focused = holder.contains(document.activeElement);
  const lines = picture(nodes, chosen);
  const room = holder.clientWidth - Number(lines.getAttribute("width")) - 26;
  const words = (text, size) => (room > 0 ? fit(text, (room * 12) / size) : "");
  const rows = nodes.map((node, i) =>
    h(
      "li",
      {},
      h(
        "button",
        {
          type: "button",
          class: "sl-node",
          "data-node": node.id,
          "aria-label": spoken(node, nodes, t),
          "aria-current": node.id === chosen ? "step" : null,
          tabindex: node.id === chosen ? 0 : -1,
          onclick: () => choose(node.id),
          onkeydown: (event) => {
            const to = { ArrowDown: i + 1, ArrowUp: i - 1, Home: 0, End: nodes.length - 1 }[event.key];
            if (to === undefined || !nodes[to]) return;
            event.preventDefault();
            choose(nodes[to].id);
          },
        },
        h("span", { class: "sl-node-title", title: node.title }, words(node.title, 14.5)),
        h(
          "span",
          { class: "sl-node-detail", "data-state": node.error ? "error" : null },
          words(
            node.error ? (node.own ? t("✗ does not work") : t("… waits for a step before it")) : node.detail,
            12,
          ),
        ),
      ),
    ),
  );
  holder.replaceChildren(lines, h("ol", { class: "sl-nodes" }, rows));
  if (focused) focusNode(holder, chosen);
}

export function focusNode(holder, id) {
  [...holder.querySelectorAll("button")].find((button) => button.dataset.node === id)?.focus();
}
