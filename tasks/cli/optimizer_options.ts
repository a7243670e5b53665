/**
 * The options of how the weights are updated, and which of them are kept. The defaults are the paper's,
 * for CIFAR.
 *
 * @module
 */
import {
  choice,
  flag,
  group,
  integer,
  integers,
  number,
  type OptionValues,
} from "./option_kinds.ts";
import { UsageError } from "./usage_error.ts";

/** Learning rate, optimiser, regularisation, and averaged and best weights. */
export const optimizerOptions = {
  ...group("Learning rate and optimiser", {
    lr: number({
      default: 0.1,
      above: 0,
      help: "initial learning rate; the largest one of one-cycle",
    }),
    lrSchedule: choice(["step", "cosine", "one-cycle"], {
      default: "step",
      help: "how the learning rate changes: by drops, or at each step by a cosine to --lr-end, " +
        "or up in the first 30% of the run and down to almost 0",
    }),
    epochStep: integers({
      default: [60, 120, 160],
      min: 1,
      help: "epochs after which the learning rate drops",
    }),
    lrDecayRatio: number({
      default: 0.2,
      above: 0,
      help: "factor of the learning rate at each drop",
    }),
    lrEnd: number({ default: 0, min: 0, help: "last learning rate of --lr-schedule cosine" }),
    lrScale: choice(["none", "linear"], {
      default: "none",
      help: "scaling of the learning rate; linear multiplies it by --batch-size / the recipe's " +
        "own batch size",
    }),
    warmup: number({
      default: 0,
      min: 0,
      placeholder: "EPOCHS",
      help: "epochs at the start, such as 5 or 0.5, in which the learning rate rises with each " +
        "step: from --lr if --lr-scale makes it larger, otherwise from near 0",
    }),
    weightDecay: number({
      default: 5e-4,
      min: 0,
      help: "weight decay, on all trainable parameters",
    }),
    weightDecayOn: choice(["all", "weights"], {
      default: "all",
      help: "what decays; weights leaves out norms and biases",
    }),
    nesterov: flag({ help: "use Nesterov momentum" }),
    clipNorm: number({
      above: 0,
      help: "largest norm of all gradients together: larger ones are scaled down; default: none",
    }),
  }),
  ...group("Regularisation", {
    labelSmoothing: number({
      default: 0,
      min: 0,
      max: 1,
      help: "part of each label that is shared out among all classes, such as 0.1",
    }),
    mixup: number({
      default: 0,
      min: 0,
      help: "mix each image with another (mixup), by shares of the distribution Beta(X, X), such " +
        "as 0.2; train_acc then counts the label with the larger share",
    }),
    cutmix: number({
      default: 0,
      min: 0,
      help: "the same with a box of the other image (CutMix), such as 1; with --mixup, a batch " +
        "gets one of both by chance",
    }),
    mixProbability: number({
      default: 1,
      min: 0,
      max: 1,
      help: "probability that a batch is mixed",
    }),
  }),
  ...group("Averaged and best weights", {
    ema: number({
      above: 0,
      max: 0.999999,
      placeholder: "DECAY",
      help: "also keep a moving average of the weights over the steps, such as 0.999; it is " +
        "evaluated too, and saved as ema.safetensors",
    }),
    keepBest: flag({
      help: "keep the weights of the epoch with the best test accuracy, as best.safetensors; " +
        "with --ema, the averaged ones. The test images then choose the epoch, so its accuracy is " +
        "too good; with cifar's --holdout, held-out training images choose it",
    }),
    earlyStop: integer({
      min: 1,
      placeholder: "EPOCHS",
      help: "end the run after so many epochs without a better test accuracy; implies --keep-best",
    }),
  }),
};

export type OptimizerOptionValues = OptionValues<typeof optimizerOptions>;

/** True if the images of a batch are mixed with each other. */
export function mixesImages({ mixup, cutmix }: Pick<OptimizerOptionValues, "mixup" | "cutmix">) {
  return mixup > 0 || cutmix > 0;
}

/**
 * Checks that these options fit together.
 *
 * @throws {UsageError} If one has no effect beside another.
 */
export function checkOptimizerOptions(values: OptimizerOptionValues): void {
  const { lrSchedule, lrEnd, lr, warmup, mixProbability } = values;
  if (lrSchedule === "one-cycle" && warmup > 0) {
    throw new UsageError(
      `--warmup ${warmup} does not go with --lr-schedule one-cycle, which rises by itself: remove ` +
        "one of them",
    );
  }
  if (lrEnd > 0 && lrSchedule !== "cosine") {
    throw new UsageError(`--lr-end ${lrEnd} has no effect without --lr-schedule cosine`);
  }
  if (lrEnd > lr) {
    throw new UsageError(`--lr-end ${lrEnd} is above --lr ${lr}: use a smaller one`);
  }
  if (mixProbability !== 1 && !mixesImages(values)) {
    throw new UsageError(
      `--mix-probability ${mixProbability} has no effect without --mixup or --cutmix`,
    );
  }
}
