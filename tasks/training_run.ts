/**
 * A training run as the tasks have it: the loop, with progress shown and the run folder kept.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { basename, dirname, join } from "@std/path";
import { UserError } from "../lib/errors.ts";
import { exists, whyNot, writeWhole } from "../lib/files.ts";
import { saveCheckpoint } from "../lib/training/checkpoint.ts";
import { curvesSvg } from "../lib/training/curves.ts";
import { type Position, train, type TrainEvent, type TrainOptions } from "../lib/training/loop.ts";
import { accuracy, meanLoss, meanTerms, type Meter } from "../lib/training/meter.ts";
import {
  appendStart,
  appendStats,
  describeMachine,
  type EpochStats,
  type Json,
  readStats,
} from "../lib/training/run_log.ts";
import { filterParams, type Params } from "../lib/params.ts";
import { lossPrefix } from "../lib/training/loss.ts";
import { profileStep, type StepProfile } from "./profile.ts";
import { reportTerms, type TermNorms } from "./term_report.ts";
import { trainingProgress } from "./cli/progress.ts";

/** What {@link runTraining} needs besides what the loop does. */
export interface RunOptions extends TrainOptions {
  /** The run folder. */
  folder: string;
  /** Steps of a whole epoch. */
  stepsPerEpoch: number;
  /** The options of the run as the log has them. */
  logged: Record<string, Json>;
  /** What else each epoch's line of the log holds, such as `num_classes`. */
  figures: { n_parameters: number; num_classes: number };
  /** Figures of an epoch that a task logs besides. */
  moreFigures?: ((train: Meter, test: Meter) => Record<string, number>) | undefined;
  /** What computes, in words. */
  engine: string;
  /** The attention losses of an epoch, from the means of the loss's terms. */
  attentionLosses: (terms: Record<string, number>) => number[];
  /** Writes the student's parameters. */
  saveStudent: (path: string, params: Params) => Promise<void>;
  /** What tells how much each term pulls, where that is to be logged: `jit(termGradientNorms(...))`. */
  termNorms?: TermNorms | undefined;
  /** The step to profile before the first one, where that is asked for. */
  profile?: StepProfile | undefined;
}

/**
 * Sees that the run folder can be written and that no other run is lost; leaves nothing there yet.
 *
 * @throws {UserError} where it cannot be written, or holds another run's results.
 */
export async function checkRunFolder(folder: string, resumed: boolean): Promise<void> {
  if (!resumed && await exists(join(folder, "model.safetensors"))) {
    throw new UserError(
      `Cannot start a run in ${folder}: it holds the results of another; choose another folder with ` +
        `--save, or go on with --resume ${folder}`,
    );
  }
  const made = await firstMissing(folder);
  try {
    await Deno.mkdir(folder, { recursive: true });
    await Deno.remove(await Deno.makeTempFile({ dir: folder }));
  } catch (error) {
    throw new UserError(
      `Cannot write to the run folder ${folder}: ${whyNot(error)}; choose another with --save`,
    );
  }
  if (made !== undefined) await Deno.remove(made, { recursive: true });
}

/** The highest of the folders on a path that are not there; undefined where all are. */
async function firstMissing(path: string): Promise<string | undefined> {
  if (await exists(path)) return undefined;
  return await firstMissing(dirname(path)) ?? path;
}

/** Whether a run is at its end, which is then told. */
export function isDone(
  { epoch, steps }: Position,
  { epochs, maxSteps = Infinity }: Pick<TrainOptions, "epochs" | "maxSteps">,
): boolean {
  const done = epoch >= epochs || steps >= maxSteps;
  if (done) {
    console.error(`nothing left to do: ${epoch} epochs and ${steps} steps are done; see --epochs`);
  }
  return done;
}

/** Trains, shows progress, and keeps the run folder: log, curves, parameters, checkpoint, events. */
export async function runTraining(options: RunOptions): Promise<void> {
  const { folder, logged, engine, stepsPerEpoch, epochs } = options;
  await Deno.mkdir(folder, { recursive: true });
  const summaries = await openSummaries(folder);
  const report = async ({ state, position }: Pick<RunOptions, "state" | "position">) =>
    options.termNorms && await reportTerms(options.termNorms, state.params, position, options);
  const start = { options: logged, engine, machine: describeMachine(), ...await report(options) };
  await appendStart(folder, start);
  if (options.profile) await profileStep(options.profile, options);
  let progress: ReturnType<typeof epochProgress> | undefined;
  for await (const event of train(options)) {
    if (event.type === "step") {
      progress ??= epochProgress(event.position, epochs, stepsPerEpoch);
      progress.update(event.position);
      continue;
    }
    progress?.stop();
    progress = undefined;
    const stats: EpochStats = { ...epochStats(event, options), ...await report(event) };
    await keepEpoch(event, stats, options);
    for (const name of ["train_loss", "test_loss", "train_acc", "test_acc"]) {
      summaries?.scalar(name, stats[name] as number, event.position.steps);
    }
    summaries?.flush();
  }
  console.error(bestOf(await readStats(folder)));
}

/** The last epoch counts in the attention-transfer paper, the best one in some other tables. */
function bestOf(stats: readonly EpochStats[]): string {
  const last = stats.at(-1)!;
  const best = stats.reduce((a, b) => b.test_acc > a.test_acc ? b : a);
  const tell = ({ test_acc, epoch }: EpochStats) =>
    `${test_acc.toFixed(2)}% (epoch ${Number(epoch.toFixed(2))})`;
  return `test accuracy: last ${tell(last)}, best ${tell(best)}`;
}

function epochProgress({ epoch }: Position, epochs: number, total: number) {
  const bar = trainingProgress({ label: `epoch ${epoch + 1}/${epochs}`, total });
  const start = performance.now();
  let startExamples: number | undefined;
  return {
    update({ batch, meter }: Position) {
      startExamples ??= meter.examples;
      const seconds = (performance.now() - start) / 1000;
      bar.update({
        step: batch,
        loss: meanLoss(meter),
        accuracy: accuracy(meter),
        imagesPerSecond: seconds > 0 ? (meter.examples - startExamples) / seconds : 0,
      });
    },
    stop: () => bar.stop(),
  };
}

function epochStats(
  event: Extract<TrainEvent, { type: "epoch" }>,
  { figures, moreFigures, logged, stepsPerEpoch, attentionLosses }: RunOptions,
): EpochStats {
  const { position, train, test, trainTime, testTime } = event;
  return {
    epoch: position.epoch + position.batch / stepsPerEpoch,
    train_loss: meanLoss(train),
    test_loss: meanLoss(test),
    train_acc: accuracy(train),
    test_acc: accuracy(test),
    at_losses: attentionLosses(meanTerms(train)),
    terms: meanTerms(train),
    train_time: trainTime,
    test_time: testTime,
    ...moreFigures?.(train, test),
    ...figures,
    ...logged,
  };
}

async function keepEpoch(
  { state, position }: Extract<TrainEvent, { type: "epoch" }>,
  stats: EpochStats,
  { folder, logged, saveStudent }: RunOptions,
): Promise<void> {
  const student = filterParams(state.params, (key) => !key.startsWith(lossPrefix));
  await saveStudent(join(folder, "model.safetensors"), student);
  await saveCheckpoint(folder, { state, position, options: logged });
  await appendStats(folder, stats);
  console.log(Deno.stdout.isTerminal() ? summary(stats) : `json_stats: ${JSON.stringify(stats)}`);
  const svg = await curvesSvg(await readStats(folder), basename(folder));
  await writeWhole(join(folder, "curves.svg"), new TextEncoder().encode(svg));
}

/** An epoch in a line, for people. */
function summary(stats: EpochStats): string {
  const { epoch, train_loss, train_acc, test_loss, test_acc, train_time } = stats;
  return `epoch ${Number(epoch.toFixed(2))}: ` +
    `train loss ${train_loss.toFixed(3)}, accuracy ${train_acc.toFixed(1)}%; ` +
    `test loss ${test_loss.toFixed(3)}, accuracy ${test_acc.toFixed(1)}%; ` +
    `${train_time.toFixed(0)} s`;
}

/** TensorBoard events, which TensorFlow writes: other engines have none. */
async function openSummaries(folder: string) {
  if (tf.getBackend() !== "tensorflow") return undefined;
  const { openSummaries } = await import("../lib/engine/summaries.ts");
  return openSummaries(folder);
}
