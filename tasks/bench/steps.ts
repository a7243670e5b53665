/**
 * The training steps of the benchmark: their times, and their memory.
 *
 * @module
 */
import { type Case, chosenCases, opThreadsOf, peakMemorySteps } from "./cases.ts";
import { ours, type Program, type Programs, timeInTurns, type Times } from "./in_turns.ts";
import { startOurs } from "./ours.ts";
import { startPyTorch } from "./pytorch.ts";
import { UserError } from "../../lib/errors.ts";
import { type Bench, markdown, printTimes, pytorchName } from "./context.ts";

/** The milliseconds of every step by every program. */
export async function timeSteps(bench: Bench): Promise<Record<string, Times>> {
  const milliseconds: Record<string, Times> = {};
  for (const [name, shape] of Object.entries(chosenCases(bench.options))) {
    console.error(`timing ${name}`);
    milliseconds[name] = await timeInTurns(stepPrograms(bench, shape), bench.rounds, bench.steps);
  }
  printTimes(`step, ${bench.options.precision}`, milliseconds);
  return milliseconds;
}

/** A case's step, ours and PyTorch's variants of it. */
export function stepPrograms(
  { options: { precision }, ours: pool, pytorch }: Bench,
  shape: Case,
): Programs {
  const programs: Record<string, Program> = {
    [ours]: async (steps) => (await pool.of(shape)).times({ case: shape, precision, steps }),
  };
  for (const variant of pytorch?.variants ?? []) {
    programs[pytorchName(variant)] = (steps) =>
      pytorch!.times({ case: shape, variant, precision, steps });
  }
  return programs;
}

/** The peak resident bytes of every program on every step, each in a process of its own. */
export async function measurePeaks(bench: Bench): Promise<Record<string, Record<string, number>>> {
  const peaks: Record<string, Record<string, number>> = {};
  const variants = bench.pytorch?.variants ?? [];
  for (const [name, shape] of Object.entries(chosenCases(bench.options))) {
    console.error(`measuring the memory of ${name}`);
    const programs: Record<string, number> = peaks[name] = { [ours]: await ourPeak(bench, shape) };
    for (const variant of variants) {
      const peak = await pytorchPeak(bench, shape, variant);
      if (peak !== undefined) programs[pytorchName(variant)] = peak;
    }
  }
  const names = [ours, ...variants.map(pytorchName)];
  const rows = Object.entries(peaks).map(([name, programs]) => {
    const figures = names.map((program) =>
      program in programs ? (programs[program]! / 1e6).toFixed(0) : "-"
    );
    const { [ours]: own = NaN, ...others } = programs;
    const ratio = own / Math.min(...Object.values(others));
    return [name, ...figures, ratio > 0 ? ratio.toFixed(2) : "-"];
  });
  const what = `peak memory in MB, ${bench.options.precision}`;
  console.log(`\n${markdown([what, ...names, "ours / least other"], rows)}`);
  return peaks;
}

async function ourPeak({ options }: Bench, shape: Case): Promise<number> {
  const { threads, opThreads = opThreadsOf(shape), precision } = options;
  const half = await startOurs({ threads, opThreads });
  await half.times({ case: shape, precision, steps: peakMemorySteps });
  const { peakBytes } = await half.memory();
  await half.close();
  return peakBytes;
}

/** Undefined where PyTorch cannot make the step, which was told when it was timed. */
async function pytorchPeak(
  { options }: Bench,
  shape: Case,
  variant: string,
): Promise<number | undefined> {
  // Huge pages are ours: without them, it has what its users have.
  const pytorch = await startPyTorch({ ...options, hugePages: false });
  if (!pytorch) throw new UserError("Cannot measure PyTorch's memory: it does not start any more");
  const { precision } = options;
  try {
    await pytorch.times({ case: shape, variant, precision, steps: peakMemorySteps });
    return await pytorch.peakBytes();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return undefined;
  } finally {
    await pytorch.close();
  }
}
