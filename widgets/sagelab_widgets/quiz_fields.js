// The five kinds of question. Each says what an answer still lacks, and makes the field that it is given in:
// { node, read() -> answer, write(answer), mark(solution or null, right) }. `t` is the translator's.
import { h, prose, unique } from "./base.js";
import { mark } from "./words.js";

const COUNT = [mark("none"), mark("one"), mark("two"), mark("three"), mark("four"), mark("five"), mark("six")];
const inWords = (n, t) => (COUNT[n] ? t(COUNT[n]) : String(n));
const plain = (text) => text.replaceAll("`", "");
const NUMBER = /^[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,3})?$/;

/** Show or clear what a row says after the check. */
function judge(row, note, right, t) {
  if (right === null) delete row.dataset.verdict;
  else row.dataset.verdict = right ? "right" : "wrong";
  note.textContent = right === null ? "" : right ? t("✓ Right") : t("✗ Wrong");
}

function choiceField(question, t, changed) {
  const type = question.kind === "one" ? "radio" : "checkbox";
  const name = unique("choice");
  const rows = question.choices.map((choice) => {
    const note = h("span", { class: "sl-verdict" });
    const why = h("p", { class: "sl-why", id: unique("why"), hidden: true }, prose(choice.why));
    const input = h("input", { type, name, value: choice.id, onchange: changed });
    const label = h("label", {}, input, h("span", { class: "sl-say" }, prose(choice.say)), note);
    return { choice, input, note, why, node: h("div", { class: "sl-choice" }, label, why) };
  });
  return {
    node: h(
      "div",
      { class: "sl-choices" },
      rows.map((row) => row.node),
    ),
    read: () => rows.filter((row) => row.input.checked).map((row) => row.choice.id),
    write: (answer) =>
      rows.forEach((row) => {
        row.input.checked = answer.includes(row.choice.id);
      }),
    mark: (solution) =>
      rows.forEach((row) => {
        judge(row.node, row.note, solution && solution.includes(row.choice.id), t);
        row.why.hidden = !(solution && row.choice.why);
        if (row.why.hidden) row.input.removeAttribute("aria-describedby");
        else row.input.setAttribute("aria-describedby", row.why.id);
      }),
  };
}

function orderField(question, t, changed, say) {
  const list = h("ol", { class: "sl-order" });
  const rows = new Map(question.choices.map((item) => [item.id, orderRow(item)]));
  let ids = question.choices.map((item) => item.id);

  function orderRow(item) {
    const note = h("span", { class: "sl-verdict" });
    const button = (sign, label, by) =>
      h(
        "button",
        {
          type: "button",
          class: "sl-step",
          "aria-label": label,
          onclick: (event) => move(item, by, event.currentTarget),
        },
        sign,
      );
    const line = plain(item.say);
    const buttons = [
      button("↑", t("Move up: {line}", { line }), -1),
      button("↓", t("Move down: {line}", { line }), 1),
    ];
    const node = h(
      "li",
      {
        onkeydown: (event) => {
          const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
          if (!by) return;
          event.preventDefault();
          move(item, by, event.target.closest("button"));
        },
      },
      h("span", { class: "sl-say" }, prose(item.say)),
      note,
      h("span", { class: "sl-steps" }, buttons),
    );
    return { node, note, buttons };
  }

  function move(item, by, button) {
    const from = ids.indexOf(item.id);
    const to = from + by;
    const line = plain(item.say);
    if (to < 0) return say(t("{line} is already first.", { line }));
    if (to >= ids.length) return say(t("{line} is already last.", { line }));
    ids.splice(to, 0, ...ids.splice(from, 1));
    arrange();
    button.focus();
    changed();
    say(t("{line}: now {place} of {count}.", { line, place: to + 1, count: ids.length }));
  }

  function arrange() {
    const nodes = ids.map((id) => rows.get(id).node);
    if (nodes.some((node, i) => list.children[i] !== node)) list.replaceChildren(...nodes);
    ids.forEach((id, i) =>
      rows.get(id).buttons.forEach((button, down) => {
        button.setAttribute("aria-disabled", i === (down ? ids.length - 1 : 0));
      }),
    );
  }

  arrange();
  return {
    node: list,
    read: () => [...ids],
    write: (answer) => {
      const known = answer.filter((id) => rows.has(id));
      if (new Set(known).size === ids.length) ids = known;
      arrange();
    },
    mark: (solution) =>
      ids.forEach((id, i) => {
        judge(rows.get(id).node, rows.get(id).note, solution && solution[i] === id, t);
      }),
  };
}

function matchField(question, t, changed) {
  const rows = question.left.map((left) => {
    const note = h("span", { class: "sl-verdict" });
    const id = unique("match");
    const options = question.right.map((right) => h("option", { value: right.id }, plain(right.say)));
    const select = h("select", { id, onchange: changed }, h("option", { value: "" }, t("Choose …")), options);
    const node = h("div", { class: "sl-pair" }, h("label", { for: id }, prose(left.say)), select, note);
    return { left, select, note, node };
  });
  return {
    node: h(
      "div",
      { class: "sl-pairs" },
      rows.map((row) => row.node),
    ),
    read: () =>
      Object.fromEntries(rows.filter((r) => r.select.value).map((r) => [r.left.id, r.select.value])),
    write: (answer) =>
      rows.forEach((row) => {
        row.select.value = answer[row.left.id] ?? "";
      }),
    mark: (solution) =>
      rows.forEach((row) => {
        judge(row.node, row.note, solution && solution[row.left.id] === row.select.value, t);
      }),
  };
}

function numberField(question, t, changed) {
  const input = h("input", { type: "text", inputmode: "decimal", autocomplete: "off", onchange: changed });
  const note = h("span", { class: "sl-verdict" });
  const node = h("label", { class: "sl-number" }, h("span", {}, t("Your number")), input, note);
  return {
    node,
    read: () => input.value.trim(),
    write: (answer) => {
      input.value = answer;
    },
    mark: (solution, right) => judge(node, note, solution && right, t),
  };
}

function choicesLack(question, answer, t) {
  const chosen = answer.filter((id) => question.choices.some((choice) => choice.id === id)).length;
  if (question.kind === "one") return chosen ? "" : t("Choose an answer first.");
  if (chosen === question.choose) return "";
  const numbers = { asked: inWords(question.choose, t), chosen: inWords(chosen, t) };
  return t("Choose {asked} answers; you have chosen {chosen}.", numbers);
}

function matchLacks(question, answer, t) {
  const open = question.left.filter((left) => !question.right.some((right) => right.id === answer[left.id]));
  if (open.length === question.left.length) return t("Choose a partner for each line first.");
  const lines = open.map((left) => plain(left.say)).join(", ");
  return open.length ? t("Still without a partner: {lines}.", { lines }) : "";
}

function numberLacks(_, answer, t) {
  if (!answer) return t("Type a number first.");
  return NUMBER.test(answer) ? "" : t("That is not a number; write it like 0.25 or 1200.");
}

function orderLacks(question, answer, t) {
  return question.choices.every((item) => answer.includes(item.id)) ? "" : t("Put the lines in order first.");
}

const nothing = () => "";

/** What each kind asks for, an answer that says nothing, what an answer lacks ("" when complete), its field. */
export const KINDS = {
  one: { hint: nothing, blank: [], lacks: choicesLack, field: choiceField },
  several: {
    hint: (question, t) => t("Choose {asked}.", { asked: inWords(question.choose, t) }),
    blank: [],
    lacks: choicesLack,
    field: choiceField,
  },
  order: {
    hint: (_, t) => t("Move the lines with their buttons, or with the up and down arrow keys on a button."),
    blank: [],
    lacks: orderLacks,
    field: orderField,
  },
  match: {
    hint: (_, t) => t("Choose a partner for each line."),
    blank: {},
    lacks: matchLacks,
    field: matchField,
  },
  number: { hint: nothing, blank: "", lacks: numberLacks, field: numberField },
};
