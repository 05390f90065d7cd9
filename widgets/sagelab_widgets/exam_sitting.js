// One question of a sitting at a time: answer, flag, come back; nothing here says what is right.
import { h, prose } from "./base.js";
import { button, clockFace, standing } from "./exam_words.js";
import { KINDS } from "./quiz_fields.js";

/** Numbered buttons, one tab stop; arrow keys walk along them. */
function drawOverview(row, places, at, ask) {
  const focused = [...row.children].indexOf(document.activeElement);
  row.replaceChildren(...places.map((place, i) =>
    h("button", {
      type: "button",
      class: "sl-place",
      "data-state": place.state,
      "data-flagged": place.flagged || null,
      "aria-label": place.label,
      "aria-current": i === at ? "step" : null,
      tabindex: i === at ? 0 : -1,
      onclick: () => ask({ do: "go", at: i }),
      onkeydown: (event) => {
        const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: places.length - 1 }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        row.children[to]?.focus();
      },
    }, String(i + 1))));
  if (focused >= 0) row.children[focused]?.focus();
}

/** The time that is left, or was used, and the switch of the clock. */
export function clockRow({ model, ask, t }) {
  const face = h("span", { class: "sl-clock", role: "timer", "aria-label": t("Clock") });
  const flip = button("", () => ask({ do: "clock", on: !model.get("clock").on }), "sl-quiet");
  return {
    node: h("p", { class: "sl-row" }, face, flip),
    update() {
      const { used, limit, on } = model.get("clock");
      const words = on
        ? t("{clock} left", { clock: clockFace(Math.max(0, limit - used)) })
        : t("{clock} used", { clock: clockFace(used) });
      if (face.textContent !== words) face.textContent = words;
      flip.textContent = on ? t("Switch the clock off") : t("Switch the clock on");
    },
  };
}

export function sittingPage(context) {
  const { model, ask, say, t } = context;
  const clock = clockRow(context);
  const scenario = h("div", { class: "sl-scenario", role: "group", "aria-label": t("Scenario") });
  const fieldset = h("fieldset");
  const keep = button(t("Keep this order"), () => give());
  const flag = button("", () => {
    const { id } = question();
    ask({ do: "flag", id, on: !model.get("flags").includes(id) });
  });
  const previous = button(t("← Previous"), () => ask({ do: "go", at: model.get("at") - 1 }));
  const next = h("button", { type: "submit", class: "sl-button sl-primary" });
  const overview = h("div", { class: "sl-overview", role: "toolbar", "aria-label": t("All questions") });
  const count = h("p", { class: "sl-score" });
  const form = h("form", { novalidate: true },
    fieldset,
    h("div", { class: "sl-actions" }, keep, flag),
    h("div", { class: "sl-pager" }, previous, next),
  );
  const node = h("div", {},
    h("div", { class: "sl-head" }, h("p", { class: "sl-title" }, t("Practice exam")), clock.node),
    scenario,
    form,
    overview,
    h("div", { class: "sl-foot" }, count, h("p", { class: "sl-key" }, t("● answered   ◐ incomplete   ⚑ flagged"))),
    h("div", { class: "sl-actions" },
      button(t("Look over and hand in"), () => ask({ do: "review" })),
      button(t("Stop for now"), () => ask({ do: "leave" }))),
  );
  const question = () => model.get("questions")[model.get("at")];
  let [field, drawn] = [null, null];

  function give() {
    ask({ do: "answer", id: question().id, answer: field.read() });
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const at = model.get("at") + 1;
    ask(at < model.get("questions").length ? { do: "go", at } : { do: "review" });
  });

  function drawQuestion(one) {
    const kind = KINDS[one.kind];
    const number = { at: model.get("at") + 1, count: model.get("questions").length };
    field = kind.field(one, t, give, say);
    field.write(model.get("answers")[one.id] ?? kind.blank);
    scenario.hidden = !one.case;
    scenario.replaceChildren(h("p", { class: "sl-label" }, t("Scenario")), h("p", {}, prose(one.case)));
    const hint = kind.hint(one, t);
    fieldset.replaceChildren(
      h("legend", { tabindex: -1 },
        h("span", { class: "sl-label" }, t("Question {at} of {count}", number), " "),
        h("span", { class: "sl-ask" }, prose(one.ask))),
      h("p", { class: "sl-hint", hidden: !hint }, hint),
      field.node,
    );
    say("");
  }

  function update() {
    const one = question();
    if (!one) return;
    const at = model.get("at");
    if (drawn !== one.id) {
      const turned = drawn !== null;
      drawn = one.id;
      drawQuestion(one);
      if (turned) fieldset.querySelector("legend").focus();
    }
    const places = standing(model, t);
    clock.update();
    keep.hidden = one.kind !== "order" || places[at].state !== "unanswered";
    flag.setAttribute("aria-pressed", places[at].flagged);
    flag.textContent = places[at].flagged ? t("⚑ Flagged: take the flag away") : t("⚐ Flag to come back to");
    previous.setAttribute("aria-disabled", at === 0);
    next.textContent = at < places.length - 1 ? t("Next →") : t("Look over →");
    drawOverview(overview, places, at, ask);
    const answered = places.filter((place) => place.state === "answered").length;
    count.textContent = t("Answered: {answered} of {count}", { answered, count: places.length });
  }
  update();
  return { node, update, focus: () => fieldset.querySelector("legend").focus() };
}
