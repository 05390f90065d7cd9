// Choosing labels: one, several, or a verdict on earlier labels with a remark.
import { h, unique } from "./base.js";
import { drawBox, overlay, showPicture } from "./labeling_picture.js";

/** The object to label: its picture, its text, or why it is not shown; earlier boxes lie over the picture. */
function objectOf({ task, picture, t }) {
  if (task.fault) return { node: h("p", { class: "sl-fault" }, task.fault), free() {} };
  const { lines, boxes } = task.earlier;
  const told = [
    ...lines.map((line) => h("p", { class: "sl-earlier" }, line)),
    boxes.length
      ? h(
          "p",
          { class: "sl-earlier" },
          boxes.map((box, i) =>
            h(
              "span",
              { class: "sl-earlier-box" },
              t("Box {number}: {label} at {left}, {top}, {width} by {height}", { number: i + 1, ...box }),
            ),
          ),
        )
      : null,
  ];
  if (!picture) {
    const text = task.text ? h("blockquote", { class: "sl-text", dir: "auto" }, task.text) : null;
    return { node: h("div", {}, text, told), free() {} };
  }
  const marks = boxes.map((box) => drawBox(box));
  const over = boxes.length ? overlay(picture, { "aria-hidden": "true" }, marks) : null;
  const shown = showPicture(picture, t("The picture to label"), over);
  return { node: h("div", {}, shown.node, told), free: shown.free };
}

/** Make the stage of a task of kind one, several or verify. */
export function choiceStage(desk) {
  const { task, draft, t, tn, changed, answer } = desk;
  const start = draft ?? task.answer ?? {};
  const chosen = new Set(start.labels ?? (start.label ? [start.label] : []));
  const object = objectOf(desk);
  const remark = h("textarea", { id: unique("remark"), rows: 2, maxlength: 1000 });
  remark.value = start.comment ?? "";
  const verifies = task.kind === "verify";

  function read() {
    if (task.kind === "several") return { labels: task.labels.filter((label) => chosen.has(label)) };
    const [label] = chosen;
    return verifies ? { label, comment: remark.value } : { label };
  }

  return {
    node: object.node,
    below: verifies
      ? h("p", { class: "sl-remark" }, h("label", { for: remark.id }, t("Remark, if you have one")), remark)
      : null,
    isOn: (label) => chosen.has(label),
    press(label) {
      if (task.kind !== "several") chosen.clear();
      if (task.kind === "several" && chosen.has(label)) chosen.delete(label);
      else chosen.add(label);
      changed();
      if (task.kind === "one") answer(read());
    },
    done: () => {
      if (task.kind === "one") return null;
      if (verifies) return chosen.size ? t("Done, next") : null;
      return chosen.size
        ? tn(chosen.size, "Done with {count} label, next", "Done with {count} labels, next")
        : t("None of them, next");
    },
    help: () => (task.kind === "several" ? t("Choose all that apply.") : t("Choose one label.")),
    read,
    draft: () => (task.kind === "one" ? null : read()),
    key: () => false,
    free: object.free,
  };
}
