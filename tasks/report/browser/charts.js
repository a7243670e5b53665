/**
 * The charts: one for each metric, drawn when it is in sight.
 *
 * @module
 */
// @ts-check
/// <reference lib="dom" />
import { optionOf, seriesOf } from "./chart_option.js";
import { byId, make } from "./elements.js";
import { metrics } from "./state.js";
/** @import { Metric } from "./state.js" */

/** @typedef {{ metric: Metric, figure: HTMLElement, box: HTMLElement, chart: any, isDirty: boolean, isSeen: boolean, series: string }} Panel */

/** @type {Map<string, Panel>} */
const panels = new Map();

const seen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const panel = [...panels.values()].find(({ figure }) => figure === target);
    if (panel) panel.isSeen = isIntersecting;
  }
  schedule();
}, { rootMargin: "200px" });
const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    [...panels.values()].find(({ box }) => box === target)?.chart.resize();
  }
});

/** Shows a chart for each metric, in order, with what is known now. */
export function showCharts() {
  for (const [key, panel] of panels) {
    if (metrics.some((metric) => metric.key === key)) continue;
    panel.chart.dispose();
    panel.figure.remove();
    panels.delete(key);
  }
  metrics.forEach((metric, i) => {
    const { figure } = panels.get(metric.key) ?? makePanel(metric);
    const place = byId("charts").children[i] ?? null;
    if (place !== figure) byId("charts").insertBefore(figure, place);
  });
  byId("no-charts").hidden = metrics.length > 0;
  redraw();
}

/** @param {Metric} metric */
function makePanel(metric) {
  const figure = make("figure");
  const box = make("div", "", "chart");
  box.setAttribute("role", "img");
  box.setAttribute(
    "aria-label",
    `Chart: ${metric.title}. Its numbers are under "Numbers at one epoch".`,
  );
  const caption = make("figcaption");
  caption.append(make("h3", metric.title), make("p", metric.unit, "faint"));
  figure.append(caption, box);
  byId("charts").append(figure);
  const { echarts } = /** @type {any} */ (globalThis);
  const chart = echarts.init(box, null, { renderer: "canvas" });
  /** @type {Panel} */
  const panel = { metric, figure, box, chart, isDirty: true, isSeen: false, series: "" };
  panels.set(metric.key, panel);
  seen.observe(figure);
  resized.observe(box);
  return panel;
}

/** Draws all charts anew: those in sight now, the others when they are. */
export function redraw() {
  for (const panel of panels.values()) setDirty(panel, true);
  schedule();
}

let isScheduled = false;
/** Draws one chart in a frame, and leaves the reader time between changes that take long. */
function schedule() {
  if (isScheduled) return;
  const panel = [...panels.values()].find(({ isDirty, isSeen }) => isDirty && isSeen);
  if (panel === undefined) return;
  isScheduled = true;
  requestAnimationFrame(() => {
    const start = performance.now();
    const isNew = panel.series === "";
    draw(panel);
    setTimeout(() => {
      isScheduled = false;
      schedule();
    }, isNew ? 0 : 2 * (performance.now() - start));
  });
}

/**
 * Notes whether a chart waits to be drawn, and tells assistive technology.
 *
 * @param {Panel} panel
 * @param {boolean} isDirty
 */
function setDirty(panel, isDirty) {
  panel.isDirty = isDirty;
  panel.box.setAttribute("aria-busy", String(isDirty));
}

/** @param {Panel} panel */
function draw(panel) {
  setDirty(panel, false);
  const series = seriesOf(panel.metric);
  // Merging is faster, but only replacing removes a series.
  const ids = series.map(({ id }) => id).join();
  panel.chart.setOption({ ...optionOf(panel.metric), series }, {
    replaceMerge: ids === panel.series ? [] : ["series"],
  });
  panel.series = ids;
}
