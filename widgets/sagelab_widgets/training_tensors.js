// The tensors of a job's record: how large each is as training goes on, and its histogram at one step.
import { h, svg, unique } from "./base.js";
import { control, drawToWidth, number, percent, picture, scale, ticks, tickWords, words, line } from "./chart.js";
import { legendOf, linesChart } from "./lines_chart.js";
import { memo } from "./live.js";

const MOST_LINES = 6;

/** A panel over `tensors()`; the chosen tensor and step live here, they are only ways to look. */
export function tensorView(model, { t }, tensors) {
  let [chosen, place] = ["", Infinity];
  const picker = h("select", { id: unique("tensor"), "data-key": "tensor" });
  const slider = h("input", { type: "range", id: unique("step"), min: 0, step: 1, "data-key": "tensor step" });
  const now = h("span", { class: "sl-now-set", "aria-hidden": "true" });
  const [sizes, histogram] = [h("div", { class: "sl-chart" }), h("div", { class: "sl-chart" })];
  const [told, legend] = [h("p", { class: "sl-about" }), h("div")];
  const title = (text) => h("p", { class: "sl-chart-title" }, text);
  const root = h(
    "section",
    { class: "sl-tensors", "aria-label": t("Tensors of the record") },
    h("p", { class: "sl-heading" }, t("Tensors, from the record that the job's hook has saved in S3")),
    h("div", { class: "sl-controls" }, control(t("Tensor"), picker), control(t("Step"), slider, now)),
    h(
      "div",
      { class: "sl-charts" },
      h("div", {}, title(t("Mean of the absolute values, as a power of ten")), legend, sizes),
      h("div", {}, title(t("Histogram at this step")), histogram, told),
    ),
  );
  picker.addEventListener("change", () => {
    chosen = picker.value;
    draw();
  });
  slider.addEventListener("input", () => {
    place = Number(slider.value);
    draw();
  });
  const fill = memo(picker, (names) => names.map((name) => h("option", { value: name }, name)));

  const stepsOf = () => tensors()[chosen] ?? [];
  const stepNow = () => stepsOf()[Math.min(place, stepsOf().length - 1)];

  function lines() {
    const kin = Object.entries(tensors()).filter(([name]) => name.split("/")[0] === chosen.split("/")[0]);
    const nearest = [...kin.filter(([name]) => name === chosen), ...kin.filter(([name]) => name !== chosen)];
    return nearest.slice(0, MOST_LINES).map(([name, steps]) => ({
      name,
      points: steps.filter((one) => one.abs_mean > 0).map((one) => [one.step, Math.log10(one.abs_mean)]),
    }));
  }

  function drawSizes(width) {
    const series = lines().filter((one) => one.points.length);
    const label = t("Mean of the absolute values by step, as a power of ten");
    const nothing = h("p", { class: "sl-about" }, t("All values are zero."));
    sizes.replaceChildren(series.length ? linesChart({ label, series, width, xTitle: t("step"), height: 220 }) : nothing);
  }

  function drawHistogram(width) {
    const one = stepNow();
    if (one?.counts) histogram.replaceChildren(bars(one, width, t("Histogram of {chosen} at step {step}", { chosen, step: one.step }), t));
    else histogram.replaceChildren(h("p", { class: "sl-about" }, t("No finite value at this step.")));
  }

  function draw() {
    const names = Object.keys(tensors());
    root.hidden = !names.length;
    if (!names.length) return;
    if (!names.includes(chosen)) chosen = names[0];
    fill(names);
    picker.value = chosen;
    slider.max = stepsOf().length - 1;
    slider.value = Math.min(place, stepsOf().length - 1);
    const one = stepNow();
    now.textContent = number(one.step, 0);
    slider.setAttribute("aria-valuetext", t("step {step}", { step: one.step }));
    told.textContent = momentsOf(one, t);
    legend.replaceChildren(legendOf(lines().filter((each) => each.points.length).map((each) => each.name)));
    if (sizes.clientWidth) drawSizes(sizes.clientWidth);
    if (histogram.clientWidth) drawHistogram(histogram.clientWidth);
  }
  const follow = () => {
    const stops = [drawToWidth(sizes, drawSizes), drawToWidth(histogram, drawHistogram)];
    return () => stops.forEach((end) => end());
  };
  return { root, draw, follow };
}

const short = (value) => (value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(2).replace("-", "−") : number(value));

function momentsOf(one, t) {
  const share = percent(one.count ? one.zeros / one.count : 0);
  const bad = one.bad ? t(" NaN or infinite: {bad}.", one) : "";
  if (one.mean === undefined) return t("{count} values, none of them finite.", one);
  const said = { count: number(one.count, 0), share, least: short(one.min), most: short(one.max) };
  const moments = { mean: short(one.mean), std: short(one.std) };
  return t("{count} values from {least} to {most}, mean {mean}, standard deviation {std}, {share} zeros.", { ...said, ...moments }) + bad;
}

function bars(one, width, label, t) {
  const [left, right, top, bottom, height] = [14, width - 14, 12, 170, 210];
  const x = scale([one.edges[0], one.edges.at(-1)], [left, right]);
  const most = Math.max(...one.counts);
  const y = scale([0, most], [bottom, top]);
  const marks = ticks(one.edges[0], one.edges.at(-1), Math.max(2, Math.floor((right - left) / 110)));
  const small = Math.max(...marks.map(Math.abs)) < 1e-3;
  const said = small ? marks.map(short) : tickWords(marks);
  return picture(
    label,
    width,
    height,
    one.counts.map((count, i) =>
      svg("rect", {
        x: x(one.edges[i]) + 0.5,
        y: y(count),
        width: Math.max(0.5, x(one.edges[i + 1]) - x(one.edges[i]) - 1),
        height: bottom - y(count),
        class: "sl-bar-fill",
      }),
    ),
    line(left, bottom, right, bottom, "sl-axis"),
    marks.map((at, i) => words(said[i], x(at), bottom + 17, "middle", "sl-small")),
    words(t("value; the tallest bar holds {most}", { most: number(most, 0) }), (left + right) / 2, height - 4, "middle", "sl-small"),
  );
}
