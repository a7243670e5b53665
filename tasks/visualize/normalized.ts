/**
 * Normalises pixels that need not be whole numbers. Also runs in browsers.
 *
 * @module
 */
import type { Normalization } from "../../lib/data/normalize.ts";

/** Normalises pixels of images, 0 to 255. */
export function normalized(pixels: Float32Array, { mean, std }: Normalization): Float32Array {
  const channels = mean.length;
  return pixels.map((value, i) =>
    (value - (mean[i % channels] as number)) / (std[i % channels] as number)
  );
}
