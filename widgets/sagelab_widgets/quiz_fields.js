// The five kinds of question. Each says what an answer still lacks, and makes the field that it is given in:
// { node, read() -> answer, write(answer), mark(solution or null, right) }.
import { h, prose, unique } from "./base.js";

const COUNT = ["none", "one", "two", "three", "four", "five", "six"];
const inWords = (n) => COUNT[n] ?? String(n);
const plain = (text) => text.replaceAll("`", "");
const NUMBER = /^[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,3})?$/;
const verdict = (right) => (right ? "✓ Right" : "✗ Wrong");

/** Show or clear what a row says after the check. */
function judge(row, note, right) {
  if (right === null) delete row.dataset.verdict;
  else row.dataset.verdict = right ? "right" : "wrong";
  note.textContent = right === null ? "" : verdict(right);
}

function choiceField(question, changed) {
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
        judge(row.node, row.note, solution && solution.includes(row.choice.id));
        row.why.hidden = !(solution && row.choice.why);
        if (row.why.hidden) row.input.removeAttribute("aria-describedby");
        else row.input.setAttribute("aria-describedby", row.why.id);
      }),
  };
}

function orderField(question, changed, say) {
  const list = h("ol", { class: "sl-order" });
  const rows = new Map(question.choices.map((item) => [item.id, orderRow(item)]));
  let ids = question.choices.map((item) => item.id);

  function orderRow(item) {
    const note = h("span", { class: "sl-verdict" });
    const button = (sign, word, by) =>
      h(
        "button",
        {
          type: "button",
          class: "sl-step",
          "aria-label": `Move ${word}: ${plain(item.say)}`,
          onclick: (event) => move(item, by, event.currentTarget),
        },
        sign,
      );
    const buttons = [button("↑", "up", -1), button("↓", "down", 1)];
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
    if (to < 0 || to >= ids.length) return say(`${plain(item.say)} is already ${to < 0 ? "first" : "last"}.`);
    ids.splice(to, 0, ...ids.splice(from, 1));
    arrange();
    button.focus();
    changed();
    say(`${plain(item.say)}: now ${to + 1} of ${ids.length}.`);
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
        judge(rows.get(id).node, rows.get(id).note, solution && solution[i] === id);
      }),
  };
}

function matchField(question, changed) {
  const rows = question.left.map((left) => {
    const note = h("span", { class: "sl-verdict" });
    const id = unique("match");
    const options = question.right.map((right) => h("option", { value: right.id }, plain(right.say)));
    const select = h("select", { id, onchange: changed }, h("option", { value: "" }, "Choose …"), options);
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
        judge(row.node, row.note, solution && solution[row.left.id] === row.select.value);
      }),
  };
}

function numberField(question, changed) {
  const input = h("input", { type: "text", inputmode: "decimal", autocomplete: "off", onchange: changed });
  const note = h("span", { class: "sl-verdict" });
  const node = h("label", { class: "sl-number" }, h("span", {}, "Your number"), input, note);
  return {
    node,
    read: () => input.value.trim(),
    write: (answer) => {
      input.value = answer;
    },
    mark: (solution, right) => judge(node, note, solution && right),
  };
}

function choicesLack(question, answer) {
  const chosen = answer.filter((id) => question.choices.some((choice) => choice.id === id)).length;
  if (question.kind === "one") return chosen ? "" : "Choose an answer first.";
  if (chosen === question.choose) return "";
  return `Choose ${inWords(question.choose)} answers; you have chosen ${inWords(chosen)}.`;
}

function matchLacks(question, answer) {
  const open = question.left.filter((left) => !question.right.some((right) => right.id === answer[left.id]));
  if (open.length === question.left.length) return "Choose a partner for each line first.";
  return open.length ? `Still without a partner: ${open.map((left) => plain(left.say)).join(", ")}.` : "";
}

function numberLacks(_, answer) {
  if (!answer) return "Type a number first.";
  return NUMBER.test(answer) ? "" : "That is not a number; write it like 0.25 or 1200.";
}

const isOrdered = (question, answer) => question.choices.every((item) => answer.includes(item.id));

/** What each kind asks for, an answer that says nothing, what an answer lacks ("" when complete), its field. */
export const KINDS = {
  one: { hint: () => "", blank: [], lacks: choicesLack, field: choiceField },
  several: { hint: (q) => `Choose ${inWords(q.choose)}.`, blank: [], lacks: choicesLack, field: choiceField },
  order: {
    hint: () => "Move the lines with their buttons, or with the up and down arrow keys on a button.",
    blank: [],
    lacks: (question, answer) => (isOrdered(question, answer) ? "" : "Put the lines in order first."),
    field: orderField,
  },
  match: { hint: () => "Choose a partner for each line.", blank: {}, lacks: matchLacks, field: matchField },
  number: { hint: () => "", blank: "", lacks: numberLacks, field: numberField },
};

/** A right answer in words: one line for each item. */
export function solutionLines(question) {
  const words = new Map(
    [...(question.choices ?? []), ...(question.left ?? []), ...(question.right ?? [])].map((item) => [
      item.id,
      item.say,
    ]),
  );
  if (question.kind === "number") return [question.solution];
  if (question.kind !== "match") return question.solution.map((id) => words.get(id));
  return question.left.map((left) => `${left.say} → ${words.get(question.solution[left.id])}`);
}
