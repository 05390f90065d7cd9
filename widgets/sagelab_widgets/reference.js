// The quick reference: a table that is searched as you type, and the same table as a page to print. No kernel needed.
import { frame, h, put, unique, watch } from "./base.js";
import { notebookLink } from "./links.js";
import { mark, translator } from "./words.js";

const SIGNS = { live: "●", moved: "➜", closed: "◐", ended: "✕" };
const STANDINGS = {
  live: mark("In service"),
  moved: mark("Moved"),
  closed: mark("Closed to new customers"),
  ended: mark("Ended"),
};
const HEADS = [
  mark("Component"),
  mark("Purpose"),
  mark("Key words"),
  mark("Nearest neighbors"),
  mark("On AWS today"),
];
const PAGE = "@page { size: A4 landscape; margin: 9mm; } body { margin: 0; background: #fff; }";

/** All the words of a row, in small letters. */
const wordsOf = (row, t) =>
  [
    row.name,
    row.part_of,
    row.purpose,
    ...row.words,
    ...row.near.flatMap((one) => [one.name, one.tell]),
    row.older,
    t(STANDINGS[row.status.word]),
    row.status.say,
    row.lesson,
  ]
    .join(" ")
    .toLowerCase();

/** The rows that hold every word of the query somewhere. */
function fitting(rows, query, t) {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => wanted.every((word) => wordsOf(row, t).includes(word)));
}

/** One row; `linked` is false on paper, where the source is written out instead. */
function drawRow(row, { t }, linked) {
  const label = (i) => ({ role: "cell", "data-label": t(HEADS[i]) });
  const lesson =
    row.notebook && linked
      ? h("p", {}, notebookLink(row.notebook, { "aria-label": t("Lesson: {lesson}", row) }, t("Lesson")))
      : null;
  const { status } = row;
  const source = linked
    ? h(
        "a",
        { href: status.source, target: "_blank", rel: "noopener noreferrer", "aria-label": t("AWS's page on {name}", row) },
        t("AWS's page"),
      )
    : `…/${status.source.split("/").at(-1)}`;
  return h(
    "tr",
    { role: "row" },
    h(
      "th",
      { scope: "row", role: "rowheader" },
      row.name,
      row.part_of && h("p", { class: "sl-label" }, t("part of {part_of}", row)),
      lesson,
    ),
    h("td", label(1), row.purpose, row.older && h("p", { class: "sl-older" }, row.older)),
    h("td", label(2), row.words.join(", ")),
    h(
      "td",
      label(3),
      h(
        "ul",
        {},
        row.near.map((one) => h("li", {}, h("strong", {}, one.name), ": ", one.tell)),
      ),
    ),
    h(
      "td",
      label(4),
      h(
        "p",
        { class: "sl-standing", "data-word": status.word },
        h("span", { class: "sl-sign", "aria-hidden": "true" }, SIGNS[status.word]),
        " ",
        h("strong", {}, t(STANDINGS[status.word])),
      ),
      h("p", {}, status.say),
      h("p", { class: "sl-label" }, source, " · ", t("checked {checked}", status)),
    ),
  );
}

function drawTable(rows, words, linked) {
  const { t } = words;
  return h(
    "table",
    { role: "table", "aria-label": t("Components of Amazon SageMaker AI") },
    h(
      "thead",
      { role: "rowgroup" },
      h(
        "tr",
        { role: "row" },
        HEADS.map((head) => h("th", { scope: "col", role: "columnheader" }, t(head))),
      ),
    ),
    h(
      "tbody",
      { role: "rowgroup" },
      rows.map((row) => drawRow(row, words, linked)),
    ),
  );
}

/** Open the rows as a page of their own and ask to print it; false where the browser allows no new page. */
function print(model, rows, words) {
  const page = window.open("", "_blank");
  if (!page) return false;
  const { t } = words;
  page.document.title = t("Amazon SageMaker AI: quick reference");
  page.document.documentElement.lang = "en";
  const days = rows.map((row) => row.status.checked).sort();
  page.document.head.append(h("style", {}, model.get("_css")), h("style", {}, PAGE));
  page.document.body.append(
    h(
      "main",
      { class: "sl sl-reference sl-paper" },
      h("h1", {}, t("Amazon SageMaker AI: quick reference")),
      h("p", { class: "sl-label" }, t("Status of each component as AWS's developer guide had it on {day}; … stands for docs.aws.amazon.com/sagemaker/latest/dg.", { day: days.at(-1) ?? "" })),
      drawTable(rows, words, false),
    ),
  );
  page.print();
  return true;
}

function render({ model, el }) {
  const words = translator(model);
  const { t, tn } = words;
  const id = unique("search");
  const search = h("input", {
    type: "text",
    id,
    value: model.get("query"),
    autocomplete: "off",
    spellcheck: "false",
    placeholder: t("drift, no code, GPU …"),
    oninput: () => put(model, { query: search.value }),
    onkeydown: (event) => {
      if (event.key !== "Escape" || !search.value) return;
      event.preventDefault();
      search.value = "";
      put(model, { query: "" });
    },
  });
  const found = h("p", { class: "sl-found", role: "status" });
  const place = h("div");
  const onPaper = h(
    "button",
    {
      type: "button",
      class: "sl-button",
      onclick: () => {
        if (!print(model, fitting(model.get("rows"), model.get("query"), t), words)) {
          found.textContent = t("The browser allowed no new page; allow it for this site, then try again.");
        }
      },
    },
    t("Print what is shown"),
  );
  const root = frame("reference", t("Quick reference"));
  root.append(
    h("div", { class: "sl-find" }, h("label", { for: id }, t("Search all components")), search, onPaper),
    found,
    place,
  );
  el.append(root);

  function draw() {
    const all = model.get("rows");
    const rows = fitting(all, model.get("query"), t);
    if (search.value !== model.get("query")) search.value = model.get("query");
    found.textContent = rows.length
      ? tn(rows.length, "{count} of {all} entries", "{count} of {all} entries", { all: all.length })
      : t("Nothing fits. Fewer words find more.");
    onPaper.setAttribute("aria-disabled", !rows.length);
    place.replaceChildren(...(rows.length ? [drawTable(rows, words, true)] : []));
  }
  draw();
  return watch(model, ["rows", "query"], draw);
}
export default { render };
