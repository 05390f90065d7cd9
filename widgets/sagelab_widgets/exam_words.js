// What the pages of the exam say alike: what an exam asks, how long it took, where a question stands.
import { h } from "./base.js";
import { KINDS } from "./quiz_fields.js";
import { mark } from "./words.js";

const STATES = {
  unanswered: [mark("Question {number}: not answered"), mark("Question {number}: not answered, flagged")],
  incomplete: [mark("Question {number}: incomplete"), mark("Question {number}: incomplete, flagged")],
  answered: [mark("Question {number}: answered"), mark("Question {number}: answered, flagged")],
};

/** A heading that takes the focus when its page comes up. */
export const heading = (...words) => h("h2", { class: "sl-heading", tabindex: -1 }, words);

/** A button; pressed it does nothing while aria-disabled. */
export function button(label, press, kind = "") {
  const node = h("button", { type: "button", class: `sl-button ${kind}` }, label);
  node.addEventListener("click", () => node.getAttribute("aria-disabled") !== "true" && press());
  return node;
}

/** Where each question stands: unanswered, incomplete or answered, and whether it is flagged. */
export function standing(model, t) {
  const [answers, flags] = [model.get("answers"), model.get("flags")];
  return model.get("questions").map((question, at) => {
    const answer = answers[question.id];
    const lacks = answer && KINDS[question.kind].lacks(question, answer, t);
    const state = !answer ? "unanswered" : lacks ? "incomplete" : "answered";
    const flagged = flags.includes(question.id);
    return { question, at, state, flagged, label: t(STATES[state][Number(flagged)], { number: at + 1 }) };
  });
}

/** What was asked for, in words. */
export function examName(exam, { t }) {
  if (exam.wish === "full") return t("Full length");
  return exam.wish === "weak" ? t("Weak topics") : exam.modules.join(", ");
}

/** Seconds as minutes. */
export const minutes = (seconds, { tn }) => tn(Math.round(seconds / 60), "{count} minute", "{count} minutes");

/** Seconds as a clock shows them: 1:58:03. */
export function clockFace(seconds) {
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  return [h, String(m).padStart(2, "0"), String(s).padStart(2, "0")].join(":");
}

/** A moment in the reader's own way of writing it. */
export const moment = (iso) => new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
