// What every widget of the course shares: safe DOM building, a frame that keeps keys to itself, number words.

const SVG = "http://www.w3.org/2000/svg";
let counter = 0;

/** An id that no other widget on the page has. */
export const unique = (prefix) => `sl-${prefix}-${Date.now().toString(36)}-${counter++}`;

/** Make an HTML element. Strings among the children are text, never HTML; handlers are given as onclick: f. */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** Make an SVG element. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

/** Text in which `back quotes` mark code, as DOM nodes. */
export function prose(text) {
  const parts = String(text ?? "").split("`");
  if (parts.length % 2 === 0) return [document.createTextNode(text)];
  return parts.map((part, i) => (i % 2 ? h("code", {}, part) : document.createTextNode(part)));
}

/**
 * The widget's outer element. Notebook shortcuts (x cuts the cell) stop here; saving still works, and Escape leads
 * back to the notebook.
 *
 * JupyterLab listens after the widget, so that stopping an event is enough. Notebook 7 listens before it, and skips
 * an element that carries this attribute itself.
 */
export function frame(name, label) {
  const root = h("div", { class: `sl sl-${name}`, role: "group", "aria-label": label });
  root.addEventListener("focusin", (event) => event.target.setAttribute("data-lm-suppress-shortcuts", "true"));
  root.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape" && !event.defaultPrevented) root.closest(".jp-Cell")?.focus();
    const saves = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s";
    if (!saves || !root.parentElement) return;
    event.preventDefault();
    root.parentElement.dispatchEvent(new KeyboardEvent("keydown", event));
  });
  return root;
}

/** Call back when one of the traits changes; returns the function that stops it. */
export function watch(model, traits, callback) {
  const events = traits.map((trait) => `change:${trait}`);
  events.forEach((event) => model.on(event, callback));
  return () => events.forEach((event) => model.off(event, callback));
}

/** Set traits here and, where a kernel listens, there. */
export function put(model, changes) {
  for (const [trait, value] of Object.entries(changes)) model.set(trait, value);
  model.save_changes();
}
