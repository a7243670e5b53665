/**
 * How a method's weight changes over a run: a warm-up over the first epochs, and an end.
 *
 * @module
 */
import { checkOptions } from "../arguments.ts";

/** Options of {@link weightFactor}. */
export interface WeightFactorOptions {
  /** The number of epochs in which the weight rises, 0 or more. Default 0: the whole weight at once. */
  warmUp?: number | undefined;
  /** The number of completed epochs after which the weight is 0. Default: never. */
  stop?: number | undefined;
}

/**
 * The factor of a method's weight in an epoch: `min(1, (epoch + 1) / warmUp)`, and 0 once `stop` epochs
 * are completed. So the first of 20 epochs of warm-up has 1/20 of the weight, and the last all of it, as
 * in the authors' code of DKD and in mdistiller's ReviewKD; ReviewKD's own code has `epoch / 20`.
 *
 * @param epoch counted from 0.
 * @returns from 0 to 1, for `factors` of {@link Scalars} or of {@link train}.
 * @throws {RangeError} If a number is negative or not finite.
 * @throws {TypeError} If an option is unknown.
 *
 * @example
 * ```ts
 * import { weightFactor } from "@attention-transfer/core";
 *
 * const options = { warmUp: 4, stop: 6 };
 * console.log([0, 1, 3, 5, 6].map((epoch) => weightFactor(epoch, options))); // [0.25, 0.5, 1, 1, 0]
 * ```
 */
export function weightFactor(epoch: number, options: WeightFactorOptions): number {
  checkOptions("weightFactor", options, { warmUp: true, stop: true });
  const { warmUp = 0, stop } = options;
  for (const [name, value] of Object.entries({ epoch, warmUp, stop: stop ?? 0 })) {
    if (value >= 0 && value < Infinity) continue;
    throw new RangeError(`Cannot use ${value} as ${name}: it must be a number of at least 0`);
  }
  if (stop !== undefined && epoch >= stop) return 0;
  return epoch + 1 >= warmUp ? 1 : (epoch + 1) / warmUp;
}
