// Everything in the account, what it costs at the learner's prices, and its deletion. Every rule is in Python.
import { frame, h, unique, watch } from "./base.js";
import { control } from "./chart.js";
import { button, enable, keepFocus, live, memo } from "./live.js";
import { confirmation, priceTable, syncPrices, thingsTable } from "./resource_parts.js";
import { mark, translator } from "./words.js";

const VIEWS = { all: mark("Everything"), cost: mark("What costs while it stands"), idle: mark("What is idle") };
const WINDOWS = { 1: mark("1 hour"), 24: mark("24 hours"), 168: mark("7 days") };

function render({ model, el }) {
  const speech = translator(model);
  const { t, tn } = speech;
  const root = frame("resources", t("Resource explorer"));
  const watcher = live(model, root, t, () => model.get("moving"));
  const { ask } = watcher;
  const option = (table) => Object.entries(table).map(([value, label]) => h("option", { value }, t(label)));
  const view = () =>
    ask({ do: "view", show: show.value, search: search.value, hours: Number(hours.value) });
  const show = h("select", { id: unique("show"), onchange: view }, option(VIEWS));
  const hours = h("select", { id: unique("hours"), onchange: view }, option(WINDOWS));
  const search = h("input", { type: "text", class: "sl-search", id: unique("search"), maxlength: 200, autocomplete: "off", oninput: view });
  const again = button(t("Look again"), "again", () => ask({ do: "look" }));
  const idle = button(t("Delete everything idle"), "idle", () => ask({ do: "ask_idle" }));
  const at = h("p", { class: "sl-about" });
  const note = h("p", { class: "sl-note" });
  const [sums, results, confirm, prices, things, unread] = ["sl-sums-box", "", "", "", "sl-scroll", ""].map((kind) =>
    h("div", { class: kind || undefined }),
  );
  const drawSums = memo(sums, (now) => sumWords(now, speech));
  const drawResults = memo(results, (all) => resultList(all, t));
  const drawConfirm = memo(confirm, (items) => confirmation(items, speech, ask));
  const drawPrices = memo(prices, (rows) => priceTable(rows, speech, ask));
  const drawThings = memo(things, (rows) => thingsTable(rows, speech, ask));
  const drawUnread = memo(unread, (told) => unreadList(told, t));
  let asked = null;

  function draw() {
    keepFocus(root, () => {
      [show.value, hours.value] = [model.get("show"), String(model.get("hours"))];
      if (root.getRootNode().activeElement !== search) search.value = model.get("search");
      at.textContent = t("As of {time}, by the account's clock.", { time: model.get("at") });
      note.textContent = model.get("note");
      drawSums(model.get("sums"));
      drawResults(model.get("results"));
      drawConfirm(model.get("confirm"));
      drawPrices(model.get("prices").map((row) => ({ ...row, price: undefined })));
      syncPrices(prices, model.get("prices"));
      drawThings(model.get("rows"));
      drawUnread(model.get("unread"));
      const count = model.get("sums").idle ?? 0;
      idle.textContent = tn(count, "Delete the one that is idle", "Delete everything idle ({count})");
      enable(idle, count > 0);
    });
  }

  /** Lead the focus into the confirmation and back to where it came from. */
  function lead() {
    const open = model.get("confirm").length > 0;
    const active = root.getRootNode().activeElement;
    if (open) {
      asked = root.contains(active) ? active.dataset.key : null;
      confirm.querySelector('[data-key="keep"]')?.focus();
      confirm.scrollIntoView({ block: "nearest" });
    } else if (active === document.body || !active) {
      const back = [...root.querySelectorAll("[data-key]")].find((node) => node.dataset.key === asked);
      (back ?? again).focus();
    }
  }

  root.append(
    h("h3", { class: "sl-title" }, t("What stands in this account")),
    h("div", { role: "status" }, sums, note, results, watcher.line),
    confirm,
    h("details", { open: true }, h("summary", {}, t("Prices that you type")), prices),
    h("h4", { class: "sl-heading" }, t("Resources")),
    h("div", { class: "sl-bar" }, control(t("Show"), show), control(t("Search"), search), control(t("Idle means unused for"), hours), again, idle),
    at,
    things,
    unread,
  );
  el.append(root);
  draw();
  const state = ["rows", "prices", "sums", "results", "unread", "show", "search", "hours", "note", "at"];
  const stops = [
    watch(model, state, draw),
    watch(model, ["confirm"], () => {
      draw();
      lead();
    }),
    watcher.stop,
  ];
  return () => stops.forEach((stop) => stop());
}

function sumWords(now, { t, tn }) {
  const sum = (amount, words) => h("p", { class: "sl-sum" }, h("b", {}, now.priced ? amount : "–"), words);
  const list = (names) => names.join(", ");
  const left = [
    now.unpriced?.length ? t("Left out, for want of a price: {names}.", { names: list(now.unpriced) }) : null,
    now.unknown?.length ? t("Left out, not known here: {names}.", { names: list(now.unknown) }) : null,
    now.use?.length ? t("Left out, billed by use: {names}.", { names: list(now.use) }) : null,
  ];
  return [
    h(
      "div",
      { class: "sl-sums" },
      sum(now.hourly, t("an hour, at your prices")),
      sum(now.monthly, t("a month of 730 hours, if all stays as it is")),
      h("p", { class: "sl-sum" }, h("b", {}, String(now.billed ?? 0)), tn(now.billed, "resource with instances billed by the hour", "resources with instances billed by the hour")),
    ),
    left.filter(Boolean).map((words) => h("p", { class: "sl-left-out" }, words)),
  ];
}

function resultList(all, t) {
  if (!all.length) return [];
  return h(
    "ul",
    { class: "sl-results" },
    all.map((one) =>
      one.ok
        ? h("li", {}, t("Done:"), " ", h("code", {}, one.call))
        : h("li", { class: "sl-refused" }, t("Refused:"), " ", h("code", {}, one.call), " ", one.said),
    ),
  );
}

function unreadList(told, t) {
  const kinds = Object.entries(told);
  if (!kinds.length) return [];
  return [
    h("h4", { class: "sl-heading" }, t("Not listed, or not whole")),
    h("ul", {}, kinds.map(([kind, why]) => h("li", {}, t("{kind}: {why}", { kind, why })))),
  ];
}
export default { render };
