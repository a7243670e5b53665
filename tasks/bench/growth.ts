/**
 * How the cost of a step grows with batch, width, depth and threads.
 *
 * @module
 */
import { join } from "@std/path";
import { type Case, opThreadsOf, plainCase } from "../../bench/cases.ts";
import {
  type Axis,
  growthAxes,
  growthCase,
  type GrowthPoint,
  growthSvg,
} from "../../bench/growth.ts";
import { fastestOther, ours, type Program, timeInTurns, type Times } from "../../bench/in_turns.ts";
import { median } from "../../lib/median.ts";
import { startOurs } from "../../bench/ours.ts";
import { startPyTorch } from "../../bench/pytorch.ts";
import { writeWhole } from "../../lib/files.ts";
import { type Bench, markdown, pytorchName } from "./context.ts";

/** The points over each axis, by its name. */
export type Growth = Record<string, GrowthPoint[]>;

/** Measures the points, and leaves a picture of each axis and `growth.json` in a folder that is there. */
export async function measureGrowth(bench: Bench, folder: string): Promise<Growth> {
  const { threads, quick } = bench.options;
  const processors = threads ?? navigator.hardwareConcurrency;
  const variant = await fastestVariant(bench);
  const growth: Growth = {};
  for (const axis of growthAxes(processors, quick)) {
    const points: GrowthPoint[] = [];
    for (const value of axis.values) {
      console.error(`timing ${value} ${axis.label}`);
      const used = axis.name === "threads" ? value : threads;
      const times = await timePoint(bench, growthCase(axis, value), used, variant);
      const medians = Object.entries(times).map(([name, ms]) => [name, median(ms)]);
      points.push({ value, milliseconds: Object.fromEntries(medians) });
    }
    growth[axis.name] = points;
    const title = describePlain(axis, processors, bench.options.precision);
    const svg = await growthSvg(axis, points, title);
    await writeWhole(join(folder, `${axis.name}.svg`), new TextEncoder().encode(svg));
    console.log(`\n${pointsTable(axis, points)}`);
  }
  const json = JSON.stringify(growth, null, 2) + "\n";
  await writeWhole(join(folder, "growth.json"), new TextEncoder().encode(json));
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

/** In processes of their own, which are given so many threads. */
async function timePoint(
  { options, rounds, steps }: Bench,
  shape: Case,
  threads: number | undefined,
  variant: string | undefined,
): Promise<Times> {
  const { precision, opThreads = opThreadsOf(shape) } = options;
  const half = await startOurs({ threads, opThreads });
  const pytorch = variant === undefined ? undefined : await startPyTorch({ ...options, threads });
  const programs: Record<string, Program> = {
    [ours]: (steps) => half.times({ case: shape, precision, steps }),
  };
  if (pytorch && variant !== undefined) {
    programs[pytorchName(variant)] = (steps) =>
      pytorch.times({ case: shape, variant, precision, steps });
  }
  const times = await timeInTurns(programs, Math.ceil(rounds / 2), steps);
  await half.close();
  await pytorch?.close();
  return times;
}

/** What stays the same over an axis. */
function describePlain({ name }: Axis, processors: number, precision: string): string {
  const { depth, width, batch } = plainCase;
  const parts = {
    depth: `depth ${depth}`,
    width: `width ${width}`,
    batch: `batch ${batch}`,
    threads: `${processors} threads`,
  };
  const rest = Object.entries(parts).filter(([key]) => key !== name).map(([, text]) => text);
  return `WideResNet on 32x32 images, plain training, ${rest.join(", ")}, ${precision}; medians`;
}

function pointsTable({ label }: Axis, points: readonly GrowthPoint[]): string {
  const programs = Object.keys(points[0]?.milliseconds ?? {});
  const rows = points.map(({ value, milliseconds }) => [
    String(value),
    ...programs.map((program) => milliseconds[program]?.toFixed(1) ?? "-"),
  ]);
  return markdown([label, ...programs.map((program) => `${program}, ms a step`)], rows);
}
