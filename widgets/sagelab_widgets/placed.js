// A page that was opened and not run: its view is drawn at once, and again when the kernel has made it live.
import { h } from "./base.js";
import { isLive, rouse } from "./rouse.js";
import { translator } from "./words.js";

const EVERY = 1500; // milliseconds between two tries: a notebook is shown before its kernel has started
const TRIES = 40;

/** Draw by show(model, el), which gives what stops it; `code` makes the widget of a place in the kernel. */
export function placed({ model, el }, show, code) {
  const { t } = translator(model);
  const asleep = h("p", { class: "sl-unrun", role: "status" });
  const place = h("div");
  let [stop, ended] = [show(model, place), false];
  const awake = () => {
    asleep.textContent = "";
    place.dataset.live = "yes";
  };
  async function wake() {
    for (let tried = 0; tried < TRIES && !ended; tried++) {
      if (await isLive(model)) return awake();
      const live = await rouse(model, code(model.get("place")));
      if (ended) return;
      if (live) {
        stop();
        stop = show(live, place);
        return awake();
      }
      if (tried) asleep.textContent = t("This page is not live yet. To use it, run its cell: click into it, then press Shift+Enter.");
      await new Promise((next) => setTimeout(next, EVERY));
    }
  }
  el.append(asleep, place);
  wake();
  return () => {
    ended = true;
    stop();
  };
}
