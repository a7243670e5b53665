/**
 * How the cost of a step grows with batch, width, depth and threads.
 *
 * @module
 */
import { join } from "@std/path";
import { plainCase } from "./cases.ts";
import {
  type Axis,
  describeStep,
  growthAxes,
  type GrowthPoint,
  growthPoint,
  type GrowthStep,
  growthStep,
  growthSvg,
} from "./growth_points.ts";
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
import { writeWhole } from "../../lib/files.ts";
import { type Bench, markdown } from "./context.ts";
import { stepPrograms } from "./steps.ts";

/** The points over each axis, by its name. */
export type Growth = Record<string, GrowthPoint[]>;

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

/**
 * Times the steps, each once where it stands on several axes, by their descriptions. A round goes over
 * all of them: what disturbs the machine for minutes would else bend one axis and not another.
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
