// Entities in a text: a cursor walks over its words, Shift extends the selection, a label marks it.
import { h, unique } from "./base.js";

const LINE = 6; // pixels by which words of one line may differ in height

/** Where a selection begins and ends, as places of words. */
const ends = (from, to) => [Math.min(from, to), Math.max(from, to)];

/** Make the stage of a text-span task; words come with the task, counted as the account does. */
export function spanStage({ task, draft, t, tn, changed, say }) {
  const signs = [...task.text]; // characters, not UTF-16 units
  const words = task.words;
  let entities = (draft ?? task.answer)?.entities ?? [];
  let [anchor, at] = [0, 0];
  let dragging = false;

  const slice = (start, end) => signs.slice(start, end).join("");
  const options = words.map(([start, end], i) =>
    h(
      "span",
      { role: "option", id: unique("word"), class: "sl-word", "aria-selected": "false", "data-place": i },
      slice(start, end),
    ),
  );
  const spaces = words.map(([, end], i) => slice(end, words[i + 1]?.[0] ?? signs.length));
  const list = h(
    "div",
    {
      class: "sl-words-of-text",
      role: "listbox",
      tabindex: 0,
      dir: "auto",
      "aria-multiselectable": "true",
      "aria-label": t("The words of the text"),
    },
    slice(0, words[0]?.[0] ?? 0),
    options.map((option, i) => [option, spaces[i]]),
  );
  const found = h("ul", { class: "sl-found", "aria-label": t("Marked entities") });
  const textOf = ({ startOffset, endOffset }) => slice(startOffset, endOffset);
  const range = () => {
    const [first, last] = ends(anchor, at);
    return { startOffset: words[first][0], endOffset: words[last][1] };
  };
  const touches = (one, other) => one.startOffset < other.endOffset && other.startOffset < one.endOffset;

  function draw() {
    const [first, last] = ends(anchor, at);
    options.forEach((option, i) => {
      const [startOffset, endOffset] = words[i];
      const entity = entities.find((one) => touches(one, { startOffset, endOffset }));
      option.setAttribute("aria-selected", i >= first && i <= last);
      option.classList.toggle("sl-cursor", i === at);
      option.classList.toggle("sl-marked", Boolean(entity));
      const begins = entity && entity.startOffset >= startOffset;
      option.dataset.label = begins ? entity.label : "";
      if (entity) option.setAttribute("aria-description", entity.label);
      else option.removeAttribute("aria-description");
    });
    if (options[at]) list.setAttribute("aria-activedescendant", options[at].id);
    found.replaceChildren(
      ...entities.map((entity) =>
        h(
          "li",
          {},
          h("span", {}, textOf(entity), " ", h("strong", {}, entity.label)),
          h(
            "button",
            {
              type: "button",
              class: "sl-button sl-small-button",
              "aria-label": t("Remove {text}", { text: textOf(entity) }),
              onclick: () => {
                remove(entity);
                list.focus();
              },
            },
            t("Remove"),
          ),
        ),
      ),
    );
  }

  function move(to, grows) {
    at = Math.max(0, Math.min(words.length - 1, to));
    if (!grows) anchor = at;
    draw();
  }

  function remove(entity) {
    entities = entities.filter((one) => one !== entity);
    draw();
    changed();
    say(t("Removed: {text}.", { text: textOf(entity) }));
  }

  /** The word above or below the cursor that is nearest to it. */
  function neighbor(way) {
    const here = options[at].getBoundingClientRect();
    const others = options
      .map((option, i) => ({ i, ...pick(option.getBoundingClientRect()) }))
      .filter(({ top }) => (top - here.top) * way > LINE);
    if (!others.length) return at;
    const next = way > 0 ? Math.min(...others.map((o) => o.top)) : Math.max(...others.map((o) => o.top));
    const row = others.filter(({ top }) => Math.abs(top - next) <= LINE);
    return row.reduce((a, b) => (Math.abs(b.left - here.left) < Math.abs(a.left - here.left) ? b : a)).i;
  }
  const pick = ({ left, top }) => ({ left, top });

  function key(event) {
    if (event.target !== list || !words.length) return false;
    const steps = {
      ArrowRight: () => at + 1,
      ArrowLeft: () => at - 1,
      ArrowDown: () => neighbor(1),
      ArrowUp: () => neighbor(-1),
      Home: () => 0,
      End: () => words.length - 1,
    };
    if (steps[event.key]) {
      move(steps[event.key](), event.shiftKey);
      return true;
    }
    if (event.key !== "Delete" && event.key !== "Backspace") return false;
    const entity = entities.find((one) => touches(one, range()));
    if (entity) remove(entity);
    else say(t("No entity is marked here."));
    return true;
  }

  const placeOf = (event) => {
    const option = document.elementFromPoint(event.clientX, event.clientY)?.closest?.("[data-place]");
    return option && list.contains(option) ? Number(option.dataset.place) : null;
  };
  list.addEventListener("pointerdown", (event) => {
    const place = placeOf(event);
    if (place === null) return;
    event.preventDefault();
    list.focus();
    list.setPointerCapture(event.pointerId);
    dragging = true;
    move(place, event.shiftKey);
  });
  list.addEventListener("pointermove", (event) => {
    const place = dragging ? placeOf(event) : null;
    if (place !== null && place !== at) move(place, true);
  });
  for (const end of ["pointerup", "pointercancel"]) list.addEventListener(end, () => (dragging = false));
  draw();

  return {
    node: task.fault ? h("p", { class: "sl-fault" }, task.fault) : list,
    below: found,
    target: list,
    isOn: () => false,
    press(label) {
      if (!words.length) return;
      const entity = { ...range(), label };
      const kept = entities.filter((one) => !touches(one, entity));
      entities = [...kept, entity].sort((a, b) => a.startOffset - b.startOffset);
      draw();
      changed();
      say(t("{text}: {label}.", { text: textOf(entity), label }));
    },
    done: () =>
      entities.length
        ? tn(entities.length, "Done with {count} entity, next", "Done with {count} entities, next")
        : t("No entity in it, next"),
    help: () =>
      t("Arrow keys walk over the words, Shift extends the selection, a label marks it, Delete unmarks it."),
    read: () => ({ entities }),
    draft: () => ({ entities }),
    key,
    free() {},
  };
}
