// The parts of the resource explorer: prices to type, the table of everything, and the confirmation.
import { h, unique } from "./base.js";
import { button } from "./live.js";
import { mark } from "./words.js";

const UNITS = {
  "instance hour": mark("per instance hour"),
  "GB-month": mark("per GB-month"),
  "alarm-month": mark("per alarm and month"),
};
const AMOUNTS = {
  "instance hour": mark("{count} running"),
  "GB-month": mark("{count} GB"),
  "alarm-month": mark("{count} alarms"),
};
const BASES = {
  hours: mark("By the hour"),
  storage: mark("By what it stores"),
  use: mark("By use"),
  elsewhere: mark("Elsewhere"),
  nothing: mark("Nothing"),
  unknown: mark("Not known"),
};

/** What is billed, each with a field for the learner's price. */
export function priceTable(rows, { t }, ask) {
  if (!rows.length) return h("p", { class: "sl-about" }, t("Nothing in this account is billed by time or storage now."));
  const heads = [t("What AWS bills"), t("Now here"), t("Your price"), t("Unit")];
  return h(
    "div",
    { class: "sl-scroll" },
    h(
      "table",
      { class: "sl-billed" },
      h("caption", {}, t("Look the prices up on AWS's price pages; an empty field is not priced.")),
      h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, rows.map((row) => priceRow(row, t, ask))),
    ),
  );
}

function priceRow(row, t, ask) {
  const unit = t(UNITS[row.unit] ?? row.unit);
  const input = h("input", {
    type: "text",
    class: "sl-price",
    inputmode: "decimal",
    autocomplete: "off",
    maxlength: 20,
    "data-key": `price ${row.key}`,
    placeholder: t("not priced"),
    "aria-label": t("Price of {name}, {unit}", { name: row.key, unit }),
    onkeydown: (event) => event.key === "Enter" && input.blur(),
  });
  input.addEventListener("change", () => ask({ do: "price", key: row.key, price: input.value }));
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, row.key),
    h("td", {}, t(AMOUNTS[row.unit] ?? "{count}", { count: row.count })),
    h("td", {}, input),
    h("td", {}, unit),
  );
}

/** Show the prices that are kept, but never over what is being typed. */
export function syncPrices(node, rows) {
  const inputs = Object.fromEntries([...node.querySelectorAll("input")].map((input) => [input.dataset.key, input]));
  for (const row of rows) {
    const input = inputs[`price ${row.key}`];
    if (input && input.dataset.kept !== row.price) {
      if (input.dataset.kept === undefined || input !== input.getRootNode().activeElement) input.value = row.price;
      input.dataset.kept = row.price;
    }
  }
}

/** Everything, by kind. */
export function thingsTable(rows, speech, ask) {
  const { t, tn } = speech;
  const heads = [t("Name"), t("Status"), t("Age"), t("What it costs while it stands"), t("An hour"), t("Action")];
  const kinds = Map.groupBy(rows, (row) => row.kind);
  return h(
    "table",
    { class: "sl-things" },
    h("caption", {}, tn(rows.length, "{count} resource is shown", "{count} resources are shown")),
    h("thead", {}, h("tr", {}, heads.map((head, i) => h("th", { scope: "col", class: i === 4 && "sl-amount" }, head)))),
    [...kinds].map(([kind, members]) => {
      const alike = !members.some((row) => row.lines.length || row.why.text !== members[0].why.text);
      const head = h("b", {}, t("{kind} ({count})", { kind, count: members.length }));
      const why = alike ? h("span", { class: "sl-why" }, t(members[0].why.text, members[0].why.values)) : null;
      return h(
        "tbody",
        {},
        h("tr", { class: "sl-kind" }, h("td", { colspan: 6 }, head, why)),
        members.map((row) => thingRow(row, alike, t, ask)),
      );
    }),
  );
}

function thingRow(row, alike, t, ask) {
  const said = (one) => t(one.text, one.values);
  const idle = !row.use.text ? null : h("span", { class: row.idle ? "sl-why sl-idle" : "sl-why" }, row.idle ? t("Idle.") : null, " ", said(row.use));
  const billed = row.lines.map((line) => `${t(AMOUNTS[line.unit] ?? "{count}", { count: line.count })}: ${line.key}`);
  const action = row.action === "stop" ? t("Stop") : t("Delete");
  const press = button(action, `act ${row.key}`, () => ask({ do: "ask", key: row.key }));
  press.setAttribute("aria-label", row.action === "stop" ? t("Stop {name}", { name: row.name }) : t("Delete {name}", { name: row.name }));
  return h(
    "tr",
    { "data-name": row.name },
    h("th", { scope: "row", title: row.arn || undefined }, row.name),
    h("td", {}, row.status || "–"),
    h("td", {}, said(row.age) || "–"),
    h(
      "td",
      {},
      t(BASES[row.basis] ?? row.basis),
      billed.map((one) => h("span", { class: "sl-why" }, one)),
      alike ? null : h("span", { class: "sl-why" }, said(row.why)),
      idle,
    ),
    h("td", { class: "sl-amount" }, row.hourly || (row.unpriced.length ? t("not priced") : "–")),
    h("td", {}, row.action ? press : "–"),
  );
}

/** What is about to be deleted or stopped, with a box for each where there are several. */
export function confirmation(items, { t, tn }, ask) {
  if (!items.length) return [];
  const said = (one) => h("li", {}, t(one.text, one.values));
  const boxes = items.map((item) => h("input", { type: "checkbox", id: unique("remove"), checked: true, value: item.key }));
  const entries = items.map((item, i) => {
    const title = t("{name} ({kind})", { name: item.name, kind: item.kind });
    const head = items.length > 1 ? h("label", { for: boxes[i].id }, boxes[i], title) : h("b", {}, title);
    return h("li", {}, head, h("ul", {}, h("li", {}, t("The call:"), " ", h("code", {}, item.call)), item.told.map(said)));
  });
  const chosen = () => boxes.filter((box) => box.checked).map((box) => box.value);
  const id = unique("confirm");
  const go = button(tn(items.length, "Do it", "Do all that is checked"), "confirm", () => ask({ do: "remove", keys: chosen() }), "sl-primary");
  const keep = button(t("Leave it"), "keep", () => ask({ do: "cancel" }));
  const head = h("h4", { class: "sl-heading", id }, t("This cannot be undone"));
  const section = h("section", { class: "sl-confirm", "aria-labelledby": id }, head, h("ul", {}, entries), h("div", { class: "sl-bar" }, go, keep));
  section.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    ask({ do: "cancel" });
  });
  return section;
}
