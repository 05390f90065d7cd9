// The last look before an exam is handed in: what has no answer, what is flagged, and the way back to each.
import { h } from "./base.js";
import { clockRow } from "./exam_sitting.js";
import { button, heading, standing } from "./exam_words.js";

const SHORT = 110; // characters of a question that tell which it is

const short = (text) => {
  const plain = text.replaceAll("`", "").replace(/\s+/g, " ");
  return plain.length > SHORT ? `${plain.slice(0, SHORT).trimEnd()} …` : plain;
};

function list(places, { ask, t }) {
  return h("ul", { class: "sl-places" }, places.map((place) => {
    const go = button([h("strong", {}, String(place.at + 1)), h("span", {}, short(place.question.ask))],
      () => ask({ do: "go", at: place.at }), "sl-line");
    go.setAttribute("aria-label", `${place.label}. ${short(place.question.ask)}`);
    go.dataset.key = String(place.at);
    return h("li", {}, go);
  }));
}

export function reviewPage(context) {
  const { model, ask, t, tn } = context;
  const clock = clockRow(context);
  const title = heading();
  const body = h("div");
  const handIn = button(t("Hand in"), () => ask({ do: "hand_in" }), "sl-primary");
  const back = button("", () => {
    if (model.get("clock").over) ask({ do: "clock", on: false });
    else ask({ do: "go", at: model.get("at") });
  });
  const node = h("div", {},
    h("div", { class: "sl-head" }, title, clock.node),
    body,
    h("div", { class: "sl-actions" }, handIn, back, button(t("Stop for now"), () => ask({ do: "leave" }))),
  );
  let shown;

  function group(name, places) {
    if (!places.length) return null;
    return h("section", {}, h("h3", {}, t("{name}: {count}", { name, count: places.length })), list(places, context));
  }

  function drawBody(places, over) {
    const open = places.filter((place) => place.state !== "answered");
    const flagged = places.filter((place) => place.flagged && place.state === "answered");
    const rest = places.filter((place) => !place.flagged && place.state === "answered");
    const answered = places.length - open.length;
    body.replaceChildren(...[
      over ? h("p", {}, t("On AWS the exam would end here. Hand it in, or go on without the clock.")) : null,
      h("p", {}, tn(places.length, "{answered} of {count} question answered.", "{answered} of {count} questions answered.", { answered }),
        " ", open.length ? t("What has no whole answer counts as wrong.") : t("Every question has an answer.")),
      over ? null : group(t("Not answered"), open.filter((place) => place.state === "unanswered")),
      over ? null : group(t("Incomplete"), open.filter((place) => place.state === "incomplete")),
      over ? null : group(t("Answered and flagged"), flagged),
      over || !rest.length ? null : h("details", {},
        h("summary", {}, tn(rest.length, "{count} more, answered", "{count} more, answered")),
        h("div", {}, list(rest, context))),
    ].filter(Boolean));
  }

  function update() {
    const places = standing(model, t);
    const { over } = model.get("clock");
    clock.update();
    clock.node.hidden = over;
    title.textContent = over ? t("The time is up") : t("Look over your answers");
    const at = model.get("at") + 1;
    back.textContent = over ? t("Go on without the clock") : t("Back to question {at}", { at });
    const now = JSON.stringify([over, places.map((place) => [place.state, place.flagged])]);
    if (now !== shown) drawBody(places, over);
    shown = now;
  }
  update();
  return { node, update, focus: () => title.focus() };
}
