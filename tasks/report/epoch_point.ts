/**
 * The figures of an epoch that the page draws, from a line of the log.
 *
 * @module
 */
import { cifarFormats } from "../../lib/data/cifar_format.ts";
import { isObject } from "../../lib/json.ts";
import { recipeValues } from "../cli/recipes.ts";
import type { LoggedOptions } from "../cli/resumed_options.ts";
import { scheduleOf, type ScheduleOptions } from "../run/forecast.ts";
import type { EpochStats } from "../run/run_log.ts";

/** The figures of an epoch by the key of their metric; `epoch` is always among them. */
export type EpochPoint = { readonly epoch: number } & Readonly<Record<string, number>>;

/** Starts the keys of the loss's terms. */
export const termPrefix = "term ";
/** Starts the keys of the attention losses of each pair of groups. */
export const pairPrefix = "pair ";

/**
 * The figures of an epoch.
 *
 * @param before The number of the epoch before it in the log, or 0.
 */
export function epochPoint(stats: EpochStats, before: number): EpochPoint {
  const { epoch, test_acc, train_acc, test_loss, train_loss } = stats;
  return {
    ...{ epoch, test_acc, train_acc, test_loss, train_loss },
    ...termsOf(stats),
    ...rateOf(stats),
    // An epoch that was interrupted says only the time since then.
    ...(epoch === before + 1 ? speedOf(stats) : {}),
  };
}

function termsOf({ terms, at_losses }: EpochStats): Record<string, number> {
  const pairs: readonly unknown[] = Array.isArray(at_losses) ? at_losses : [];
  // The attention losses are among the terms, except in logs of the original code.
  const values = isObject(terms)
    ? Object.entries(terms).map(([name, value]) => [termPrefix + name, value] as const)
    : pairs.map((value, i) => [`${pairPrefix}${i + 1}`, value] as const);
  return Object.fromEntries(
    values.flatMap(([key, value]) => isNumber(value) ? [[key, value]] : []),
  );
}

/** The learning rate of the epoch's last step, if the options say it. */
function rateOf(stats: EpochStats): Record<string, number> {
  const options = scheduleOptions(stats);
  if (options === undefined) return {};
  const steps = Math.ceil((imagesOf(stats) ?? 100 * options.batchSize) / options.batchSize);
  const [epoch, batch] = [Math.ceil(stats.epoch) - 1, steps - 1];
  const position = { epoch, batch, steps: epoch * steps + batch };
  const { learningRate } = scheduleOf(options, steps)(position);
  return isNumber(learningRate) ? { learning_rate: learningRate } : {};
}

/** The options of the schedule; undefined if the log lacks one, as those of the original code do. */
function scheduleOptions(logged: LoggedOptions): ScheduleOptions | undefined {
  const { lr, lr_scale = "none", warmup = 0, batch_size, epochs, epoch_step, lr_decay_ratio } =
    logged;
  const numbers = [lr, warmup, batch_size, epochs, lr_decay_ratio];
  if (!numbers.every(isNumber)) return undefined;
  if (!(batch_size as number > 0 && epochs as number > 0)) return undefined;
  if (!Array.isArray(epoch_step) || !epoch_step.every(isNumber)) return undefined;
  if (lr_scale !== "none" && lr_scale !== "linear") return undefined;
  const { recipe } = logged;
  if (recipe !== undefined && !(typeof recipe === "string" && recipeValues(recipe))) {
    return undefined;
  }
  const { lr_schedule = "step", lr_end = 0 } = logged;
  const lrSchedule = (["step", "cosine", "one-cycle"] as const).find((one) => one === lr_schedule);
  if (lrSchedule === undefined || !isNumber(lr_end)) return undefined;
  return {
    ...{ lrSchedule, lrEnd: lr_end },
    ...(recipe === undefined ? {} : { recipe }),
    lr: lr as number,
    lrScale: lr_scale,
    warmup: warmup as number,
    batchSize: batch_size as number,
    lrDecayRatio: lr_decay_ratio as number,
    epochs: epochs as number,
    epochStep: epoch_step as number[],
  };
}

function speedOf(stats: EpochStats): Record<string, number> {
  const { train_time } = stats;
  if (!isNumber(train_time) || train_time <= 0) return {};
  const images = imagesOf(stats);
  return images === undefined
    ? { epochs_per_hour: 3600 / train_time }
    : { images_per_second: images / train_time };
}

/** The number of training images; undefined for data sets that say it nowhere in the log. */
function imagesOf({ dataset, holdout }: LoggedOptions): number | undefined {
  if (typeof dataset !== "string" || !Object.hasOwn(cifarFormats, dataset)) return undefined;
  const { train } = cifarFormats[dataset as keyof typeof cifarFormats];
  const images = train.reduce((sum, { records }) => sum + records, 0);
  return images - (isNumber(holdout) ? holdout : 0);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
