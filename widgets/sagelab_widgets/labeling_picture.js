// A picture that came as bytes: shown from memory, never as a page; boxes over it are in its own pixels.
import { h, svg } from "./base.js";

const SMALL = 320; // pixels to which tiny pictures are enlarged

/** Show the picture of a trait ({ type, bytes, width, height }); `free()` gives its memory back. */
export function showPicture(picture, alt, ...over) {
  const url = URL.createObjectURL(new Blob([picture.bytes], { type: picture.type }));
  const { width, height } = picture;
  const shown = Math.max(width, Math.min(SMALL, (SMALL * width) / height));
  const kind = width < 100 ? "sl-grainy" : "";
  const image = h("img", { src: url, alt, width, height, class: kind, draggable: "false" });
  const node = h("div", { class: "sl-frame" }, image, over);
  node.style.width = `min(100%, ${Math.round(shown)}px, ${Math.round((460 * width) / height)}px)`;
  return { node, free: () => URL.revokeObjectURL(url) };
}

/** An SVG over a picture whose units are the picture's pixels. */
export function overlay(picture, attributes, ...children) {
  const { width, height } = picture;
  return svg(
    "svg",
    { class: "sl-over", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", ...attributes },
    children,
  );
}

/** A box over a picture: a light line under a dark one, so that it is seen on any picture. */
export function drawBox({ left, top, width, height }, kind = "") {
  const sides = { x: left, y: top, width, height };
  return svg(
    "g",
    { class: `sl-box ${kind}` },
    svg("rect", { ...sides, class: "sl-under" }),
    svg("rect", { ...sides, class: "sl-line" }),
  );
}
