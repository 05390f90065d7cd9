// What happened to an endpoint, in words.
import { number } from "./chart.js";

/** One event of the console as a sentence. */
export function eventWords(event, { t, tn }) {
  const said = {
    started: () => t("traffic began, {rate} calls a second", event),
    stopped: () => t("traffic was stopped"),
    ended: () => t("traffic ended by itself"),
    status: () => t("the endpoint is {status}", event),
    clock: () => t("the account's clock was moved by {seconds} s", { seconds: number(event.seconds, 0) }),
    weight: () =>
      t("weight of {variant} from {before} to {now}", {
        ...event,
        before: number(event.before),
        now: number(event.now),
      }),
    instances: () => t("instances of {variant} from {before} to {now}", event),
    scaling: () => t("scaling activity: {description} {cause}", event),
    cold: () =>
      tn(
        event.count,
        "cold start seen in CloudWatch: ModelSetupTime {time} ms",
        "{count} cold starts seen in CloudWatch: ModelSetupTime {time} ms on average",
        { time: number(event.milliseconds, 0) },
      ),
  };
  return said[event.kind]?.() ?? event.kind;
}
