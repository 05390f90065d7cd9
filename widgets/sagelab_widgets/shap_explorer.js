// SHAP values as a beeswarm of all clients, a waterfall of one and a dependence plot of one feature. Only draws:
// order, jitter and sums come with the payload, so the explorer also answers without a kernel.
import { frame, h, put, svg, watch } from "./base.js";
import { drawToWidth } from "./chart.js";
import { shades, stack, token, watchTheme } from "./dots.js";
import {
  band,
  dependenceDots,
  dependenceLayout,
  drawDependenceAxes,
  drawSwarmAxes,
  drawWaterfall,
  ring,
  swarmDots,
  swarmLayout,
} from "./shap_charts.js";
import { buildControls } from "./shap_controls.js";
import { dotWords, read, sentences, tables } from "./shap_words.js";
import { translator } from "./words.js";

class View {
  constructor(model, el) {
    this.model = model;
    const { t } = translator(model);
    this.headline = h("p", { class: "sl-headline" });
    this.detail = h("p", { class: "sl-detail" });
    this.message = h("p", { class: "sl-message", role: "status" });
    this.numbers = h("div", { class: "sl-tables" });
    this.details = h(
      "details",
      { ontoggle: () => this.drawTables() },
      h("summary", {}, t("The numbers as tables")),
      this.numbers,
    );
    this.widths = { swarm: 0, waterfall: 0, dependence: 0 };
    this.swarm = stack("swarm", {
      tabindex: 0,
      role: "application",
      "aria-label": t(
        "Beeswarm. Left and right arrow keys walk along the clients of a feature, up and down change the feature.",
      ),
    });
    this.waterfall = h("div", { class: "sl-chart" });
    this.dependence = stack("dependence");
    [this.swarmTitle, this.fallTitle, this.dependenceTitle] = [1, 2, 3].map(() =>
      h("p", { class: "sl-chart-title" }),
    );
    const controls = buildControls(this.state, {
      pick: (label) => this.pick(label),
      step: (by) => this.step(by),
      choose: (feature) => put(model, { feature }),
    });
    [this.client, this.feature] = [controls.client, controls.feature];
    this.listen();
    this.root = frame("shap", t("SHAP explorer"));
    this.root.append(
      controls.row,
      this.message,
      h("div", { role: "status" }, this.headline, this.detail),
      h(
        "div",
        { class: "sl-charts" },
        h("div", { class: "sl-wide" }, this.swarmTitle, this.swarm.node),
        h("div", {}, this.fallTitle, this.waterfall),
        h("div", {}, this.dependenceTitle, this.dependence.node),
      ),
      this.details,
    );
    el.append(this.root);
    this.stops = [
      watch(model, ["attribution", "units"], () => this.drawAll()),
      watch(model, ["client"], () => this.showClient()),
      watch(model, ["feature"], () => this.showFeature()),
      watchTheme(() => this.drawAll()),
      this.follow("swarm", this.swarm.node, () => this.drawSwarm()),
      this.follow("waterfall", this.waterfall, () => this.drawWaterfall()),
      this.follow("dependence", this.dependence.node, () => this.drawDependence()),
    ];
    this.drawAll();
  }

  get state() {
    return read(this.model);
  }

  /** Keep the width of a picture, so that drawing never makes the browser lay out the page to ask for it. */
  follow(name, node, draw) {
    return drawToWidth(node, (width) => {
      this.widths[name] = width;
      draw();
    });
  }

  /** Show a client by its label, or say which labels there are. */
  pick(label) {
    const { data, t } = this.state;
    const { clients } = data;
    const known = clients.includes(label);
    this.message.textContent = known
      ? ""
      : t("No client {client} is shown here; {examples} are, for example.", {
          client: label,
          examples: clients.slice(0, 3).join(", "),
        });
    if (known) put(this.model, { client: label });
  }

  step(by) {
    const { data, client } = this.state;
    this.pick(data.clients[(client + by + data.clients.length) % data.clients.length]);
  }

  listen() {
    const at = (stacked, event) => {
      const box = stacked.node.getBoundingClientRect();
      return stacked.field.nearest(event.clientX - box.left, event.clientY - box.top);
    };
    for (const stacked of [this.swarm, this.dependence]) {
      stacked.node.addEventListener("pointermove", (event) => this.point(stacked, at(stacked, event)));
      stacked.node.addEventListener("pointerleave", () => this.point(stacked, null));
      stacked.node.addEventListener("focusout", () => this.point(stacked, null));
      stacked.node.addEventListener("click", (event) => {
        const dot = at(stacked, event);
        if (!dot) return;
        if (dot.row !== undefined) put(this.model, { feature: this.state.data.columns[dot.row].name });
        this.pick(this.state.data.clients[dot.client]);
      });
    }
    this.swarm.node.addEventListener("keydown", (event) => this.walk(event));
  }

  /** Show what a dot stands for beside it, on the side that has room. */
  point({ tip, width }, dot) {
    tip.hidden = !dot;
    if (!dot) return;
    const { row } = this.state;
    const room = this.widths[width];
    tip.textContent = dotWords(this.state, dot.row ?? row, dot.client);
    tip.style.top = `${dot.y - 38}px`;
    tip.style.left = dot.x < room / 2 ? `${dot.x}px` : "auto";
    tip.style.right = dot.x < room / 2 ? "auto" : `${room - dot.x}px`;
  }

  /** Arrow keys on the beeswarm: along the dots of a feature, or to another feature. */
  walk(event) {
    const { data, client, row, column } = this.state;
    const last = data.clients.length - 1;
    const order = data.clients.map((_, i) => i).sort((a, b) => column.shap[a] - column.shap[b]);
    const place = order.indexOf(client);
    const to = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: last }[event.key];
    const down = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (to === undefined && !down) return;
    event.preventDefault();
    if (down)
      put(this.model, {
        feature: data.columns[Math.min(Math.max(row + down, 0), data.columns.length - 1)].name,
      });
    else this.pick(data.clients[order[Math.min(Math.max(to, 0), last)]]);
    const now = this.state;
    this.point(this.swarm, this.swarmLayer?.dots[now.row * data.clients.length + now.client] ?? null);
  }

  drawAll() {
    this.drawSwarm();
    this.drawDependence();
    this.showClient();
    this.showFeature();
  }

  drawSwarm() {
    const width = this.widths.swarm;
    if (!width) return;
    const state = this.state;
    const layout = swarmLayout(state, width);
    const dots = swarmDots(state, layout, shades(this.root, "--sl-shades"));
    this.swarm.field.draw(
      width,
      layout.height,
      dots,
      dots.length > 5000 ? 2.1 : 2.7,
      token(this.root, "--sl-middle"),
    );
    const axes = drawSwarmAxes(state, layout, (row) =>
      put(this.model, { feature: state.data.columns[row].name }),
    );
    this.swarmLayer = { dots, layout, marks: axes.appendChild(svg("g")) };
    this.swarm.axes.replaceChildren(axes);
    this.markSwarm();
  }

  /** Ring the client's dots and set off the chosen feature. */
  markSwarm() {
    if (!this.swarmLayer) return;
    const { client, row } = this.state;
    const { dots, layout, marks } = this.swarmLayer;
    const count = dots.length / layout.rows.length;
    const own = layout.rows.map((_, place) => dots[place * count + client]);
    marks.replaceChildren(...band(layout, row), ...own.flatMap(ring));
  }

  drawWaterfall() {
    const width = this.widths.waterfall;
    if (width) this.waterfall.replaceChildren(drawWaterfall(this.state, width));
  }

  drawDependence() {
    const width = this.widths.dependence;
    if (!width) return;
    const state = this.state;
    const layout = dependenceLayout(state, width);
    const dots = dependenceDots(state, layout, token(this.root, "--sl-after"));
    this.dependence.field.draw(width, layout.height, dots, 2.7, token(this.root, "--sl-middle"));
    const axes = drawDependenceAxes(state, layout);
    this.dependenceLayer = { dots, marks: axes.appendChild(svg("g")) };
    this.dependence.axes.replaceChildren(axes);
    this.markDependence();
  }

  markDependence() {
    if (this.dependenceLayer)
      this.dependenceLayer.marks.replaceChildren(...ring(this.dependenceLayer.dots[this.state.client]));
  }

  showClient() {
    const { data, client, t } = this.state;
    this.client.value = data.clients[client];
    this.message.textContent = "";
    [this.headline.textContent, this.detail.textContent] = sentences(this.state);
    this.fallTitle.textContent = t("How client {client} gets from the baseline to its output", {
      client: data.clients[client],
    });
    this.drawWaterfall();
    this.markSwarm();
    this.markDependence();
    this.drawTables();
  }

  drawTables() {
    if (this.details.open) this.numbers.replaceChildren(...tables(this.state));
  }

  showFeature() {
    const { column, t } = this.state;
    this.feature.value = column.name;
    this.swarmTitle.replaceChildren(
      t("Every client, every feature"),
      h(
        "span",
        { class: "sl-legends sl-legend" },
        t("low value"),
        " ",
        h("span", { class: "sl-ramp" }),
        " ",
        t("high value"),
      ),
    );
    this.dependenceTitle.textContent = t("How the effect depends on {feature}", { feature: column.name });
    this.drawDependence();
    this.markSwarm();
    this.drawTables();
  }
}

function render({ model, el }) {
  const view = new View(model, el);
  return () => view.stops.forEach((stop) => stop());
}
export default { render };
