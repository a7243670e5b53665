/**
 * The learning rate over a run.
 *
 * @module
 */

/** Options of {@link steppedRate}. */
export interface SteppedRateOptions {
  /** The rate of the first epoch. */
  rate: number;
  /** What each drop multiplies the rate with. */
  ratio: number;
  /** The numbers of whole epochs after which it drops. */
  drops: readonly number[];
}

/**
 * A stepped rate: `rate * ratio^k` with k the number of `drops` that lie at or before the epoch.
 * `drops` of `[60, 120, 160]` gives 60 whole epochs at the first rate, then 60 at the second ...
 *
 * @param epoch counted from 0.
 *
 * @example
 * ```ts
 * import { steppedRate } from "@attention-transfer/core";
 *
 * const options = { rate: 0.1, ratio: 0.2, drops: [60, 120, 160] };
 * console.log(steppedRate(59, options), steppedRate(60, options)); // 0.1 0.02
 * ```
 */
export function steppedRate(
  epoch: number,
  { rate, ratio, drops }: SteppedRateOptions,
): number {
  return rate * ratio ** drops.filter((drop) => drop <= epoch).length;
}
