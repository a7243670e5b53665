/**
 * A training run as the tasks have it: the loop, with progress shown and the run folder kept.
 *
 * @module
 */
import process from "node:process";
import * as tf from "@tensorflow/tfjs-core";
import { basename, join } from "@std/path";
import { UserError } from "../../lib/errors.ts";
import { removeLeftovers, writeWhole } from "../../lib/files.ts";
import { checkFinite } from "../../lib/train/checkpoint.ts";
import { curvesSvg } from "./curves.ts";
import {
  isDone,
  type Position,
  train,
  type TrainEvent,
  type TrainOptions,
} from "../../lib/train/loop.ts";
import { accuracy, divergence, meanLoss, meanTerms, type Meter } from "../../lib/train/meter.ts";
import type { Json } from "../../lib/json.ts";
import {
  appendStart,
  appendStats,
  describeMachine,
  type EpochStats,
  readStats,
} from "./run_log.ts";
import type { Params } from "../../lib/params.ts";
import { openStepLog } from "./step_log.ts";
import { type Checkpoints, type CheckpointsOptions, keepCheckpoints } from "./checkpoints.ts";
import { collectGarbage } from "./garbage.ts";
import { listenForInterruption } from "./interruption.ts";
import { explainingMemory } from "./out_of_memory.ts";
import { profileStep, type StepProfile } from "../profile/profile.ts";
import { reportTerms, type TermNorms } from "./term_report.ts";
import { trainingProgress } from "../cli/progress.ts";
import { shellWord } from "../cli/shell.ts";

/** What {@link runTraining} needs besides what the loop does. */
export interface RunOptions extends TrainOptions, Omit<CheckpointsOptions, "options"> {
  /** The task's name, to say how to go on. */
  task: string;
  /** Steps of a whole epoch. */
  stepsPerEpoch: number;
  /** The options of the run as the log has them. */
  logged: Record<string, Json>;
  /** The digest of the data set, for the log. */
  dataDigest?: string | undefined;
  /** What else each epoch's line of the log holds, such as `num_classes`. */
  metrics: { n_parameters: number; num_classes: number };
  /** Metrics of an epoch that a task logs besides. */
  moreMetrics?: ((train: Meter, test: Meter) => Record<string, number>) | undefined;
  /** The attention losses of an epoch, from the means of the loss's terms. */
  attentionLosses: (terms: Record<string, number>) => number[];
  /** Writes the student's parameters. */
  saveStudent: (path: string, params: Params) => Promise<void>;
  /** What tells how much each term pulls, where that is to be logged: `jit(termGradientNorms(...))`. */
  termNorms?: TermNorms | undefined;
  /** The step to profile before the first one, where that is asked for. */
  profile?: StepProfile | undefined;
  /** Whether to keep the loss of every step. */
  logSteps: boolean;
}

/** What to do where an evaluation lacks memory: it has batches of its own. */
const evaluationAdvice = "free some memory: an evaluation needs the same at any --batch-size";

/**
 * Trains, shows progress, and keeps the run folder: log, curves, parameters, checkpoints, events. Where
 * the user ends it before its end, it says how to go on, and sets the process's exit code.
 *
 * @throws {UserError} If the run cannot go on; it names the checkpoint that is left.
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
  } catch (error) {
    throw checkpoints.explain(error);
  }
  if (interruption.exitCode === undefined || isDone(position, options)) {
    for (const line of ending(await readStats(folder))) console.error(line);
  } else {
    console.error(`stopped; go on with: deno task ${task} --resume ${shellWord(folder)}`);
    Deno.exitCode = interruption.exitCode;
  }
}

/** Gives the position where it ended. */
async function trainAndKeep(options: RunOptions, checkpoints: Checkpoints): Promise<Position> {
  const { folder, logged, engine, stepsPerEpoch, epochs, resumed } = options;
  await removeLeftovers(folder);
  const summaries = await openSummaries(folder);
  const report = async ({ state, position }: Pick<RunOptions, "state" | "position">) =>
    options.termNorms && await reportTerms(options.termNorms, state, position, options);
  const { dataDigest } = options;
  await appendStart(folder, {
    options: logged,
    engine,
    machine: describeMachine(),
    ...(dataDigest !== undefined && { data_digest: dataDigest }),
    ...await report(options),
  });
  // So that a run can always be resumed, and a disk that is full is told at once.
  if (resumed === undefined) await checkpoints.save(options);
  else collectGarbage(); // which saving does, too
  if (options.profile) await profileStep(options.profile, options);
  using steps = options.logSteps ? await openStepLog(folder, options.position.steps) : undefined;
  using progress = epochProgress(epochs, stepsPerEpoch);
  let { position } = options;
  let processor = process.cpuUsage();
  for await (const event of train({ ...options, pauseAfter: checkpoints.due })) {
    ({ position } = event);
    if (event.type === "step") {
      steps?.add(event.position.steps, event.loss);
      progress.update(event.position);
    } else if (event.type === "pause") {
      await checkpoints.save(event);
    } else {
      progress.stop();
      const { user, system } = process.cpuUsage(processor);
      processor = process.cpuUsage();
      const stats: EpochStats = {
        ...epochStats(event, options),
        processor_time: (user + system) / 1e6,
        ...await report(event),
      };
      await keepEpoch(event, stats, options, checkpoints);
      for (const name of ["train_loss", "test_loss", "train_acc", "test_acc"]) {
        summaries?.scalar(name, stats[name] as number, event.position.steps);
      }
      summaries?.flush();
    }
  }
  return position;
}

/** What is to be said at the end of a run. */
function ending(stats: readonly EpochStats[]): string[] {
  const whole = stats.filter(({ epoch }, i) => Number.isInteger(epoch) || i === stats.length - 1);
  const skipped = whole.reduce(
    (sum, { skipped_steps: count }) => sum + (typeof count === "number" ? count : 0),
    0,
  );
  const note = `${skipped} steps were skipped: their loss or a gradient was not finite`;
  return [...(skipped > 0 ? [note] : []), bestOf(stats)];
}

/** The last epoch counts in the attention-transfer paper, the best one in some other tables. */
function bestOf(stats: readonly EpochStats[]): string {
  const last = stats.at(-1)!;
  const best = stats.reduce((a, b) => b.test_acc > a.test_acc ? b : a);
  const tell = ({ test_acc, epoch }: EpochStats) =>
    `${test_acc.toFixed(2)}% (epoch ${Number(epoch.toFixed(2))})`;
  return `test accuracy: last ${tell(last)}, best ${tell(best)}`;
}

/** Shows each epoch from its first step on, until it is stopped. */
function epochProgress(epochs: number, total: number) {
  let current: ReturnType<typeof startProgress> | undefined;
  const stop = () => {
    current?.stop();
    current = undefined;
  };
  return {
    update(position: Position) {
      current ??= startProgress(position, epochs, total);
      current.update(position);
    },
    stop,
    [Symbol.dispose]: stop,
  };
}

function startProgress({ epoch, meter: first }: Position, epochs: number, total: number) {
  const bar = trainingProgress({ label: `epoch ${epoch + 1}/${epochs}`, total });
  const start = performance.now();
  return {
    update({ batch, meter }: Position) {
      const seconds = (performance.now() - start) / 1000;
      bar.update({
        step: batch,
        loss: meanLoss(meter),
        accuracy: accuracy(meter),
        imagesPerSecond: seconds > 0 ? (meter.examples - first.examples) / seconds : 0,
      });
    },
    stop: () => bar.stop(),
  };
}

function epochStats(
  event: Extract<TrainEvent, { type: "epoch" }>,
  { metrics, moreMetrics, logged, stepsPerEpoch, attentionLosses }: RunOptions,
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
    skipped_steps: train.skipped,
    ...moreMetrics?.(train, test),
    ...metrics,
    ...logged,
  };
}

/**
 * Keeps an epoch. The checkpoint comes last: where the process is killed before it, the resumed run does
 * the epoch again, and what was written of it is replaced.
 */
async function keepEpoch(
  event: Extract<TrainEvent, { type: "epoch" }>,
  stats: EpochStats,
  { folder, saveStudent }: RunOptions,
  checkpoints: Checkpoints,
): Promise<void> {
  const { state, position } = event;
  await checkFinite(state);
  const wrong = !Number.isFinite(stats.test_loss)
    ? `the test loss is ${stats.test_loss} after step ${position.steps}`
    : divergence(event.test);
  if (wrong !== undefined) {
    throw new UserError(`Cannot go on training: ${wrong}`, { code: "not-finite" });
  }
  await appendStats(folder, stats);
  await saveStudent(join(folder, "model.safetensors"), state.params);
  const svg = await curvesSvg(await readStats(folder), basename(folder));
  await writeWhole(join(folder, "curves.svg"), new TextEncoder().encode(svg));
  await checkpoints.save(event);
  console.log(Deno.stdout.isTerminal() ? summary(stats) : `json_stats: ${JSON.stringify(stats)}`);
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
  const { openSummaries } = await import("../../lib/backend/summaries.ts");
  return openSummaries(folder);
}
