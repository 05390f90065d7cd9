// A canvas of many dots, and colors that follow the notebook's theme.
import { h } from "./base.js";

/** Dots on a canvas: { x, y, color } each, hollow without a color. Thousands are drawn in a few milliseconds. */
function dotField() {
  const canvas = h("canvas", { class: "sl-dots", "aria-hidden": "true" });
  let dots = [];

  function draw(width, height, next, radius, hollow) {
    dots = next;
    const sharp = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * sharp);
    canvas.height = Math.round(height * sharp);
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    const pen = canvas.getContext("2d");
    pen.scale(sharp, sharp);
    pen.strokeStyle = hollow;
    for (const { x, y, color } of dots) {
      pen.beginPath();
      pen.arc(x, y, radius, 0, 2 * Math.PI);
      if (color) {
        pen.fillStyle = color;
        pen.fill();
      } else pen.stroke();
    }
  }

  /** The dot nearest to a point, or null when none is within reach. */
  function nearest(x, y, reach = 10) {
    let [best, closest] = [null, reach * reach];
    for (const dot of dots) {
      const distance = (dot.x - x) ** 2 + (dot.y - y) ** 2;
      if (distance < closest) [best, closest] = [dot, distance];
    }
    return best;
  }

  return { canvas, draw, nearest };
}

/** A picture made of a canvas of dots under axes and marks, with one tip; `width` names its place in widths. */
export function stack(width, attributes) {
  const field = dotField();
  const axes = h("div", { class: "sl-axes" });
  const tip = h("div", { class: "sl-tip", "aria-hidden": "true", hidden: true });
  return {
    width,
    field,
    axes,
    tip,
    node: h("div", { class: "sl-stack", ...attributes }, field.canvas, axes, tip),
  };
}

/** The value of a color token of the widget's style sheet. */
export function token(node, name) {
  return getComputedStyle(node).getPropertyValue(name).trim();
}

/** A function from 0..1 to a color, from a token that lists colors. */
export function shades(node, name, steps = 48) {
  const stops = token(node, name)
    .split(/\s*,\s*/)
    .map((hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)));
  const colors = Array.from({ length: steps + 1 }, (_, step) => {
    const place = (step / steps) * (stops.length - 1);
    const low = Math.min(Math.floor(place), stops.length - 2);
    const mixed = stops[low].map((c, i) => Math.round(c + (stops[low + 1][i] - c) * (place - low)));
    return `rgb(${mixed.join(" ")})`;
  });
  return (part) => colors[Math.round(Math.min(Math.max(part, 0), 1) * steps)];
}

/** Call back when the notebook's theme changes; returns the function that stops it. */
export function watchTheme(callback) {
  const observer = new MutationObserver(() => requestAnimationFrame(callback));
  observer.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-name", "class"] });
  return () => observer.disconnect();
}
