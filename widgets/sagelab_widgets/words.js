// The interface's words: English stands in the code, other languages come with the model's `words`.

/** Mark a text that stands in a table of the module; translate it with `t` where it is shown. */
export const mark = (text) => text;

/** Give t("Question {at} of {count}", { at, count }) and tn(count, "{count} row", "{count} rows") for a model. */
export function translator(model) {
  const words = model.get("words") ?? {};
  const t = (text, values = {}) =>
    (words[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
  const tn = (count, one, many, values = {}) => t(count === 1 ? one : many, { count, ...values });
  return { t, tn };
}
