/**
 * How far apart two networks look: the distance of their attention maps for each image.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { tidy } from "../../../lib/autodiff/tidy.ts";
import { normalize } from "../../../lib/losses/pairs.ts";
import { resizeMaps } from "../../../lib/losses/resize.ts";

/**
 * The distance of two networks' attention maps for each image, `[N]`: the L2 norm of the difference of
 * the maps, each normalised to unit norm. Twice `attentionTransferLoss` with `form: "paper"` is its mean.
 * It is 0 for equal maps, and at most the square root of 2, for maps that share no position. If sizes
 * differ, the larger map is first resized to the smaller one, as for the loss.
 *
 * @param student attention maps `[N, H, W]`, normalised or not.
 * @param teacher attention maps of the same images, `[N, H, W]`, normalised or not.
 * @throws {TypeError} If the batches differ.
 */
export function mapDistances(student: tf.Tensor3D, teacher: tf.Tensor3D): tf.Tensor1D {
  if (student.shape[0] !== teacher.shape[0]) {
    throw new TypeError(
      `Cannot compare the maps of [${student.shape}] and [${teacher.shape}]: the batches must be the ` +
        "same",
    );
  }
  return tidy(() => {
    const height = Math.min(student.shape[1], teacher.shape[1]);
    const width = Math.min(student.shape[2], teacher.shape[2]);
    const [own, other] = [student, teacher].map((maps) =>
      normalize(tf.reshape(resizeMaps(maps, height, width), [maps.shape[0], -1]))
    ) as [tf.Tensor2D, tf.Tensor2D];
    return tf.norm(tf.sub(own, other), "euclidean", 1) as tf.Tensor1D;
  });
}

/** The largest distance that {@linkcode mapDistances} can give. */
export const largestDistance = Math.SQRT2;

/** Some numbers in short. */
export interface Summary {
  mean: number;
  median: number;
  /** Nine of ten are at most this. */
  p90: number;
  largest: number;
}

/** Sums numbers up; undefined if there are none. The quantiles are of the nearest rank. */
export function summaryOf(values: Float32Array): Summary | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted();
  const quantile = (part: number) => sorted[Math.ceil(part * sorted.length) - 1] as number;
  return {
    mean: meanOf(values) as number,
    median: quantile(0.5),
    p90: quantile(0.9),
    largest: quantile(1),
  };
}

/** The mean of numbers; undefined if there are none. */
export function meanOf(values: Float32Array): number | undefined {
  return values.length === 0 ? undefined : values.reduce((a, b) => a + b, 0) / values.length;
}

/** How many values are in each of `bins` equally wide bins from 0 to `end`, which the last includes. */
export function histogramOf(values: Float32Array, bins: number, end: number): Uint32Array {
  const counts = new Uint32Array(bins);
  for (const value of values) {
    const bin = Math.floor(value / end * bins);
    counts[Math.min(Math.max(bin, 0), bins - 1)]!++;
  }
  return counts;
}

/**
 * The sum of the distances of all groups for each image, `[N]`.
 *
 * @param groups the distances of each group, each `[N]`; at least one.
 */
export function sumOfGroups(groups: readonly Float32Array[]): Float32Array {
  const [first, ...others] = groups as [Float32Array, ...Float32Array[]];
  return first.map((value, i) => others.reduce((sum, group) => sum + (group[i] as number), value));
}

/** The indices of the largest values, largest first; of equal values, the lower index first. */
export function largestOf(values: Float32Array, limit: number): number[] {
  return [...values.keys()]
    .sort((a, b) => (values[b] as number) - (values[a] as number))
    .slice(0, limit);
}
