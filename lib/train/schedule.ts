/**
 * Schedules over a run: the learning rate, and weights that decay.
 *
 * @module
 */

import { checkOptions } from "../arguments.ts";

/** The numbers for the `Scalars` of a step. */
export interface Schedule {
  learningRate: number;
  /** The scalar `beta`, if a loss of your own uses it. */
  beta?: number;
  /** Factors of the methods' weights, by the names of the methods. */
  factors?: Record<string, number>;
  /** How far averaged weights move towards the weights: see {@link averageParams}. */
  averageRate?: number;
}

/** Options of {@link steppedRate}. */
export interface SteppedRateOptions {
  /** The learning rate of the first epoch. */
  rate: number;
  /** The factor of each drop. */
  ratio: number;
  /** The numbers of completed epochs after which the rate drops. */
  drops: readonly number[];
}

/**
 * A stepped rate: `rate * ratio^k` where k is the number of `drops` at or before the epoch. `drops` of
 * `[60, 120, 160]` gives 60 epochs at the first rate, then 60 at the second ...
 *
 * @param epoch counted from 0.
 * @throws {RangeError} If a number is not finite.
 * @throws {TypeError} If an option is unknown.
 *
 * @example
 * ```ts
 * import { steppedRate } from "@attention-transfer/core";
 *
 * const options = { rate: 0.1, ratio: 0.2, drops: [60, 120, 160] };
 * console.log(steppedRate(59, options), steppedRate(60, options)); // 0.1 0.02
 * ```
 */
export function steppedRate(epoch: number, options: SteppedRateOptions): number {
  checkOptions("steppedRate", options, { rate: true, ratio: true, drops: true });
  const { rate, ratio, drops } = options;
  checkNumbers({ epoch, rate, ratio, drops });
  return rate * ratio ** drops.filter((drop) => drop <= epoch).length;
}

/** Options of {@link warmedUpRate}. */
export interface WarmedUpRateOptions {
  /** The learning rate after the warm-up. */
  rate: number;
  /** The number of steps of the warm-up; 0 for none. */
  steps: number;
  /** The learning rate of the first step. Default: one step's rise from 0, so no step is idle. */
  from?: number;
}

/**
 * A rate that rises linearly over the first w = `steps` steps. With `from`, step i has
 * `from + (rate - from) * i / w`, and the first step after the warm-up is the first with `rate`. This
 * is the gradual warm-up of Goyal et al. (arXiv:1706.02677, section 2.2): for batches k times as
 * large, from the rate of the small batches to k times that rate, in 5 epochs. Without `from`, step i
 * has `rate * (i + 1) / w`, and the last step of the warm-up has `rate`. A {@link steppedRate} can
 * start from the result, and then drops in a warm-up too.
 *
 * @param step counted from 0 over the whole run.
 * @throws {RangeError} If a number is not finite, or `step` or `steps` is negative.
 * @throws {TypeError} If an option is unknown.
 *
 * @example
 * ```ts
 * import { warmedUpRate } from "@attention-transfer/core";
 *
 * const scaled = { rate: 0.4, from: 0.1, steps: 2 };
 * console.log([0, 1, 2, 3].map((step) => warmedUpRate(step, scaled))); // [0.1, 0.25, 0.4, 0.4]
 * const plain = { rate: 0.1, steps: 2 };
 * console.log([0, 1, 2].map((step) => warmedUpRate(step, plain))); // [0.05, 0.1, 0.1]
 * ```
 */
export function warmedUpRate(step: number, options: WarmedUpRateOptions): number {
  checkOptions("warmedUpRate", options, { rate: true, steps: true, from: true });
  const { rate, steps, from } = options;
  checkNumbers({ rate, from: from ?? 0 });
  checkSteps({ step, steps });
  if (step >= steps) return rate;
  return from === undefined
    ? rate * Math.min(1, (step + 1) / steps)
    : from + (rate - from) * (step / steps);
}

/** Options of {@link cosineRate}. */
export interface CosineRateOptions {
  /** The learning rate of the first step. */
  rate: number;
  /** The number of steps until the rate is `end`. */
  steps: number;
  /** The last learning rate. Default 0. */
  end?: number;
}

/**
 * A rate that falls along half a cosine (Loshchilov and Hutter, arXiv:1608.03983, without restarts):
 * step i of n = `steps` has `end + (rate - end) * (1 + cos(pi * i / n)) / 2`, as
 * `torch.optim.lr_scheduler.CosineAnnealingLR` with `T_max` n. After n steps it stays `end`, where
 * PyTorch's rises again.
 *
 * @param step counted from 0; or an epoch, if `steps` counts epochs. After a warm-up of w steps, give
 * `step - w` and the steps that are left, as PyTorch's `SequentialLR` does.
 * @throws {RangeError} If a number is not finite, or `step` or `steps` is negative.
 * @throws {TypeError} If an option is unknown.
 *
 * @example
 * ```ts
 * import { cosineRate } from "@attention-transfer/core";
 *
 * console.log([0, 1, 2, 3, 4].map((step) => cosineRate(step, { rate: 0.4, steps: 4 })));
 * // 0.4, 0.341, 0.2, 0.0586, 0
 * ```
 */
export function cosineRate(step: number, options: CosineRateOptions): number {
  checkOptions("cosineRate", options, { rate: true, steps: true, end: true });
  const { rate, steps, end = 0 } = options;
  checkNumbers({ rate, end });
  checkSteps({ step, steps });
  return step >= steps ? end : cosineBetween(rate, end, step / steps);
}

/** Options of {@link oneCycleRate}. */
export interface OneCycleRateOptions {
  /** The largest learning rate. */
  rate: number;
  /** The number of steps of the whole run. */
  steps: number;
  /** The part of the run in which the rate rises, 0 to 1. With 1, the last rate is `rate`. Default 0.3. */
  rise?: number;
  /** The first rate is `rate` divided by this. Default 25. */
  startDivisor?: number;
  /** The last rate is the first one divided by this. Default 1e4. */
  endDivisor?: number;
}

/**
 * The one-cycle rate (Smith and Topin, arXiv:1708.07120): along half a cosine up from
 * `rate / startDivisor` to `rate` in the first `rise * steps` steps, and then down to
 * `rate / startDivisor / endDivisor` at the last one. The defaults and each value are those of
 * `torch.optim.lr_scheduler.OneCycleLR`, with `cycle_momentum=False`: the momentum stays.
 *
 * @param step counted from 0 over the whole run. After `steps` steps the rate stays the last one, where
 * PyTorch throws.
 * @throws {RangeError} If a number is not finite, `step` or `steps` is negative, `rise` is not from 0 to
 * 1, or a divisor is not above 0.
 * @throws {TypeError} If an option is unknown.
 *
 * @example
 * ```ts
 * import { oneCycleRate } from "@attention-transfer/core";
 *
 * const options = { rate: 0.5, steps: 10 };
 * console.log([0, 2, 9].map((step) => oneCycleRate(step, options))); // 0.02, 0.5, 0.000002
 * ```
 */
export function oneCycleRate(step: number, options: OneCycleRateOptions): number {
  checkOptions("oneCycleRate", options, {
    ...{ rate: true, steps: true, rise: true, startDivisor: true, endDivisor: true },
  });
  const { rate, steps, rise = 0.3, startDivisor = 25, endDivisor = 1e4 } = options;
  checkNumbers({ rate, rise, startDivisor, endDivisor });
  checkSteps({ step, steps });
  if (rise < 0 || rise > 1) {
    throw new RangeError(`Cannot use ${rise} as rise: it must be from 0 to 1`);
  }
  if (!(startDivisor > 0 && endDivisor > 0)) {
    const [name, value] = startDivisor > 0
      ? ["endDivisor", endDivisor]
      : ["startDivisor", startDivisor];
    throw new RangeError(`Cannot use ${value} as ${name}: it must be above 0`);
  }
  const first = rate / startDivisor;
  const [top, last] = [rise * steps - 1, steps - 1];
  if (step >= last) return rise === 1 ? rate : first / endDivisor;
  // The first step is at the top already if there are too few steps to rise.
  if (step <= top) return top === 0 ? rate : cosineBetween(first, rate, step / top);
  return cosineBetween(rate, first / endDivisor, (step - top) / (last - top));
}

/** Half a cosine from `start` to `end`, at a part of the way from 0 to 1. */
function cosineBetween(start: number, end: number, part: number): number {
  return end + (start - end) * (1 + Math.cos(Math.PI * part)) / 2;
}

/** The type of a weight's decay: see {@link decayedWeight}. */
export type Decay = "none" | "linear" | "cosine" | "step";

/** Options of {@link decayedWeight}. */
export interface DecayedWeightOptions {
  /** The type of decay. */
  decay: Decay;
  /** The weight at the start. */
  start: number;
  /** The weight at the end of the run. */
  end: number;
  /** For `"step"`: where the weight drops, as fractions of the run. Values of 1 or more are ignored. */
  drops?: readonly number[];
}

/**
 * A weight that goes from `start` to `end` over a run. `"linear"` is linear. `"cosine"` is half a
 * cosine, slow at both ends. `"step"` takes steps of equal size at `drops` and reaches `end` at the
 * last one. The attention transfer paper (arXiv:1612.03928) lets beta decay when combined with
 * distillation, but does not say how.
 *
 * For {@link distill}, let it go from 1 to 0 as a factor of {@link train}:
 * `factors: { attention: (steps) => decayedWeight(steps / all, { decay: "linear", start: 1, end: 0 }) }`.
 *
 * @param progress the completed part of the run, from 0 to 1; less counts as 0, more as 1.
 * @throws {RangeError} If a number is not finite, or `decay` is unknown.
 * @throws {TypeError} If an option is unknown.
 *
 * @example
 * ```ts
 * import { decayedWeight } from "@attention-transfer/core";
 *
 * console.log(decayedWeight(0.25, { decay: "linear", start: 1000, end: 0 })); // 750
 * ```
 */
export function decayedWeight(progress: number, options: DecayedWeightOptions): number {
  checkOptions("decayedWeight", options, { decay: true, start: true, end: true, drops: true });
  const { decay, start, end, drops = [] } = options;
  checkNumbers({ progress, start, end, drops });
  if (!Object.hasOwn(shares, decay)) {
    throw new RangeError(
      `Cannot decay a weight by "${decay}": it must be ${Object.keys(shares).join(", ")}`,
    );
  }
  const part = Math.min(Math.max(progress, 0), 1);
  return start + (end - start) * shares[decay](part, drops);
}

/** Comparisons with NaN are false, so a drop at NaN would never happen. */
function checkNumbers(numbers: Readonly<Record<string, number | readonly number[]>>): void {
  for (const [name, given] of Object.entries(numbers)) {
    const wrong = [given].flat().find((value) => !Number.isFinite(value));
    if (wrong === undefined) continue;
    throw new RangeError(`Cannot use ${wrong} as ${name}: it must be a finite number`);
  }
}

function checkSteps(numbers: Readonly<Record<"step" | "steps", number>>): void {
  checkNumbers(numbers);
  const negative = Object.entries(numbers).find(([, value]) => value < 0);
  if (negative === undefined) return;
  throw new RangeError(`Cannot use ${negative[1]} as ${negative[0]}: it must be at least 0`);
}

/** The part of the way from `start` to `end` that is done. */
const shares: Record<Decay, (progress: number, drops: readonly number[]) => number> = {
  none: () => 0,
  linear: (progress) => progress,
  cosine: (progress) => (1 - Math.cos(Math.PI * progress)) / 2,
  step: (progress, drops) => {
    const within = drops.filter((drop) => drop < 1);
    return within.length && within.filter((drop) => drop <= progress).length / within.length;
  },
};
