// Boxes on a picture: drawn with the mouse, or made, moved and resized by keys; and as fields with numbers.
import { h, svg, unique } from "./base.js";
import { drawBox, overlay, showPicture } from "./labeling_picture.js";

const SIDES = ["left", "top", "width", "height"];
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** A box of whole pixels that lies on the picture. */
function fitted(box, { width, height }) {
  const wide = Math.min(Math.max(Math.round(box.width), 1), width);
  const high = Math.min(Math.max(Math.round(box.height), 1), height);
  const left = Math.min(Math.max(Math.round(box.left), 0), width - wide);
  const top = Math.min(Math.max(Math.round(box.top), 0), height - high);
  return { ...box, left, top, width: wide, height: high };
}

/** The box between two points, for dragging. */
const between = ([x1, y1], [x2, y2]) => ({
  left: Math.min(x1, x2),
  top: Math.min(y1, y2),
  width: Math.abs(x2 - x1),
  height: Math.abs(y2 - y1),
});

/** Make the stage of an object-detection task. */
export function boxStage({ task, picture, draft, t, tn, changed, say }) {
  let boxes = [...((draft ?? task.answer)?.boundingBoxes ?? [])];
  let now = boxes.length - 1; // the box that keys and labels mean
  let current = boxes[now]?.label ?? task.labels[0];
  let drag = null;
  if (!picture) return { ...empty(task, t), read: () => ({ boundingBoxes: boxes }) };

  const step = Math.max(1, Math.round(Math.max(picture.width, picture.height) / 100));
  const layer = overlay(picture, { "aria-hidden": "true" });
  const shown = showPicture(picture, t("The picture to label"), layer);
  const stage = h(
    "div",
    { class: "sl-stage", tabindex: 0, role: "application", "aria-label": t("The picture, with its boxes") },
    shown.node,
  );
  const list = h("ol", { class: "sl-boxes", "aria-label": t("Boxes") });
  const told = (box) =>
    t("{label} at {left}, {top}, {width} by {height}", {
      ...Object.fromEntries(SIDES.map((side) => [side, box[side]])),
      label: box.label,
    });

  function drawLayer() {
    const size = Math.max(picture.width, picture.height) / 60;
    layer.replaceChildren(
      ...boxes.map((box, i) => drawBox(box, i === now ? "sl-chosen" : "")),
      ...(boxes[now] ? corners(boxes[now]).map(([x, y], i) => handle(x, y, i, size)) : []),
    );
  }
  const corners = ({ left, top, width, height }) => [
    [left, top],
    [left + width, top],
    [left + width, top + height],
    [left, top + height],
  ];
  const handle = (x, y, corner, size) =>
    svg("rect", {
      x: x - size / 2,
      y: y - size / 2,
      width: size,
      height: size,
      class: "sl-handle",
      "data-corner": corner,
    });

  function field(box, i, side, word) {
    const most = side === "left" || side === "width" ? picture.width : picture.height;
    const name = t("{side} of box {number}", { side: word, number: i + 1 });
    const input = h("input", {
      type: "number",
      min: side === "left" || side === "top" ? 0 : 1,
      max: most,
      "aria-label": name,
      onfocus: () => choose(i, false),
      onchange: () => {
        set(i, { ...boxes[i], [side]: Number(input.value) || 0 });
        input.value = boxes[i][side];
      },
    });
    input.value = box[side];
    return h("span", { class: "sl-side-of-box" }, h("span", { "aria-hidden": "true" }, word), input);
  }

  function drawList() {
    const word = { left: t("Left"), top: t("Top"), width: t("Width"), height: t("Height") };
    list.replaceChildren(
      ...boxes.map((box, i) => {
        const select = h(
          "select",
          {
            "aria-label": t("Label of box {number}", { number: i + 1 }),
            onfocus: () => choose(i, false),
            onchange: () => set(i, { ...boxes[i], label: (current = select.value) }),
          },
          task.labels.map((label) => h("option", { value: label }, label)),
        );
        select.value = box.label;
        const remove = h(
          "button",
          {
            type: "button",
            class: "sl-button sl-small-button",
            "aria-label": t("Remove box {number}", { number: i + 1 }),
            onclick: () => drop(i),
          },
          t("Remove"),
        );
        const fields = SIDES.map((side) => field(box, i, side, word[side]));
        const row = h("div", { class: "sl-box-row" }, select, fields, remove);
        return h("li", { class: i === now ? "sl-chosen" : "" }, row);
      }),
    );
  }

  /** Take over what keys, mouse or fields made of a box; the list is not redrawn under somebody's fingers. */
  function set(i, box) {
    boxes[i] = fitted(box, picture);
    drawLayer();
    if (!list.contains(document.activeElement)) drawList();
    changed();
  }

  function choose(i, speaks = true) {
    now = i;
    [...list.children].forEach((row, place) => row.classList.toggle("sl-chosen", place === i));
    drawLayer();
    if (speaks && boxes[i]) say(t("Box {number}: {box}", { number: i + 1, box: told(boxes[i]) }));
  }

  function add(box) {
    boxes.push(fitted({ ...box, label: current }, picture));
    now = boxes.length - 1;
    drawLayer();
    drawList();
    changed();
  }

  function drop(i) {
    boxes.splice(i, 1);
    now = Math.min(now, boxes.length - 1);
    drawLayer();
    drawList();
    changed();
    stage.focus();
    say(t("Box {number} is removed.", { number: i + 1 }));
  }

  function addInTheMiddle() {
    const { width, height } = picture;
    const [left, top] = [width * 0.3, height * 0.3].map((side) => side + 3 * step * (boxes.length % 5));
    add({ left, top, width: width * 0.4, height: height * 0.4 });
    say(t("Box {number}: {box}", { number: now + 1, box: told(boxes[now]) }));
  }

  function key(event) {
    if (event.target !== stage) return false;
    const arrow = ARROWS[event.key];
    if (event.key === "n") addInTheMiddle();
    else if (event.key === " " && boxes.length) choose((now + 1) % boxes.length);
    else if ((event.key === "Delete" || event.key === "Backspace") && boxes[now]) drop(now);
    else if (arrow && boxes[now]) {
      const [x, y] = arrow.map((way) => way * (event.altKey || event.ctrlKey ? 1 : step));
      const box = boxes[now];
      if (event.shiftKey) set(now, { ...box, width: box.width + x, height: box.height + y });
      else set(now, { ...box, left: box.left + x, top: box.top + y });
      say(told(boxes[now]));
    } else return false;
    return true;
  }

  const point = (event) => {
    const frame = layer.getBoundingClientRect();
    return [
      ((event.clientX - frame.left) / frame.width) * picture.width,
      ((event.clientY - frame.top) / frame.height) * picture.height,
    ];
  };
  const inside = ([x, y], box) =>
    x >= box.left && x <= box.left + box.width && y >= box.top && y <= box.top + box.height;

  stage.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    stage.focus();
    stage.setPointerCapture(event.pointerId);
    const from = point(event);
    const corner = event.target.dataset?.corner;
    const hit = boxes.findLastIndex((box) => inside(from, box));
    if (corner !== undefined) drag = { kind: "resize", fixed: corners(boxes[now])[(Number(corner) + 2) % 4] };
    else if (hit >= 0) {
      choose(hit);
      drag = { kind: "move", from, box: boxes[hit] };
    } else drag = { kind: "new", from };
  });
  stage.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const to = point(event);
    if (drag.kind === "new") {
      const box = between(drag.from, to);
      if (Math.min(box.width, box.height) < step) return;
      add(box);
      drag = { kind: "resize", fixed: drag.from };
    } else if (drag.kind === "resize") set(now, { ...boxes[now], ...between(drag.fixed, to) });
    else {
      const [left, top] = [drag.box.left + to[0] - drag.from[0], drag.box.top + to[1] - drag.from[1]];
      set(now, { ...drag.box, label: boxes[now].label, left, top });
    }
  });
  for (const end of ["pointerup", "pointercancel"])
    stage.addEventListener(end, () => {
      if (drag && boxes[now]) say(told(boxes[now]));
      drag = null;
    });
  drawLayer();
  drawList();

  return {
    node: stage,
    below: h(
      "div",
      {},
      h("button", { type: "button", class: "sl-button", onclick: addInTheMiddle }, t("New box")),
      list,
    ),
    target: stage,
    isOn: (label) => label === (boxes[now]?.label ?? current),
    press(label) {
      current = label;
      if (boxes[now]) set(now, { ...boxes[now], label });
      else changed();
      say(boxes[now] ? told(boxes[now]) : t("The next box will be: {label}.", { label }));
    },
    done: () =>
      boxes.length
        ? tn(boxes.length, "Done with {count} box, next", "Done with {count} boxes, next")
        : t("Nothing to box in, next"),
    help: () =>
      [
        t("Drag on the picture, or press n: a new box."),
        t("Arrow keys move it, with Shift they resize it, with Alt by single pixels."),
        t("Space goes to the next box, Delete removes it."),
      ].join(" "),
    read: () => ({
      boundingBoxes: boxes,
      inputImageProperties: { width: picture.width, height: picture.height },
    }),
    draft: () => ({ boundingBoxes: boxes }),
    key,
    free: shown.free,
  };
}

/** The stage while there is no picture. */
function empty(task, t) {
  const node = h("p", { class: "sl-fault" }, task.fault || t("The picture is on its way."));
  const nothing = () => null;
  const still = { isOn: nothing, press: nothing, done: nothing, help: nothing, draft: nothing };
  return { node, ...still, key: nothing, free: nothing };
}
