/**
 * Draws a run's loss and accuracy over the epochs.
 *
 * @module
 */
import type { EChartsOption } from "echarts";
import { boldText, bottomAxis, chartSvg, faintText, legendText, page, sideAxis } from "./chart.ts";
import type { EpochStats } from "./run_log.ts";

const chartWidth = 1000;
const chartHeight = 440;
const looks = [
  { name: "train", color: "#94a3b8", symbol: "emptyCircle" },
  { name: "test", color: "#2563eb", symbol: "circle" },
] as const;
/** Up to this many epochs, the points are shown too: a line is only visible from two points on. */
const mostSymbols = 30;

/** A panel of the picture: training and test values of one metric over the epochs. */
interface Panel {
  readonly title: string;
  readonly note: string;
  readonly left: number;
  readonly metric: "loss" | "acc";
  /** The ends of the axis for values from `min` to `max`. Default: echarts chooses. */
  readonly ends?: (metrics: Extent) => Extent;
}

interface Extent {
  readonly min: number;
  readonly max: number;
}

const panelWidth = 410;
const panels: readonly Panel[] = [
  {
    title: "Loss",
    note: "train: all terms, test: cross entropy",
    left: 60,
    metric: "loss",
  },
  {
    title: "Accuracy",
    note: "per cent",
    left: 560,
    metric: "acc",
    ends: ({ min, max }) => ({
      min: Math.min(90, Math.floor(min / 10) * 10),
      max: Math.min(100, Math.floor(max / 10) * 10 + 10),
    }),
  },
];

/**
 * Draws the loss and accuracy of a run over its epochs, as an SVG with a white background.
 *
 * The training loss includes all terms; the test loss is the cross entropy alone.
 *
 * @throws {RangeError} If there is no epoch to draw.
 */
export async function curvesSvg(stats: readonly EpochStats[], title: string): Promise<string> {
  const last = stats.at(-1);
  if (last === undefined) throw new RangeError("Cannot draw curves: there is no epoch yet");
  return await chartSvg(chartOption(stats, title, last), {
    width: chartWidth,
    height: chartHeight,
  });
}

function chartOption(
  stats: readonly EpochStats[],
  title: string,
  last: EpochStats,
): EChartsOption {
  return {
    ...page,
    title: [runTitle(title, last), ...panels.map(panelTitle)],
    legend: {
      data: looks.map(({ name }) => name),
      right: 24,
      top: 80,
      itemGap: 18,
      textStyle: legendText,
    },
    grid: panels.map(({ left }) => ({ left, top: 128, width: panelWidth, bottom: 58 })),
    xAxis: panels.map((_panel, gridIndex) => ({
      ...bottomAxis("epoch"),
      gridIndex,
      max: Math.max(2, Math.ceil(last.epoch)),
      minInterval: 1,
    })),
    yAxis: panels.map(({ ends }, gridIndex) => ({
      ...sideAxis,
      gridIndex,
      ...(ends && { min: (e: Extent) => ends(e).min, max: (e: Extent) => ends(e).max }),
    })),
    series: panels.flatMap(({ metric }, i) =>
      looks.map((look) => lineSeries(stats, i, metric, look))
    ),
  };
}

function runTitle(title: string, { epoch, test_acc, test_loss }: EpochStats) {
  return {
    text: title,
    subtext: `epoch ${Number(epoch.toFixed(2))}: test accuracy ${test_acc.toFixed(2)}%, ` +
      `test loss ${test_loss.toFixed(3)}`,
    left: 20,
    top: 14,
    itemGap: 8,
    textStyle: { ...boldText(18), width: 700, overflow: "truncate" as const },
    subtextStyle: faintText(13),
  };
}

function panelTitle({ title, note, left }: Panel) {
  return {
    text: title,
    subtext: note,
    left: left - 5,
    top: 74,
    itemGap: 4,
    textStyle: boldText(14),
    subtextStyle: faintText(),
  };
}

function lineSeries(
  stats: readonly EpochStats[],
  panelIndex: number,
  metric: Panel["metric"],
  { name, color, symbol }: typeof looks[number],
) {
  return {
    type: "line" as const,
    name,
    xAxisIndex: panelIndex,
    yAxisIndex: panelIndex,
    data: stats.map((epoch) => [epoch.epoch, epoch[`${name}_${metric}`]]),
    symbol,
    symbolSize: 6,
    showSymbol: stats.length <= mostSymbols,
    showAllSymbol: true,
    itemStyle: { color },
    lineStyle: { width: 2, color },
  };
}
