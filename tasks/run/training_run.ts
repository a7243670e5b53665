/**
 * Runs training for the tasks: the training loop, with progress display and a run folder.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { removeLeftovers } from "../../lib/files.ts";
import type { Elapsed } from "../../lib/train/checkpoint.ts";
import { stopsEarly } from "../../lib/train/best.ts";
import { isDone, trainEpochs, type TrainOptions } from "../../lib/train/loop.ts";
import type { Position } from "../../lib/train/position.ts";
import { accuracy, meanLoss } from "../../lib/train/meter.ts";
import { appendStart, describeMachine, type EpochStats, readStats } from "./run_log.ts";
import { epochClock } from "./epoch_clock.ts";
import { epochSummaries, type Summarized } from "./epoch_summaries.ts";
import { type EpochOptions, epochStats, keepEpoch, shownScalars } from "./keep_epoch.ts";
import { openStepLog } from "./step_log.ts";
import { type Checkpoints, type CheckpointsOptions, keepCheckpoints } from "./checkpoints.ts";
import { collectGarbage } from "./garbage.ts";
import { listenForInterruption } from "./interruption.ts";
import { explainingMemory } from "./out_of_memory.ts";
import { profileStep, type StepProfile } from "../profile/profile.ts";
import { reportTerms, type TermNorms } from "./term_report.ts";
import { endLines } from "./told.ts";
import type { Workers } from "./workers.ts";
import { count } from "../cli/count.ts";
import { type TimeLeft, timeLeftMeter, trainingProgress } from "../cli/progress.ts";
import { resumeFlags } from "../cli/resumed_options.ts";

/** What {@link runTraining} needs besides the options of the loop. */
export interface RunOptions
  extends TrainOptions, EpochOptions, Omit<CheckpointsOptions, "options"> {
  /** What the current epoch has taken before, if the run was interrupted within it. */
  elapsed?: Elapsed | undefined;
  /** The task's name, for the command that continues the run. */
  task: string;
  /** The digest of the data set, for the log. */
  dataDigest?: string | undefined;
  /** Measures the gradient norm of each term, if they are logged: `jit(termGradientNorms(...))`. */
  termNorms?: TermNorms | undefined;
  /** The step to profile before training, if any. */
  profile?: StepProfile | undefined;
  /** What to write pictures and histograms of after each epoch, if anything. */
  summarized?: Summarized | undefined;
  /** True to record the loss of every step. */
  logSteps: boolean;
  /** The whole batches of an epoch, if each worker trains with a part of them. */
  wholeBatches?: TrainOptions["trainBatches"] | undefined;
  /** The workers, if this process is the first of several. */
  team?: Workers | undefined;
}

/** Evaluation has a fixed batch size, so a smaller --batch-size would not help. */
const evaluationAdvice = "free some memory: an evaluation needs the same at any --batch-size";

/**
 * Trains, shows progress, and writes the run folder: log, curves, parameters, checkpoints, events.
 * If the user stops it early, prints how to continue and sets the process's exit code.
 *
 * @throws {UserError} If the run cannot continue; the message names the last checkpoint.
 */
export async function runTraining(options: RunOptions): Promise<void> {
  const { folder, task, logged, evaluate } = options;
  using interruption = listenForInterruption();
  const checkpoints = keepCheckpoints({ ...options, options: logged });
  const run: RunOptions = {
    ...options,
    evaluate: (...args) => explainingMemory(evaluationAdvice, () => evaluate(...args)),
    signal: interruption.signal,
  };
  let position: Position;
  try {
    position = await trainAndKeep(run, checkpoints);
    await options.team?.finish();
  } catch (error) {
    throw checkpoints.explain(await options.team?.explain(error) ?? error);
  }
  if (interruption.exitCode === undefined || isDone(position, options)) {
    const { epochs, earlyStop = 0 } = options;
    if (position.epoch < epochs && stopsEarly(position, options.earlyStop)) {
      console.error(`stopped early: no better test accuracy in ${count(earlyStop, "epoch")}`);
    }
    for (const line of endLines(await readStats(folder), folder, logged)) console.error(line);
  } else {
    console.error(`stopped; go on with: deno task ${task} ${resumeFlags(folder, logged)}`);
    Deno.exitCode = interruption.exitCode;
  }
}

/**
 * Trains as one of several workers, but not the first, which alone writes the run folder. If the first
 * is lost, a checkpoint is still written, by the first of those that are left.
 *
 * @throws {UserError} If the run cannot continue.
 */
export async function followTraining(options: RunOptions & { team: Workers }): Promise<void> {
  const { team, logged } = options;
  using interruption = listenForInterruption();
  let latest: Pick<RunOptions, "state" | "position"> | undefined;
  try {
    for await (const event of trainEpochs({ ...options, signal: interruption.signal })) {
      if (event.type !== "step") latest = event;
    }
    await team.finish();
  } catch (error) {
    const failure = await team.explain(error);
    if (!latest || !await team.keepsAfter(error)) throw failure;
    const checkpoints = keepCheckpoints({ ...options, options: logged });
    await checkpoints.save(latest);
    throw checkpoints.explain(failure);
  }
  const isWhole = latest !== undefined && isDone(latest.position, options);
  Deno.exitCode = isWhole ? 0 : interruption.exitCode ?? 0;
}

async function trainAndKeep(options: RunOptions, checkpoints: Checkpoints): Promise<Position> {
  const { folder, stepsPerEpoch, epochs } = options;
  await removeLeftovers(folder);
  const summaries = await openSummaries(folder);
  const writeEpoch = summaries && options.summarized &&
    await epochSummaries(folder, summaries, options.summarized);
  await logStart(options);
  // Save first: the run can then always be resumed, and a full disk is noticed at once.
  if (options.resumed === undefined) await checkpoints.save(options);
  else collectGarbage(); // saving does this too
  if (options.profile) await profileStep(options.profile, options);
  using steps = options.logSteps ? await openStepLog(folder, options.position.steps) : undefined;
  using progress = epochProgress(epochs, stepsPerEpoch, timeLeftMeter(lastStep(options)));
  let { position } = options;
  const clock = epochClock(options.elapsed);
  for await (const event of trainEpochs({ ...options, pauseAfter: checkpoints.due })) {
    ({ position } = event);
    if (event.type === "step") {
      steps?.add(event.position.steps, event.loss);
      progress.update(event.position);
    } else if (event.type === "pause") {
      await checkpoints.save({ ...event, elapsed: clock.elapsed() });
    } else {
      progress.stop();
      const isWhole = event.position.batch === 0;
      const elapsed = clock.end(event.trainTime, isWhole);
      const stats: EpochStats = {
        ...epochStats({ ...event, trainTime: elapsed.seconds }, options),
        processor_time: elapsed.processorSeconds,
        ...await termReport(event, options),
      };
      const kept = { ...event, elapsed: isWhole ? undefined : elapsed };
      await keepEpoch(kept, stats, options, checkpoints);
      for (const name of shownScalars.filter((name) => name in stats)) {
        summaries?.scalar(name, stats[name] as number, event.position.steps);
      }
      await writeEpoch?.(event.state.params, event.position.steps);
      summaries?.flush();
      clock.go();
    }
  }
  return position;
}

async function logStart(options: RunOptions): Promise<void> {
  const { folder, logged, engine, dataDigest } = options;
  await appendStart(folder, {
    options: logged,
    engine,
    machine: describeMachine(),
    ...(dataDigest !== undefined && { data_digest: dataDigest }),
    ...await termReport(options, options),
  });
}

/** The gradient norms of the terms in a state, if they are logged. */
async function termReport(
  { state, position }: Pick<RunOptions, "state" | "position">,
  options: RunOptions,
) {
  const { termNorms, wholeBatches, trainBatches } = options;
  return termNorms && await reportTerms(termNorms, state, position, {
    ...options,
    trainBatches: wholeBatches ?? trainBatches,
  });
}

/** The number of steps of the whole run. */
function lastStep({ epochs, stepsPerEpoch, maxSteps, position }: RunOptions): number {
  // Counted from here: earlier epochs may have had other batches.
  const { epoch, batch, steps } = position;
  const last = steps + (epochs - epoch) * stepsPerEpoch - batch;
  return maxSteps === undefined ? last : Math.min(last, maxSteps);
}

/** Shows each epoch from its first step, until stopped. */
function epochProgress(epochs: number, total: number, runLeft: TimeLeft) {
  let bar: ReturnType<typeof trainingProgress> | undefined;
  let [start, before] = [0, 0];
  const stop = () => {
    bar?.stop();
    bar = undefined;
  };
  return {
    update({ epoch, batch, steps, meter }: Position) {
      if (!bar) {
        bar = trainingProgress({ label: `epoch ${epoch + 1}/${epochs}`, total });
        [start, before] = [performance.now(), meter.examples];
      }
      const seconds = (performance.now() - start) / 1000;
      bar.update({
        step: batch,
        loss: meanLoss(meter),
        accuracy: accuracy(meter),
        imagesPerSecond: seconds > 0 ? (meter.examples - before) / seconds : 0,
        runSecondsLeft: runLeft(steps),
      });
    },
    stop,
    [Symbol.dispose]: stop,
  };
}

/** TensorBoard events. Only TensorFlow can write them. */
async function openSummaries(folder: string) {
  if (tf.getBackend() !== "tensorflow") return undefined;
  const { openSummaries } = await import("../../lib/backend/summaries.ts");
  return openSummaries(folder);
}
