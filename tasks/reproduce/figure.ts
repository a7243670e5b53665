/**
 * The results of a table as pictures: the accuracy of every run, and accuracy over time.
 *
 * @module
 */
import {
  boldText,
  bottomAxis,
  chartSvg,
  faintText,
  legendText,
  page,
  sideAxis,
} from "../run/chart.ts";
import { measure, timeOf } from "./markdown.ts";
import type { RunResult } from "./results.ts";
import { mean } from "./statistics.ts";
import type { Table } from "./table.ts";

const width = 1000;
const rowHeight = 34;
const legendRowHeight = 25;
/** Pixels per letter of a label, in the widest of the fonts that a viewer may take. */
const letterWidth = 7.8;
/** Colours of echarts, after which they begin again, with another stroke. */
const colorCount = 9;
const strokes = ["solid", "dashed", "dotted"] as const;
const colors = { run: "#2563eb", mean: "#1f2937" };

/** Draws a point for each run and a bar for each row's mean, as an SVG with a white background. */
export async function figureSvg(table: Table, results: readonly RunResult[]): Promise<string> {
  const measured = measure(table, results);
  const labels = measured.map(({ row, runs }) => `${row.label} (n = ${runs.length})`);
  const points = measured.flatMap(({ runs }, i) => runs.map(({ last }) => [last.test_acc, i]));
  const means = measured.map(({ runs }, i) => [mean(runs.map(({ last }) => last.test_acc)), i]);
  const height = 120 + rowHeight * measured.length;
  return await chartSvg({
    ...page,
    title: {
      text: "Test accuracy of the last epoch, per cent",
      subtext: "a point for each seed, a bar for their mean",
      left: 20,
      top: 14,
      textStyle: boldText(16),
      subtextStyle: faintText(13),
    },
    grid: { left: 20 + widthOf(labels), right: 40, top: 76, bottom: 40 },
    xAxis: { ...sideAxis, scale: true },
    yAxis: {
      type: "category",
      data: labels,
      inverse: true,
      axisLabel: { ...faintText(13), color: colors.mean },
      axisTick: { show: false },
      axisLine: { show: false },
      splitLine: { show: true, lineStyle: { color: "#f3f4f6" } },
    },
    series: [
      {
        type: "scatter",
        data: points,
        symbolSize: 9,
        itemStyle: { color: colors.run, opacity: 0.7 },
      },
      {
        type: "scatter",
        data: means,
        symbol: "rect",
        symbolSize: [3, 20],
        itemStyle: { color: colors.mean },
      },
    ],
  }, { width, height });
}

/** Draws the mean test accuracy of each row over the processor time, as an SVG with a white background. */
export async function timeSvg(table: Table, results: readonly RunResult[]): Promise<string> {
  const measured = measure(table, results);
  const legendWidth = 70 + widthOf(measured.map(({ row }) => row.label));
  return await chartSvg({
    ...page,
    title: {
      text: "Test accuracy over processor time, per cent",
      subtext: "the mean over the seeds of each row",
      left: 20,
      top: 14,
      textStyle: boldText(16),
      subtextStyle: faintText(13),
    },
    legend: {
      type: "plain",
      orient: "vertical",
      left: width - legendWidth,
      top: 76,
      itemWidth: 36,
      itemStyle: { opacity: 0 }, // no circle over the line
      textStyle: legendText,
    },
    grid: { left: 60, right: legendWidth + 20, top: 76, bottom: 56 },
    xAxis: bottomAxis("processor minutes"),
    yAxis: { ...sideAxis, scale: true },
    series: measured.map(({ row, runs }, i) => ({
      type: "line" as const,
      name: row.label,
      showSymbol: false,
      lineStyle: { type: strokes[Math.floor(i / colorCount) % strokes.length]! },
      data: meanCurve(runs),
    })),
  }, { width, height: 140 + legendRowHeight * measured.length });
}

/** The pixels that the longest of these labels needs. */
function widthOf(labels: readonly string[]): number {
  return letterWidth * Math.max(0, ...labels.map((label) => label.length));
}

/** Minutes and accuracy after each epoch. */
function meanCurve(runs: readonly RunResult[]): [number, number][] {
  const minutes = mean(runs.map((run) => timeOf(run) / run.epochs)) / 60;
  return Array.from({ length: runs[0]!.epochs }, (_, i) => [
    minutes * (i + 1),
    mean(runs.map(({ curve }) => curve.test_acc[i]!)),
  ]);
}
