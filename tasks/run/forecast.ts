/**
 * What is known before a run's first step: its learning rate and beta schedules, and whether its
 * batches are large enough for the terms that relate examples.
 *
 * @module
 */
import { batchCount } from "../../lib/data/batches.ts";
import { UserError } from "../../lib/errors.ts";
import type { TrainOptions } from "../../lib/train/loop.ts";
import { decayedWeight, steppedRate } from "../../lib/train/schedule.ts";
import { methodFacts, type MethodWeights, namesWithWeight } from "../../lib/methods/table.ts";
import { flagName } from "../cli/flags.ts";
import type { OptionValues } from "../cli/option_kinds.ts";
import type { trainingOptions } from "../cli/training_options.ts";

type TrainingOptions = OptionValues<typeof trainingOptions>;

/** The learning rate and beta of each step. */
export function scheduleOf(
  { lr, lrDecayRatio, epochs, epochStep, beta, betaDecay, betaEnd }: TrainingOptions,
  stepsPerEpoch: number,
): TrainOptions["schedule"] {
  return ({ epoch, batch }) => ({
    learningRate: steppedRate(epoch, { rate: lr, ratio: lrDecayRatio, drops: epochStep }),
    beta: decayedWeight((epoch + batch / stepsPerEpoch) / epochs, {
      decay: betaDecay,
      start: beta,
      end: betaEnd,
      drops: epochStep.map((drop) => drop / epochs),
    }),
  });
}

/** Notes about the learning rate and beta if the run ends before some of the drops. */
export function scheduleLines(
  { lr, epochs, epochStep, beta, betaDecay, betaEnd }: Pick<
    TrainingOptions,
    "lr" | "epochs" | "epochStep" | "beta" | "betaDecay" | "betaEnd"
  >,
): string[] {
  const reached = epochStep.filter((drop) => drop < epochs);
  const late = epochStep.filter((drop) => drop >= epochs);
  if (late.length === 0) return [];
  const why = `for --epochs ${epochs} ends before --epoch-step ${late}`;
  const last = Math.max(...reached);
  const drops = reached.length > 0;
  const rate = drops ? `drops after epoch ${reached.join(", ")} only` : `stays ${lr}`;
  const weight = drops ? `is at ${betaEnd} after epoch ${last}` : `stays ${beta}`;
  return [
    `learning rate: ${rate}, ${why}`,
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
