// What rules say of a job: those that DescribeTrainingJob tells of, and those checked here over its record of tensors.
import { h } from "./base.js";
import { table } from "./chart.js";
import { mark } from "./words.js";

const SIGNS = { IssuesFound: "✕", NoIssuesFound: "✓", InProgress: "▶", NoData: "–", Error: "✕", Stopping: "◼", Stopped: "◼" };
const WORDS = { NoData: mark("nothing for it in the record") };

const rows = (rules, t) =>
  rules.map((one) => [one.rule, `${SIGNS[one.status] ?? ""} ${WORDS[one.status] ? t(WORDS[one.status]) : one.status}`, one.details]);

/** Both tables, or a sentence that says why there is none. */
export function ruleTables([told, checked, record, strange], t) {
  const heads = [t("Rule"), t("Status"), t("Where")];
  const found = [];
  if (told.length) found.push(table(t("DebugRuleEvaluationStatuses, as the account tells them"), heads, rows(told, t)));
  if (checked.length) {
    const caption = t("Checked by this monitor over the job's record, with the defaults of Debugger's rules");
    found.push(table(caption, heads, rows(checked, t)), h("p", { class: "sl-about sl-uri" }, t("The record: {record}", { record })));
  }
  if (strange) found.push(h("p", { class: "sl-about" }, t("Lines of the record that cannot be read: {strange}.", { strange })));
  if (found.length) return found;
  return h("p", { class: "sl-about" }, t("The account tells of no rules for this job, and the job has no record of tensors to check."));
}
