/**
 * Random samples, whose seed tfjs-node hands on as it is.
 *
 * @module
 */
import type { Guard } from "./kernel.ts";

/**
 * Lets `tf.multinomial` run without a seed. tfjs draws a fraction between 0 and 1 then, and TensorFlow takes
 * whole numbers only: with 0 it draws one of its own.
 *
 * @throws {RangeError} If the seed is no whole number that JavaScript holds exactly.
 */
export const multinomial: Guard = (params, run) => {
  const { seed } = params.attrs as { seed: number };
  const isDrawn = seed > 0 && seed < 1;
  if (!isDrawn && !Number.isSafeInteger(seed)) {
    throw new RangeError(
      `Cannot run Multinomial: seed is ${seed}, which is no whole number between -2^53 and 2^53`,
    );
  }
  return run({ ...params, attrs: { ...params.attrs, seed: isDrawn ? 0 : seed } });
};
