// Parts of the wrangler that stay the same while the flow changes: the ways in, and the tabs.
import { h, unique } from "./base.js";
import { button } from "./live.js";

/** Another table from S3, or a flow from a file; `done` comes after what worked. */
export function sourceBox({ hasLab, send, done, t }) {
  const uri = h("input", {
    type: "text",
    id: unique("uri"),
    placeholder: "s3://bucket/folder/table.csv",
    autocomplete: "off",
  });
  const file = h("input", { type: "file", id: unique("file"), accept: ".flow,application/json" });
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    const text = await chosen.text();
    file.value = "";
    send({ do: "open", text }, done);
  });
  const bring = button(t("Import table"), "import", () =>
    send({ do: "import", uri: uri.value }, () => {
      uri.value = "";
      done();
    }),
  );
  const line = (label, input, ...more) =>
    h("div", { class: "sl-source-line" }, h("label", { for: input.id }, label), input, ...more);
  return h(
    "details",
    { class: "sl-sources" },
    h("summary", {}, t("Import a table or open a flow")),
    hasLab
      ? line(t("CSV or Parquet file in S3"), uri, bring)
      : h("p", { class: "sl-about" }, t("Tables come from S3 once the wrangler is given a lab.")),
    line(t("Flow file (replaces this flow)"), file),
  );
}

/** One tab stop; arrow keys walk along the tabs and open them. */
export function tabButtons(tabs, panel, open, t) {
  const buttons = tabs.map(([name, label], i) =>
    h(
      "button",
      {
        type: "button",
        role: "tab",
        id: unique("tab"),
        class: "sl-tab",
        "aria-controls": panel,
        onclick: () => open(name),
        onkeydown: (event) => {
          const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: tabs.length - 1 }[event.key];
          if (to === undefined || !tabs[to]) return;
          event.preventDefault();
          open(tabs[to][0]);
          buttons[to].focus();
        },
      },
      t(label),
    ),
  );
  return buttons;
}
