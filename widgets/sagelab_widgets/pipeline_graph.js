// A pipeline's graph: edges as curves below, steps as buttons above them, each with its state in a sign and a word.
import { h, svg, unique } from "./base.js";
import { words } from "./chart.js";
import { mark } from "./words.js";

const [NODE, LAYER, GAP] = [66, 112, 18]; // heights of a step and of a layer, room between two steps
const [WIDEST, NARROWEST, ROW] = [220, 128, 104]; // of a step; where there is less room the steps stand in one column

/** State: sign, word, kind of border. */
export const STATES = {
  Starting: ["◌", mark("Starting"), "busy"],
  Executing: ["▶", mark("Executing"), "busy"],
  Stopping: ["◼", mark("Stopping"), "busy"],
  Succeeded: ["✓", mark("Succeeded"), "good"],
  Failed: ["✕", mark("Failed"), "bad"],
  Stopped: ["◼", mark("Stopped"), "off"],
  Waiting: ["○", mark("Waiting"), "idle"],
  "Not taken": ["–", mark("Branch not taken"), "idle"],
  "Will not run": ["–", mark("Will not run"), "idle"],
  "Did not run": ["–", mark("Did not run"), "idle"],
};
const SIDES = { then: mark("if true"), else: mark("if false") };

export const stateOf = (states, name) => states[name]?.state ?? "Waiting";

/** The state in words, with how long it took, where the result came from, and how often it was tried. */
export function stateWords(told, { t, tn }) {
  const parts = [t(STATES[told?.state]?.[1] ?? told?.state ?? STATES.Waiting[1])];
  if (told?.cached) parts.push(t("from cache"));
  else if (typeof told?.seconds === "number") parts.push(t("{seconds} s", { seconds: told.seconds.toFixed(1) }));
  if (told?.attempts > 1) parts.push(tn(told.attempts, "{count} attempt", "{count} attempts"));
  return parts.join(", ");
}

/** The graph of a model, kept up to date by `draw(width)` and `update()`. */
export function pipelineGraph(model, speech, choose) {
  const { t } = speech;
  const root = h("div", { class: "sl-graph", role: "group", "aria-label": t("Steps; arrow keys move between them") });
  let [nodes, current] = [new Map(), ""];

  function focusOn(name) {
    current = name;
    nodes.forEach((node, other) => (node.tabIndex = other === name ? 0 : -1));
    nodes.get(name)?.focus();
  }
  root.addEventListener("keydown", (event) => {
    const name = event.target.closest("[data-step]")?.dataset.step;
    const names = [...nodes.keys()];
    const ends = { Home: names[0], End: names.at(-1) };
    const next = model.get("graph").moves?.[name]?.[event.key] ?? ends[event.key];
    if (!name || !next) return;
    event.preventDefault();
    focusOn(next);
  });

  function draw(width) {
    const graph = model.get("graph");
    if (!graph.steps) return;
    const had = root.contains(document.activeElement);
    const order = [...graph.steps].sort((a, b) => a.layer - b.layer || a.x - b.x);
    const column = width / graph.width < NARROWEST;
    const unit = column ? width : Math.min(width / graph.width, WIDEST + GAP);
    const left = (width - unit * graph.width) / 2;
    const middle = (x) => left + (x + 0.5) * unit;
    const top = (layer) => layer * LAYER + 2;
    const height = column ? order.length * ROW : top(graph.height - 1) + NODE + 4;
    const at = Object.fromEntries(graph.steps.map((step) => [step.name, step]));
    const placed = (step, i) =>
      column ? button(step, width, width / 2, i * ROW + 2, ROW - 8) : button(step, unit, middle(step.x), top(step.layer), NODE);
    nodes = new Map(order.map((step, i) => [step.name, placed(step, i)]));
    if (!nodes.has(current)) current = order[0]?.name ?? "";
    root.style.height = `${height}px`;
    const drawn = column ? [] : [edges(graph, at, width, height, middle, top)];
    root.replaceChildren(...drawn, ...nodes.values());
    root.dataset.column = column;
    if (nodes.has(current)) nodes.get(current).tabIndex = 0;
    if (had) nodes.get(current)?.focus();
    update();
  }

  function button(step, unit, x, y, height) {
    const wide = height === NODE ? Math.min(unit - GAP, WIDEST) : unit - 4;
    return h(
      "button",
      {
        type: "button",
        class: "sl-step",
        "data-step": step.name,
        tabindex: "-1",
        style: `left:${x - wide / 2}px;top:${y}px;width:${wide}px;height:${height}px`,
        onclick: () => {
          focusOn(step.name);
          choose(step.name);
        },
      },
      h("span", { class: "sl-step-name" }, step.name),
      h("span", { class: "sl-step-kind" }, step.type),
      h("span", { class: "sl-step-state" }),
    );
  }

  function edges(graph, at, width, height, middle, top) {
    const tip = unique("tip");
    const arrow = svg("path", { d: "M0 0 L8 4 L0 8 z", class: "sl-tip" });
    const box = { id: tip, viewBox: "0 0 8 8", refX: 7.5, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto" };
    const marker = svg("marker", { ...box, markerUnits: "userSpaceOnUse" }, arrow);
    const drawn = graph.edges.map((edge) => {
      const [from, to] = [at[edge.source], at[edge.target]];
      const points = [[middle(from.x), top(from.layer) + NODE]];
      edge.through.forEach(([layer, x]) => points.push([middle(x), top(layer)], [middle(x), top(layer) + NODE]));
      points.push([middle(to.x), top(to.layer) - 1]);
      const d = points.map(([x, y], i) => {
        if (i === 0) return `M${x} ${y}`;
        if (i % 2 === 0) return `L${x} ${y}`;
        const [px, py] = points[i - 1];
        return `C${px} ${(py + y) / 2} ${x} ${(py + y) / 2} ${x} ${y}`;
      });
      const side = SIDES[edge.kind];
      const [[x0, y0], [x1, y1]] = points;
      return [
        svg("path", { d: d.join(" "), class: `sl-edge sl-edge-${edge.kind}`, "marker-end": `url(#${tip})` }),
        side ? words(t(side), (x0 + x1) / 2, (y0 + y1) / 2 + 4, "middle", "sl-small sl-halo") : null,
      ];
    });
    const size = { width, height, viewBox: `0 0 ${width} ${height}` };
    return svg("svg", { class: "sl-edges", "aria-hidden": "true", ...size }, svg("defs", {}, marker), drawn);
  }

  function update() {
    const [graph, states, chosen] = [model.get("graph"), model.get("states"), model.get("step")];
    nodes.forEach((node, name) => {
      const state = stateOf(states, name);
      const said = stateWords(states[name], speech);
      const before = (graph.edges ?? []).filter((edge) => edge.target === name).map((edge) => edge.source);
      const [sign, , kind] = STATES[state] ?? STATES.Waiting;
      node.dataset.kind = kind;
      node.setAttribute("aria-pressed", String(name === chosen));
      const type = (graph.steps ?? []).find((step) => step.name === name)?.type ?? "";
      const spoken = { name, type, said, before: before.join(", ") };
      node.setAttribute(
        "aria-label",
        before.length ? t("{name}, {type}: {said}; after {before}", spoken) : t("{name}, {type}: {said}", spoken),
      );
      node.title = name;
      const alone = root.dataset.column === "true" && before.length > 0;
      node.children[1].textContent = alone ? t("{type}, after {before}", spoken) : type;
      node.children[2].replaceChildren(h("span", { "aria-hidden": "true", class: "sl-sign" }, sign), ` ${said}`);
    });
  }
  return { root, draw, update, focus: (name) => focusOn(name) };
}
