/**
 * Draws the results of a table: the accuracy of every run, by row.
 *
 * @module
 */
import { boldText, chartSvg, faintText, page, sideAxis } from "../run/chart.ts";
import { measure } from "./markdown.ts";
import type { RunResult } from "./results.ts";
import { mean } from "./statistics.ts";
import type { Table } from "./table.ts";

const width = 1000;
const rowHeight = 34;
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
    grid: { left: 250, right: 40, top: 76, bottom: 40 },
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
