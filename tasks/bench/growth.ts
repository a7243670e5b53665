/**
 * How the cost of a step grows with batch, width, depth and threads: points and their pictures.
 *
 * @module
 */
import { join } from "@std/path";
import type { EChartsOption } from "echarts";
import {
  axisName,
  boldText,
  bottomAxis,
  chartSvg,
  faintText,
  legendText,
  page,
  sideAxis,
} from "../run/chart.ts";
import { writeWhole } from "../../lib/files.ts";
import { median } from "../../lib/median.ts";
import { mapValues } from "../../lib/params.ts";
import { count } from "../cli/count.ts";
import { type Case, plainCase } from "./cases.ts";
import { type Bench, markdown } from "./context.ts";
import {
  fastestOther,
  type Program,
  type Programs,
  timeInTurns,
  timeRounds,
  type Times,
  tryOut,
} from "./in_turns.ts";
import { OursPool } from "./ours.ts";
import { startPyTorch } from "./pytorch.ts";
import { stepPrograms } from "./steps.ts";

/** What grows, with its values from small to large. */
export interface Axis {
  name: "batch" | "width" | "depth" | "threads";
  /** What the values are, with their unit. */
  label: string;
  values: readonly number[];
}

/** What grows on a machine with so many processors; `quick` keeps the ends alone. */
export function growthAxes(processors: number, quick: boolean): Axis[] {
  const powers = Array.from({ length: Math.ceil(Math.log2(processors)) }, (_, i) => 2 ** i);
  const axes: Axis[] = [
    { name: "batch", label: "images a step", values: [16, 32, 64, 128, 256] },
    { name: "width", label: "widening factor", values: [1, 2, 4] },
    { name: "depth", label: "layers", values: [10, 16, 22, 28, 40] },
    { name: "threads", label: "processor threads", values: [...powers, processors] },
  ];
  const ends = (values: readonly number[]) => [...new Set([values[0]!, values.at(-1)!])];
  return quick ? axes.map((axis) => ({ ...axis, values: ends(axis.values) })) : axes;
}

/** A step that is timed, and the threads that it has. */
interface GrowthStep {
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
    threads: count(threads, "thread"),
  };
  return Object.entries(parts).filter(([name]) => name !== without).map(([, text]) => text)
    .join(", ");
}

/** The milliseconds of a step at a point, by program. */
interface GrowthPoint {
  value: number;
  /** The medians. */
  milliseconds: Readonly<Record<string, number>>;
  /** The least times: a median far above them is of a disturbed program. */
  least: Readonly<Record<string, number>>;
}

/** The point of a value with these times. */
export function growthPoint(value: number, times: Times): GrowthPoint {
  return {
    value,
    milliseconds: mapValues(times, (ms) => median(ms)),
    least: mapValues(times, (ms) => Math.min(...ms)),
  };
}

/** The points over each axis, by its name. */
type Growth = Record<string, GrowthPoint[]>;

/** Measures the points, and leaves a picture of each axis and `growth.json` in a folder that is there. */
export async function measureGrowth(bench: Bench, folder: string): Promise<Growth> {
  const { threads, quick, precision } = bench.options;
  const axes = growthAxes(threads, quick);
  const times = await timePoints(
    bench,
    axes.flatMap((axis) => axis.values.map((value) => growthStep(axis, value, threads))),
  );
  const growth: Growth = {};
  for (const axis of axes) {
    const points = growth[axis.name] = axis.values.map((value) =>
      growthPoint(value, times[describeStep(growthStep(axis, value, threads))]!)
    );
    const rest = describeStep({ shape: plainCase, threads }, axis.name);
    const title = `WideResNet on 32x32 images, plain training, ${rest}, ${precision}; medians`;
    const svg = await growthSvg(axis, points, title);
    await writeWhole(join(folder, `${axis.name}.svg`), svg);
    console.log(`\n${pointsTable(axis, points)}`);
  }
  const json = JSON.stringify(growth, null, 2) + "\n";
  await writeWhole(join(folder, "growth.json"), json);
  return growth;
}

/** The variant of PyTorch that makes the plain step in the least time; a quick look does not compile. */
async function fastestVariant({ options, pytorch, steps }: Bench): Promise<string | undefined> {
  if (!pytorch) return undefined;
  const { precision, quick } = options;
  const variants = pytorch.variants.filter((variant) => !quick || variant !== "compile");
  const programs = variants.map((variant): [string, Program] => [
    variant,
    (steps) => pytorch.times({ case: plainCase, variant, precision, steps }),
  ]);
  return fastestOther(await timeInTurns(Object.fromEntries(programs), 2, steps));
}

/**
 * Times the steps, each once where it stands on several axes, by their descriptions. A round goes over
 * all of them: otherwise, what disturbs the machine for minutes would bend one axis and not another.
 */
async function timePoints(
  bench: Bench,
  steps: readonly GrowthStep[],
): Promise<Record<string, Times>> {
  const variant = await fastestVariant(bench);
  const halves = new Map<number, Bench>();
  const sets: Record<string, Programs> = {};
  for (const step of steps) {
    const name = describeStep(step);
    if (name in sets) continue;
    console.error(`trying out ${name}`);
    const half = halves.get(step.threads) ?? await withThreads(bench, step.threads, variant);
    halves.set(step.threads, half);
    sets[name] = await tryOut(stepPrograms(half, step.shape), bench.steps);
  }
  console.error(`timing these ${Object.keys(sets).length} in turns`);
  const times = await timeRounds(sets, Math.ceil(bench.rounds / 2), bench.steps);
  for (const { ours, pytorch } of halves.values()) {
    await ours[Symbol.asyncDispose]();
    await pytorch?.close();
  }
  return times;
}

/** The same with programs of their own, which are given so many threads, and one variant of PyTorch. */
async function withThreads(
  bench: Bench,
  threads: number,
  variant: string | undefined,
): Promise<Bench> {
  const options = { ...bench.options, threads };
  const pytorch = variant === undefined ? undefined : await startPyTorch(options);
  return {
    ...bench,
    options,
    ours: new OursPool(options),
    pytorch: pytorch &&
      { ...pytorch, variants: pytorch.variants.filter((name) => name === variant) },
  };
}

function pointsTable({ label }: Axis, points: readonly GrowthPoint[]): string {
  const programs = Object.keys(points[0]?.milliseconds ?? {});
  const rows = points.map(({ value, milliseconds }) => [
    String(value),
    ...programs.map((program) => milliseconds[program]?.toFixed(1) ?? "-"),
  ]);
  return markdown([label, ...programs.map((program) => `${program}, ms a step`)], rows);
}

const chartWidth = 640;
const chartHeight = 420;
const lineColors = ["#2563eb", "#ea580c", "#0d9488", "#9333ea"];

/** Draws the time of a step over what grows as an SVG, a line for each program. */
export async function growthSvg(
  axis: Axis,
  points: readonly GrowthPoint[],
  title: string,
): Promise<string> {
  const programs = [...new Set(points.flatMap(({ milliseconds }) => Object.keys(milliseconds)))];
  const option: EChartsOption = {
    ...page,
    color: lineColors,
    title: {
      text: `Milliseconds a training step over ${axis.label}`,
      subtext: title,
      ...{ left: 20, top: 14, itemGap: 8 },
      textStyle: boldText(16),
      subtextStyle: { ...faintText(), width: chartWidth - 40, overflow: "break" },
    },
    legend: { data: programs, right: 24, top: 84, textStyle: legendText },
    grid: { left: 70, right: 40, top: 120, bottom: 58 },
    xAxis: {
      ...bottomAxis(axis.label),
      max: axis.values.at(-1)!,
      axisLabel: { ...faintText(), customValues: [...axis.values] },
      axisTick: { customValues: [...axis.values] },
    },
    yAxis: { ...sideAxis, min: 0, ...axisName("ms a step", 48) },
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
  return await chartSvg(option, { width: chartWidth, height: chartHeight });
}
