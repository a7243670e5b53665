/**
 * What is known before a run's first step: the schedules of its learning rate and weights, and whether
 * its batches, or the workers' parts of them, are large enough for the terms that relate examples.
 *
 * @module
 */
import { batchCount } from "../../lib/data/batches.ts";
import { UserError } from "../../lib/errors.ts";
import type { TrainOptions } from "../../lib/train/loop.ts";
import {
  cosineRate,
  oneCycleRate,
  steppedRate,
  warmedUpRate,
  type WarmedUpRateOptions,
} from "../../lib/train/schedule.ts";
import { methodFacts, type MethodWeights, namesWithWeight } from "../../lib/methods/table.ts";
import { flagName } from "../cli/flags.ts";
import { type BetaDecay, type MethodSchedule, weightFactors } from "../cli/method_schedule.ts";
import { flagsWithWorkers } from "../cli/transfer_options.ts";
import { recipeBatchSize, type RecipeOption } from "../cli/recipes.ts";
import type { TrainingOptions } from "../cli/training_options.ts";

/** The options that a run's schedule depends on. */
export type ScheduleOptions =
  & Pick<TrainingOptions, "lr" | "lrSchedule" | "lrEnd" | "lrScale" | "lrDecayRatio" | "warmup">
  & Pick<TrainingOptions, "batchSize">
  & Partial<Pick<TrainingOptions, "ema"> & MethodWeights>
  & MethodSchedule
  & BetaDecay
  & RecipeOption;

/** The learning rate, the methods' weights and the rate of averaging of each step. */
export function scheduleOf(
  options: ScheduleOptions,
  stepsPerEpoch: number,
): TrainOptions["schedule"] {
  const { ema } = options;
  const rateAt = ratesOf(options, stepsPerEpoch);
  return ({ epoch, batch, steps }) => {
    const factors = weightFactors(options, epoch + batch / stepsPerEpoch);
    return {
      learningRate: rateAt(epoch, batch),
      ...(factors && { factors }),
      // The first step's weights are the first average.
      ...(ema !== undefined && { averageRate: steps === 0 ? 1 : 1 - ema }),
    };
  };
}

/** The learning rate of each step. */
function ratesOf(
  options: ScheduleOptions,
  stepsPerEpoch: number,
): (epoch: number, batch: number) => number {
  const { lrSchedule, lrEnd: end, lrDecayRatio: ratio, epochStep: drops, epochs } = options;
  const warmUp = warmUpOf(options, stepsPerEpoch);
  const { rate } = warmUp;
  const all = epochs * stepsPerEpoch;
  // Not the run's own count of steps: batches may have had another size before a --resume.
  const stepOf = (epoch: number, batch: number) => epoch * stepsPerEpoch + batch;
  switch (lrSchedule) {
    case "step":
      return (epoch, batch) =>
        steppedRate(epoch, { rate: warmedUpRate(stepOf(epoch, batch), warmUp), ratio, drops });
    case "cosine":
      return (epoch, batch) => {
        const done = stepOf(epoch, batch) - warmUp.steps;
        return done < 0
          ? warmedUpRate(stepOf(epoch, batch), warmUp)
          : cosineRate(done, { rate, steps: Math.max(0, all - warmUp.steps), end });
      };
    case "one-cycle":
      return (epoch, batch) => oneCycleRate(stepOf(epoch, batch), { rate, steps: all });
  }
}

/** The learning rate with which the schedule begins after its warm-up. */
function scaledRate(options: ScheduleOptions): number {
  const { lr, lrScale, batchSize } = options;
  return lrScale === "linear" ? lr * (batchSize / recipeBatchSize(options)) : lr;
}

/** The warm-up begins at the rate that is right for the recipe's batches, if that is the lower one. */
function warmUpOf(options: ScheduleOptions, stepsPerEpoch: number): WarmedUpRateOptions {
  const rate = scaledRate(options);
  const steps = Math.round(options.warmup * stepsPerEpoch);
  return rate > options.lr ? { rate, steps, from: options.lr } : { rate, steps };
}

/**
 * What to know about the schedule: the learning rate if it is scaled or warmed up, and what the run
 * does not reach of the drops of learning rate and beta.
 */
export function scheduleLines(options: ScheduleOptions): string[] {
  return [...rateLines(options), ...dropLines(options)];
}

function rateLines(options: ScheduleOptions): string[] {
  const { lr, lrScale, warmup, batchSize, lrSchedule, lrEnd, epochs } = options;
  const { rate, from } = warmUpOf(options, 1);
  const scale = `--lr ${lr} times --batch-size ${batchSize} / ${recipeBatchSize(options)}`;
  const time = warmup === 1 ? "epoch" : `${warmup} epochs`;
  return [
    ...(lrScale === "linear" ? [`learning rate: ${shown(rate)}, which is ${scale}`] : []),
    ...(warmup > 0
      ? [`learning rate: rises from ${from ?? 0} to ${shown(rate)} in the first ${time}`]
      : []),
    ...(lrSchedule === "cosine"
      ? [`learning rate: falls from ${shown(rate)} to ${lrEnd} by a cosine until epoch ${epochs}`]
      : []),
    ...(lrSchedule === "one-cycle"
      ? [`learning rate: one cycle of ${epochs} epochs, at most ${shown(rate)}`]
      : []),
  ];
}

/** A product of decimal fractions, without the digits that binary ones add: 0.075. */
function shown(rate: number): string {
  return String(Number(rate.toPrecision(12)));
}

function dropLines(options: ScheduleOptions): string[] {
  const { epochs, epochStep, beta, betaDecay, betaEnd, warmup } = options;
  const reached = epochStep.filter((drop) => drop < epochs);
  const late = epochStep.filter((drop) => drop >= epochs);
  if (late.length === 0) return [];
  const why = `for --epochs ${epochs} ends before --epoch-step ${late}`;
  const last = Math.max(...reached);
  const drops = reached.length > 0;
  const constant = `stays ${shown(scaledRate(options))}${warmup > 0 ? " after that" : ""}`;
  const rate = drops ? `drops after epoch ${reached.join(", ")} only` : constant;
  const steps = options.lrSchedule === "step";
  const weight = drops ? `is at ${betaEnd} after epoch ${last}` : `stays ${beta}`;
  return [
    ...(steps ? [`learning rate: ${rate}, ${why}`] : []),
    ...(betaDecay === "step" ? [`beta: ${weight}, ${why}`] : []),
  ];
}

/**
 * Checks that batches are large enough for the terms that relate examples. Returns a note if only
 * the last batch of an epoch is too small: that step leaves out the term.
 *
 * @param size The number of training images.
 * @throws {UserError} If every batch is too small.
 */
export function checkRelations(
  options: MethodWeights & Pick<TrainingOptions, "batchSize">,
  size: number,
): string[] {
  const { batchSize } = options;
  const flags = namesWithWeight(options).filter((name) => methodFacts(name).relatesExamples)
    .map((key) => `${flagName(key)} ${options[key]}`);
  if (flags.length === 0) return [];
  if (Math.min(batchSize, size) < 2) {
    throw new UserError(
      `Cannot train with ${flags.join(" and ")}: that relates the examples of a batch, and with ` +
        `--batch-size ${batchSize} of ${size} images each has one; use a larger --batch-size`,
    );
  }
  const last = size - (batchCount(size, batchSize) - 1) * batchSize;
  return last > 1 ? [] : [
    `note: the last batch of an epoch has 1 of the ${size} images, which relates to no other: its step ` +
    `goes without ${flags.join(" and ")}; another --batch-size avoids that`,
  ];
}

/** A note if the methods of a run compare fewer examples with several workers than in one process. */
export function workerNotes(values: MethodWeights): string[] {
  const flags = flagsWithWorkers(values, "own part");
  return flags.length === 0 ? [] : [
    `note: with ${flags.join(" and ")} each worker compares the examples of its own part of the ` +
    "batch only, which is not the same as in one process",
  ];
}
