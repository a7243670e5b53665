/**
 * Random sampling, where tfjs-node passes on the seed unchanged.
 *
 * @module
 */
import type { Guard } from "./kernel.ts";

/**
 * Makes `tf.multinomial` work without a seed. Then tfjs uses a random fraction between 0 and 1, but
 * TensorFlow only accepts integers: for 0 it draws its own seed.
 *
 * @throws {RangeError} If the seed is not an integer that JavaScript represents exactly.
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
