/**
 * The curves of a run as a picture: loss and accuracy over the epochs.
 *
 * @module
 */
import type { EChartsOption } from "echarts";
import type { EpochStats } from "./run_log.ts";

const WIDTH = 1000;
const HEIGHT = 430;
const FONT = "'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif";
const INK = "#1f2937";
const FAINT_INK = "#6b7280";
const GRID = "#e5e7eb";
const TRAIN = { name: "train", color: "#94a3b8", symbol: "emptyCircle" };
const TEST = { name: "test", color: "#2563eb", symbol: "circle" };
/** With few epochs the points themselves are shown: a line needs two of them to be seen. */
const MOST_SYMBOLS = 30;

/** A panel of the picture: two columns of the log over the epochs. */
interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly left: number;
  readonly train: keyof EpochStats;
  readonly test: keyof EpochStats;
}

const PANEL_WIDTH = 410;
const PANELS: readonly Panel[] = [
  { title: "Loss", unit: "", left: 60, train: "train_loss", test: "test_loss" },
  { title: "Accuracy", unit: "%", left: 560, train: "train_acc", test: "test_acc" },
];

/**
 * Draws the loss and the accuracy of a run over its epochs, as an SVG with a white background.
 *
 * The training loss has all its terms, the test loss is the cross entropy alone.
 *
 * @throws {RangeError} Where there is no epoch to draw.
 */
export async function curvesSvg(stats: readonly EpochStats[], title: string): Promise<string> {
  const last = stats.at(-1);
  if (last === undefined) throw new RangeError("Cannot draw curves: there is no epoch yet");
  // Importing echarts takes a tenth of a second, which only a run that draws has to spend.
  const echarts = await import("echarts");
  const chart = echarts.init(null, null, {
    renderer: "svg",
    ssr: true,
    width: WIDTH,
    height: HEIGHT,
  });
  try {
    chart.setOption(chartOption(stats, title, last));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

function chartOption(
  stats: readonly EpochStats[],
  title: string,
  last: EpochStats,
): EChartsOption {
  const subtitle = `epoch ${round(last.epoch)}: test accuracy ${last.test_acc.toFixed(2)}%, ` +
    `test loss ${last.test_loss.toFixed(3)}`;
  return {
    animation: false,
    backgroundColor: "#ffffff",
    textStyle: { fontFamily: FONT, color: INK },
    title: [
      {
        text: title,
        subtext: subtitle,
        left: 20,
        top: 14,
        itemGap: 8,
        textStyle: { fontSize: 18, fontWeight: 600, color: INK, width: 760, overflow: "truncate" },
        subtextStyle: { fontSize: 13, color: FAINT_INK },
      },
      ...PANELS.map((panel) => ({
        text: panel.unit === "" ? panel.title : `${panel.title} (${panel.unit})`,
        left: panel.left - 5,
        top: 80,
        textStyle: { fontSize: 13, fontWeight: 600 as const, color: INK },
      })),
    ],
    legend: {
      data: [TRAIN.name, TEST.name],
      right: 28,
      top: 20,
      itemGap: 18,
      textStyle: { fontSize: 13, color: INK },
    },
    grid: PANELS.map(({ left }) => ({ left, top: 112, width: PANEL_WIDTH, bottom: 58 })),
    xAxis: PANELS.map((_panel, i) => ({
      gridIndex: i,
      type: "value" as const,
      ...epochRange(stats),
      name: "epoch",
      nameLocation: "middle" as const,
      nameGap: 30,
      nameTextStyle: { fontSize: 12, color: FAINT_INK },
      axisLabel: { fontSize: 12, color: FAINT_INK },
      axisLine: { lineStyle: { color: FAINT_INK } },
      axisTick: { show: true },
      splitLine: { show: false },
    })),
    yAxis: PANELS.map((_panel, i) => ({
      gridIndex: i,
      type: "value" as const,
      scale: true,
      axisLabel: { fontSize: 12, color: FAINT_INK },
      splitLine: { lineStyle: { color: GRID } },
    })),
    series: PANELS.flatMap((panel, i) => [
      lineSeries(stats, i, panel.train, TRAIN),
      lineSeries(stats, i, panel.test, TEST),
    ]),
  };
}

function lineSeries(
  stats: readonly EpochStats[],
  panelIndex: number,
  column: keyof EpochStats,
  { name, color, symbol }: typeof TRAIN,
) {
  return {
    type: "line" as const,
    name,
    xAxisIndex: panelIndex,
    yAxisIndex: panelIndex,
    data: stats.map((epoch) => [epoch.epoch, epoch[column] as number]),
    symbol,
    symbolSize: 6,
    showSymbol: stats.length <= MOST_SYMBOLS,
    showAllSymbol: true,
    itemStyle: { color },
    lineStyle: { width: 2, color },
  };
}

/** Whole epochs on the axis, and some room around a single one. */
function epochRange(
  stats: readonly EpochStats[],
): { min: number; max: number; minInterval: number } {
  const last = stats.at(-1)!.epoch;
  return { min: 0, max: Math.max(1, Math.ceil(last)), minInterval: 1 };
}

function round(epoch: number): string {
  return String(Number(epoch.toFixed(2)));
}
