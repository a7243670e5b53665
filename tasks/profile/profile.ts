/**
 * What `--profile` does: sees what the nodes of a training step take, in two tables and a trace file.
 *
 * @module
 */
import type { Jitted } from "../../lib/jit/mod.ts";
import { UserError } from "../../lib/errors.ts";
import { checkWritable, whyNot, writeWhole } from "../../lib/files.ts";
import type { Scalars, TensorBatch } from "../../lib/train/loss.ts";
import { toScalars, toTensors } from "../../lib/train/device.ts";
import { dispose } from "../../lib/train/dispose.ts";
import type { TrainOptions } from "../../lib/train/loop.ts";
import type { StepResult } from "../../lib/train/train_step.ts";
import type { TrainState } from "../../lib/train/train_state.ts";
import { timeSteps, warmUpSteps as warmUps } from "../bench/in_turns.ts";
import { chromeTrace } from "./chrome_trace.ts";
import { nodeCosts } from "./costs.ts";
import { median } from "../../lib/median.ts";
import { groupTable, opTable } from "./tables.ts";
import { nextBatch } from "../run/term_report.ts";

/** Steps that are measured. */
const runs = 5;

/** What is profiled, and where the trace file goes. */
export interface StepProfile {
  file: string;
  /** `jit(trainStep(...))`. */
  step: Jitted<[TrainState, TensorBatch, Scalars], StepResult>;
}

/**
 * Sees that the trace file can be written; leaves nothing there.
 *
 * @throws {UserError} If it cannot.
 */
export async function checkProfileFile(file: string): Promise<void> {
  try {
    if ((await Deno.stat(file).catch(() => undefined))?.isDirectory) throw new Error("is a folder");
    await checkWritable(file);
  } catch (error) {
    throw new UserError(
      `Cannot write the profile ${file}: ${whyNot(error)}; choose another file with --profile`,
    );
  }
}

/**
 * Profiles the step on the run's next batch, says on standard error where the time goes, and writes the
 * trace file. The run's state stays as it is: nothing that these steps compute is kept.
 *
 * @param run its state and where it stands, and what computes, in words.
 * @throws {UserError} If the engine cannot profile.
 */
export async function profileStep(
  { file, step }: StepProfile,
  run: Pick<TrainOptions, "state" | "position" | "trainBatches" | "schedule"> & { engine: string },
): Promise<void> {
  const { state, position, engine } = run;
  const next = await nextBatch(position, run.trainBatches);
  const batch = toTensors(next.batch);
  const scalars = toScalars(run.schedule(next.place));
  console.error(`profiling: ${2 * (warmUps + runs)} steps on one batch`);
  const profile = await step.profile([state, batch, scalars], { runs, warmUps });
  const plain = median(await timeSteps(runs, () => step(state, batch, scalars), dispose));
  dispose(scalars, batch);

  const profiled = median(profile.runs.map(({ duration }) => duration));
  const costs = nodeCosts(profile);
  console.error(
    `\n${opTable(costs)}\n\n${groupTable(costs)}\n\n` +
      `a step, profiled: ${profiled.toFixed(1)} ms; as it is: ${plain.toFixed(1)} ms; medians of ` +
      `${runs}. Ops that run side by side share that time equally\n`,
  );
  const trace = chromeTrace(profile, { engine });
  await writeWhole(file, JSON.stringify(trace));
  console.error(`profile: ${file}; open it at ui.perfetto.dev or chrome://tracing`);
}
