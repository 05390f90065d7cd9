// Watching an account: ask the kernel, say so where nobody answers, ask again while something moves and is seen.
import { h } from "./base.js";

const EVERY = 1000; // milliseconds between two looks
const PATIENCE = 8000; // milliseconds until a silent kernel is told of

/** `ask` sends a message; once a second `refresh` is asked for while `moving()` and the widget is on the screen. */
export function live(model, root, t, moving) {
  const line = h("p", { class: "sl-silent" });
  let [waiting, seen, silent] = [null, false, false];
  const heard = () => {
    clearTimeout(waiting);
    [waiting, silent] = [null, false];
    line.textContent = "";
  };
  const unheard = () => {
    [waiting, silent] = [null, true];
    line.textContent = t(
      "The kernel does not answer: it is busy, or it has ended. What you see is how things were; run the cell again.",
    );
  };
  function ask(message) {
    waiting ??= setTimeout(unheard, PATIENCE);
    try {
      model.send(message);
    } catch {
      clearTimeout(waiting);
      unheard();
    }
  }
  const look = () => {
    const shown = seen && document.visibilityState === "visible";
    if (shown && !waiting && !silent && moving()) ask({ do: "refresh" });
  };
  const observer = new IntersectionObserver((entries) => (seen = entries.at(-1).isIntersecting));
  observer.observe(root);
  const timer = setInterval(look, EVERY);
  model.on("msg:custom", heard);
  return {
    ask,
    line,
    stop() {
      clearInterval(timer);
      clearTimeout(waiting);
      observer.disconnect();
      model.off("msg:custom", heard);
    },
  };
}

/** Draw, and give the focus back to the element with the same data-key if the drawing took it away. */
export function keepFocus(root, draw) {
  const before = root.getRootNode().activeElement;
  const key = before && root.contains(before) ? before.dataset.key : undefined;
  draw();
  if (key === undefined || root.contains(root.getRootNode().activeElement)) return;
  [...root.querySelectorAll("[data-key]")].find((node) => node.dataset.key === key)?.focus();
}

/** A function that draws into a node only when what it is given has changed. */
export function memo(node, build) {
  let before;
  return (state) => {
    const now = JSON.stringify(state);
    if (now === before) return;
    before = now;
    node.replaceChildren(...[build(state)].flat(Infinity).filter(Boolean));
  };
}

/** A button that does nothing while it is disabled; `key` finds it again after a drawing. */
export function button(label, key, press, kind = "") {
  const node = h("button", { type: "button", class: `sl-button ${kind}`, "data-key": key }, label);
  node.addEventListener("click", () => node.getAttribute("aria-disabled") !== "true" && press());
  return node;
}

/** Let a button be pressed, or not; it keeps the focus either way. */
export const enable = (node, on) => node.setAttribute("aria-disabled", on ? "false" : "true");

/** A moment of the account's clock, as "2026-11-23 09:15:02 UTC". */
export const moment = (seconds) => new Date(seconds * 1000).toISOString().replace("T", " ").slice(0, 19) + " UTC";

/** Log lines in a box that shows its end, and takes the focus so that keys scroll it. */
export function logBox(label, lines) {
  const text = lines.map((line) => `${moment(line.time).slice(11, 19)}  ${line.host}  ${line.text}`).join("\n");
  const box = h("pre", { class: "sl-log", tabindex: "0", role: "region", "aria-label": label, "data-key": label }, text);
  requestAnimationFrame(() => (box.scrollTop = box.scrollHeight));
  return box;
}
