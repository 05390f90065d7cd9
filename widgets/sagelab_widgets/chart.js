// What the charts share: round ticks, scales, number words, and drawing again when the width changes.
import { h, svg } from "./base.js";

/** A function that maps a number from one range to another. */
export function scale([from, to], [start, end]) {
  const factor = to === from ? 0 : (end - start) / (to - from);
  return (value) => start + (value - from) * factor;
}

/** About `count` round numbers from low to high. */
export function ticks(low, high, count = 5) {
  if (!(high > low)) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Ticks in words, all with the same number of decimals. */
export function tickWords(values) {
  const decimals = Math.max(...values.map((value) => (String(value).split(".")[1] ?? "").length));
  return values.map((value) => number(value, Math.min(decimals, 6)));
}

/** A number with thousands separators and a true minus sign. */
export function number(value, digits) {
  const options =
    digits === undefined
      ? { maximumSignificantDigits: Math.abs(value) >= 1000 ? Math.ceil(Math.log10(Math.abs(value) + 1)) : 4 }
      : { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return value
    .toLocaleString("en-US", options)
    .replace(/^-(?=[0.]*$)/, "")
    .replace("-", "−");
}

export const percent = (share) => `${number(share * 100, 1)} %`;

/** The width of a text in the widget's font, in pixels. */
export function textWidth(text, size = 12) {
  textWidth.pen ??= document.createElement("canvas").getContext("2d");
  textWidth.pen.font = `${size}px system-ui, sans-serif`;
  return textWidth.pen.measureText(text).width * 1.12;
}

/** A label cut to the room that it has. */
export function fit(text, room) {
  if (textWidth(text) <= room + 1) return text;
  let kept = text;
  while (kept.length > 1 && textWidth(`${kept}…`) > room) kept = kept.slice(0, -1);
  return `${kept}…`;
}

/** The title of a horizontal axis from `left` to `right`: the first of the texts that fits, or the last one cut. */
export function axisTitle(texts, left, right, y, width) {
  const middle = (left + right) / 2;
  const room = 2 * Math.min(middle, width - middle);
  const text = texts.find((one) => textWidth(one) <= room) ?? fit(texts.at(-1), room);
  return words(text, middle, y, "middle");
}

/** A chart that is one picture to a screen reader; its numbers are in the table beside it. */
export function picture(label, width, height, ...children) {
  return svg(
    "svg",
    {
      class: "sl-picture",
      role: "img",
      "aria-label": label,
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
    },
    children,
  );
}

/** Text in a chart; `anchor` is start, middle or end. */
export function words(text, x, y, anchor = "start", kind = "") {
  return svg("text", { x, y, class: `sl-words ${kind}`, "text-anchor": anchor }, text);
}

export function line(x1, y1, x2, y2, kind) {
  return svg("line", { x1, y1, x2, y2, class: kind });
}

/** Call `draw(width)` now and whenever the node's width changes; returns the function that stops it. */
export function drawToWidth(node, draw) {
  let width = 0;
  const observer = new ResizeObserver(([entry]) => {
    const now = Math.floor(entry.contentRect.width);
    if (now > 0 && now !== width) draw((width = now));
  });
  observer.observe(node);
  return () => observer.disconnect();
}

/** A labeled control. */
export function control(label, input, ...more) {
  return h("div", { class: "sl-control" }, h("label", { for: input.id }, label), input, ...more);
}

/** A table from a caption, column heads and rows; the first cell of a row is its head. */
export function table(caption, heads, rows) {
  return h(
    "table",
    {},
    h("caption", {}, caption),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        heads.map((head) => h("th", { scope: "col" }, head)),
      ),
    ),
    h(
      "tbody",
      {},
      rows.map(([first, ...rest]) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, first),
          rest.map((cell) => h("td", {}, cell)),
        ),
      ),
    ),
  );
}
