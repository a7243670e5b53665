/**
 * How the cost of a step grows: the points that are measured, and their pictures.
 *
 * @module
 */
import type { EChartsOption } from "echarts";
import { chartSvg, FAINT_INK, FONT, GRID, INK } from "../run/chart.ts";
import { median } from "../../lib/median.ts";
import { type Case, plainCase } from "./cases.ts";
import type { Times } from "./in_turns.ts";

/** What grows, with its values from small to large. */
export interface Axis {
  name: "batch" | "width" | "depth" | "threads";
  /** What the values are, with their unit. */
  label: string;
  values: readonly number[];
}

/** What grows on a machine with so many processors; `quick` keeps the ends alone. */
export function growthAxes(processors: number, quick: boolean): Axis[] {
  const axes: Axis[] = [
    { name: "batch", label: "images a step", values: [16, 32, 64, 128, 256] },
    { name: "width", label: "widening factor", values: [1, 2, 4] },
    { name: "depth", label: "layers", values: [10, 16, 22, 28, 40] },
    { name: "threads", label: "processor threads", values: threadCounts(processors) },
  ];
  const ends = (values: readonly number[]) => [...new Set([values[0]!, values.at(-1)!])];
  return quick ? axes.map((axis) => ({ ...axis, values: ends(axis.values) })) : axes;
}

/** Powers of two, and all. */
function threadCounts(processors: number): number[] {
  const powers = Array.from({ length: Math.ceil(Math.log2(processors)) }, (_, i) => 2 ** i);
  return [...powers, processors];
}

/** A step that is timed, and the threads that it has. */
export interface GrowthStep {
  shape: Case;
  threads: number;
}

/** The step of a point: the plain one on all threads, with one thing changed. */
export function growthStep({ name }: Axis, value: number, threads: number): GrowthStep {
  if (name === "threads") return { shape: plainCase, threads: value };
  return { shape: { ...plainCase, [name]: value }, threads };
}

/** What a step is, such as `depth 16, width 1, batch 128, 2 threads`; without what an axis changes. */
export function describeStep(
  { shape: { depth, width, batch }, threads }: GrowthStep,
  without?: Axis["name"],
): string {
  const parts = {
    depth: `depth ${depth}`,
    width: `width ${width}`,
    batch: `batch ${batch}`,
    threads: `${threads} ${threads === 1 ? "thread" : "threads"}`,
  };
  return Object.entries(parts).filter(([name]) => name !== without).map(([, text]) => text)
    .join(", ");
}

/** The milliseconds of a step at a point, by program. */
export interface GrowthPoint {
  value: number;
  /** The medians. */
  milliseconds: Readonly<Record<string, number>>;
  /** The least times: a median far above them is of a disturbed program. */
  least: Readonly<Record<string, number>>;
}

/** The point of a value with these times. */
export function growthPoint(value: number, times: Times): GrowthPoint {
  const each = (figure: (times: number[]) => number) =>
    Object.fromEntries(Object.entries(times).map(([program, ms]) => [program, figure(ms)]));
  return { value, milliseconds: each(median), least: each((ms) => Math.min(...ms)) };
}

const WIDTH = 640;
const HEIGHT = 420;
const COLORS = ["#2563eb", "#ea580c", "#0d9488", "#9333ea"];

/**
 * Draws the time of a step over what grows, a line for each program, as an SVG with a white background,
 * which is legible on a dark page too.
 *
 * @param title such as `WRN-16-1, batch 128, float32`.
 */
export async function growthSvg(
  axis: Axis,
  points: readonly GrowthPoint[],
  title: string,
): Promise<string> {
  return await chartSvg(chartOption(axis, points, title), { width: WIDTH, height: HEIGHT });
}

function chartOption(
  axis: Axis,
  points: readonly GrowthPoint[],
  title: string,
): EChartsOption {
  const programs = [...new Set(points.flatMap(({ milliseconds }) => Object.keys(milliseconds)))];
  const nameStyle = { fontSize: 12, color: FAINT_INK };
  return {
    animation: false,
    backgroundColor: "#ffffff",
    color: COLORS,
    textStyle: { fontFamily: FONT, color: INK },
    title: {
      text: `Milliseconds a training step over ${axis.label}`,
      subtext: title,
      ...{ left: 20, top: 14, itemGap: 8 },
      textStyle: { fontSize: 16, fontWeight: 600, color: INK },
      subtextStyle: { fontSize: 12, color: FAINT_INK, width: WIDTH - 40, overflow: "break" },
    },
    legend: { data: programs, right: 24, top: 84, textStyle: { fontSize: 13, color: INK } },
    grid: { left: 70, right: 40, top: 120, bottom: 58 },
    xAxis: {
      type: "value",
      min: 0,
      max: axis.values.at(-1)!,
      name: axis.label,
      nameLocation: "middle",
      nameGap: 30,
      nameTextStyle: nameStyle,
      axisLabel: { fontSize: 12, color: FAINT_INK, customValues: [...axis.values] },
      axisTick: { customValues: [...axis.values] },
      axisLine: { lineStyle: { color: FAINT_INK } },
      splitLine: { show: false },
    },
    yAxis: {
      type: "value",
      min: 0,
      name: "ms a step",
      nameLocation: "middle",
      nameGap: 48,
      nameTextStyle: nameStyle,
      axisLabel: { fontSize: 12, color: FAINT_INK },
      splitLine: { lineStyle: { color: GRID } },
    },
    series: programs.map((program) => ({
      type: "line",
      name: program,
      data: points.map(({ value, milliseconds }) => [value, milliseconds[program] ?? null]),
      symbol: "circle",
      symbolSize: 7,
      showAllSymbol: true,
      lineStyle: { width: 2 },
    })),
  };
}
