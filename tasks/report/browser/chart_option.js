/**
 * What echarts draws: a line for each run, the axes, and the tooltip.
 *
 * @module
 */
// @ts-check
/// <reference lib="dom" />
import { input, make } from "./elements.js";
import { color, colorOf, lineOf, symbolOf } from "./group_style.js";
import { runs, shownRuns } from "./state.js";
/** @import { Metric, Run } from "./state.js" */

/** Up to this many rows, the points are shown too: a line is only visible from two points on. */
const mostSymbols = 30;
/** Up to this many runs have thick lines. */
const mostThick = 8;
/** The most runs in a tooltip: more do not fit on a screen. */
const mostInTip = 12;

/**
 * The lines of the shown runs that have the metric.
 *
 * @param {Metric} metric
 */
export function seriesOf(metric) {
  return shownRuns().map((run) => lineOfRun(run, metric)).filter(({ data }) => data.length > 0);
}

/**
 * @param {Run} run
 * @param {Metric} metric
 */
function lineOfRun(run, { key, table }) {
  const columns = run[table];
  const x = columns[columnOf(table)] ?? [];
  const y = columns[key] ?? [];
  const paint = color(colorOf(run.group));
  return {
    ...{ id: String(run.id), name: run.name, type: "line", sampling: "lttb" },
    data: x.flatMap((place, i) => y[i] === null || y[i] === undefined ? [] : [[place, y[i]]]),
    symbol: symbolOf(run.group),
    symbolSize: 5,
    showSymbol: x.length <= mostSymbols,
    itemStyle: { color: paint },
    lineStyle: {
      ...{ color: paint, type: lineOf(run.group) },
      width: runs.length > mostThick ? 1.25 : 2,
    },
    emphasis: { disabled: true },
  };
}

/** The column of a table that counts. @param {Metric["table"]} table */
function columnOf(table) {
  return table === "epochs" ? "epoch" : "step";
}

/**
 * A chart without its lines.
 *
 * @param {Metric} metric
 */
export function optionOf(metric) {
  const [ink, faint, line, paper] = ["--ink", "--faint", "--line", "--paper"].map(color);
  const text = { color: faint, fontSize: 12 };
  return {
    animation: false,
    textStyle: { color: ink, fontFamily: getComputedStyle(document.body).fontFamily },
    grid: { left: 8, right: 14, top: 14, bottom: 26, containLabel: true },
    xAxis: {
      type: "value",
      name: columnOf(metric.table),
      nameLocation: "middle",
      nameGap: 26,
      nameTextStyle: text,
      axisLabel: { ...text, hideOverlap: true },
      axisLine: { lineStyle: { color: faint } },
      splitLine: { show: false },
      minInterval: 1,
      min: metric.table === "epochs" ? Number(input("first").value) || 0 : 0,
    },
    yAxis: {
      type: metric.isLoss && input("log").checked ? "log" : "value",
      scale: true,
      axisLabel: { ...text, hideOverlap: true },
      splitLine: { lineStyle: { color: line } },
    },
    // On a canvas of its own, and without points on the lines: moving it draws no line anew.
    axisPointer: { zlevel: 1, triggerEmphasis: false },
    tooltip: {
      trigger: "axis",
      confine: true,
      transitionDuration: 0,
      backgroundColor: paper,
      borderColor: line,
      textStyle: { color: ink },
      axisPointer: { animation: false, lineStyle: { color: faint } },
      formatter: (/** @type {any[]} */ points) => tip(metric, points),
    },
  };
}

/**
 * What a tooltip shows: an element, because markup would be run.
 *
 * @param {Metric} metric
 * @param {any[]} points
 */
function tip({ table, digits }, points) {
  const box = make("div", "", "tip");
  box.append(make("strong", `${columnOf(table)} ${points[0]?.value[0]}`));
  for (const { seriesName, color, value } of points.slice(0, mostInTip)) {
    const row = make("div");
    const swatch = make("span", "", "swatch");
    swatch.style.borderTopColor = color;
    row.append(swatch, make("span", seriesName), make("span", value[1].toFixed(digits)));
    box.append(row);
  }
  if (points.length > mostInTip) box.append(make("div", `and ${points.length - mostInTip} more`));
  return box;
}
