/**
 * What a run keeps of each epoch: its line in the log, parameters, curves and a checkpoint.
 *
 * @module
 */
import { basename, join } from "@std/path";
import { UserError } from "../../lib/errors.ts";
import { writeWhole } from "../../lib/files.ts";
import type { Json } from "../../lib/json.ts";
import { methodFacts } from "../../lib/methods/table.ts";
import type { Tensors } from "../../lib/params.ts";
import { isBest } from "../../lib/train/best.ts";
import { checkFinite, type Elapsed } from "../../lib/train/checkpoint.ts";
import type { EpochEvent } from "../../lib/train/loop.ts";
import { accuracy, divergence, meanLoss, meanTerms, type Meter } from "../../lib/train/meter.ts";
import type { Checkpoints } from "./checkpoints.ts";
import { curvesSvg } from "./curves.ts";
import { appendStats, averageName, bestName, type EpochStats, readStats } from "./run_log.ts";
import { epochLine } from "./told.ts";

/** What {@link epochStats} and {@link keepEpoch} need to know of a run. */
export interface EpochOptions {
  /** The run folder. */
  folder: string;
  /** The run's options, in the form of the log. */
  logged: Record<string, Json>;
  /** Steps of a full epoch. */
  stepsPerEpoch: number;
  /** Further entries of each epoch's log line, such as `num_classes`. */
  metrics: { n_parameters: number; num_classes: number };
  /** Computes further metrics of an epoch. */
  moreMetrics?:
    | ((train: Meter, test: Meter, testAverage?: Meter) => Record<string, number>)
    | undefined;
  /** Writes the student's parameters. */
  saveStudent: (path: string, params: Tensors) => Promise<void>;
  /** True to print each epoch as JSON. */
  json: boolean;
}

/** An epoch's line in the log. */
export function epochStats(
  event: EpochEvent,
  { metrics, moreMetrics, logged, stepsPerEpoch }: EpochOptions,
): EpochStats {
  const { position, train, test, testAverage, trainTime, testTime } = event;
  const terms = meanTerms(train);
  return {
    epoch: position.epoch + position.batch / stepsPerEpoch,
    train_loss: meanLoss(train),
    test_loss: meanLoss(test),
    train_acc: accuracy(train),
    test_acc: accuracy(test),
    ...(testAverage && {
      ema_test_loss: meanLoss(testAverage),
      ema_test_acc: accuracy(testAverage),
    }),
    at_losses: attentionLosses(terms),
    terms,
    train_time: trainTime,
    test_time: testTime,
    skipped_steps: train.skipped,
    ...moreMetrics?.(train, test, testAverage),
    ...metrics,
    ...logged,
  };
}

/** The attention loss of each pair, as in the original code's log, from the means of the terms. */
export function attentionLosses(terms: Readonly<Record<string, number>>): number[] {
  const prefix = `${methodFacts("beta").term}_`;
  return Object.entries(terms)
    .filter(([name]) => name.startsWith(prefix))
    .map(([, value]) => value);
}

/**
 * Writes the results of an epoch: first the parameters, so that those of an epoch in the log are
 * there. The checkpoint comes last: if the process is killed before it, the resumed run repeats the
 * epoch and replaces what was written.
 */
export async function keepEpoch(
  event: EpochEvent & { elapsed?: Elapsed | undefined },
  stats: EpochStats,
  { folder, saveStudent, json }: EpochOptions,
  checkpoints: Checkpoints,
): Promise<void> {
  const { state, position } = event;
  await checkFinite(state);
  const { test_loss, ema_test_loss } = stats;
  const wrong = !Number.isFinite(test_loss)
    ? `the test loss is ${test_loss} after step ${position.steps}`
    : ema_test_loss !== undefined && !Number.isFinite(ema_test_loss)
    ? `the test loss of the averaged weights is ${ema_test_loss} after step ${position.steps}`
    : divergence(event.test);
  if (wrong !== undefined) {
    throw new UserError(`Cannot go on training: ${wrong}`, { code: "not-finite" });
  }
  await saveStudent(join(folder, "model.safetensors"), state.params);
  const { params, average } = state;
  if (average) await saveStudent(join(folder, averageName), average);
  if (isBest(position)) await saveStudent(join(folder, bestName), average ?? params);
  await appendStats(folder, stats);
  const svg = await curvesSvg(await readStats(folder), basename(folder));
  await writeWhole(join(folder, "curves.svg"), svg);
  await checkpoints.save(event);
  console.log(json ? `json_stats: ${JSON.stringify(stats)}` : epochLine(stats));
}

/** The metrics of an epoch that TensorBoard shows. */
export const shownScalars = [
  ...["train_loss", "test_loss", "train_acc", "test_acc"],
  ...["ema_test_loss", "ema_test_acc"],
];
