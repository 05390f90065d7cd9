// Canvas: Build, Analyze, Predict. Draws what Python found and asks; it holds no rule.
import { frame, h, put, unique, watch } from "./base.js";
import { analyzePage } from "./canvas_analyze.js";
import { buildPage } from "./canvas_build.js";
import { predictPage } from "./canvas_predict.js";
import { keepFocus, live } from "./live.js";
import { mark, translator } from "./words.js";

const TRAITS = ["build", "estimate", "job", "analysis", "endpoint", "values", "answer", "batch", "shared", "page", "note"];
const TABS = { build: mark("Build"), analyze: mark("Analyze"), predict: mark("Predict") };
const MAKE = { build: buildPage, analyze: analyzePage, predict: predictPage };

/** The tabs; arrow keys, Home and End move between them. */
function tabs(model, panels, t) {
  const names = Object.keys(TABS);
  const choose = (name) => put(model, { page: name });
  const nodes = names.map((name) => {
    const tab = h(
      "button",
      { type: "button", role: "tab", id: unique("tab"), class: "sl-canvas-tab", "aria-controls": panels[name].id },
      t(TABS[name]),
    );
    tab.addEventListener("click", () => choose(name));
    panels[name].setAttribute("aria-labelledby", tab.id);
    return tab;
  });
  const keys = { ArrowRight: 1, ArrowLeft: -1 };
  const list = h("div", { role: "tablist", class: "sl-canvas-tabs", "aria-label": t("Steps") }, nodes);
  list.addEventListener("keydown", (event) => {
    const at = names.indexOf(model.get("page"));
    const to = { Home: 0, End: names.length - 1 }[event.key] ?? at + (keys[event.key] ?? 0);
    if (!(event.key in keys) && event.key !== "Home" && event.key !== "End") return;
    event.preventDefault();
    const next = (to + names.length) % names.length;
    choose(names[next]);
    nodes[next].focus();
  });
  return {
    list,
    draw() {
      names.forEach((name, i) => {
        const on = name === model.get("page");
        nodes[i].setAttribute("aria-selected", String(on));
        nodes[i].tabIndex = on ? 0 : -1;
        panels[name].hidden = !on;
      });
    },
  };
}

/** What a listener should hear: the build's end, and what was refused. */
function statusWords(model, t) {
  const job = model.get("job");
  if (!job.job) return "";
  return job.moving
    ? t("Build {job} is running: {secondary}.", job)
    : t("Build {job}: {status}.", job);
}

function render({ model, el }) {
  const words = translator(model);
  const { t } = words;
  const root = frame("canvas", t("Canvas model {name}", { name: model.get("title") }));
  const watching = live(model, root, t, () => model.get("moving"));
  const panels = Object.fromEntries(
    Object.keys(TABS).map((name) => [name, h("div", { role: "tabpanel", id: unique("panel"), class: "sl-canvas-panel" })]),
  );
  const pages = Object.entries(MAKE).map(([name, make]) => {
    const page = make(model, watching.ask, words);
    panels[name].append(...page.node);
    return page;
  });
  const bar = tabs(model, panels, t);
  const note = h("p", { class: "sl-note" });
  const state = h("p", { class: "sl-canvas-status" });
  root.append(
    h("p", { class: "sl-title" }, t("Canvas: {name}", { name: model.get("title") })),
    bar.list,
    h("div", { role: "status" }, state, note, watching.line),
    ...Object.values(panels),
  );
  el.append(root);
  const draw = () =>
    keepFocus(root, () => {
      bar.draw();
      pages.forEach((page) => page.draw());
      const said = statusWords(model, t);
      if (state.textContent !== said) state.textContent = said;
      if (note.textContent !== model.get("note")) note.textContent = model.get("note");
    });
  draw();
  const stopWatching = watch(model, TRAITS, draw);
  watching.ask({ do: "refresh" });
  return () => {
    stopWatching();
    watching.stop();
    pages.forEach((page) => page.stop?.());
  };
}
export default { render };
