/**
 * Measures activations as the paper of spatial group-wise enhance shows them (Li, Hu and Yang,
 * arXiv:1905.09646): their norm at each position, and their distribution.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { tidy } from "../lib/autodiff/tidy.ts";
import { checkFloats, checkTensors } from "../lib/arguments.ts";

/**
 * The Euclidean norm of each group's vector at each position:
 * `sqrt(sum over the group's channels of x^2)`.
 *
 * Group g has the channels `g * C / groups` to `(g + 1) * C / groups - 1`, as in
 * {@linkcode spatialGroupEnhance}. For looking at features: the gradient is not finite where a norm
 * is 0.
 *
 * @param x Activation `[N, H, W, C]`.
 * @param groups A whole number that divides C. Default 1: all channels together.
 * @returns `[N, H, W, groups]`.
 * @throws {RangeError} If `groups` is not a whole number of at least 1, or does not divide C.
 * @throws {TypeError} If `x` does not have rank 4, or is disposed.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { positionNorms } from "@attention-transfer/core";
 *
 * const x = tf.ones<tf.Rank.R4>([2, 8, 8, 64]);
 * console.log(positionNorms(x, 16).dataSync()[0]); // 2
 * ```
 */
export function positionNorms(x: tf.Tensor4D, groups = 1): tf.Tensor4D {
  checkFloats("an activation", x);
  if (x.rank !== 4) {
    throw new TypeError(`Cannot take norms of [${x.shape}]: it must be [N, H, W, C]`);
  }
  const [examples, height, width, channels] = x.shape;
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new RangeError(
      `Cannot take norms of [${x.shape}] in ${groups} groups: it must be a whole number that ` +
        `divides the ${channels} channels`,
    );
  }
  return tidy(() => {
    const grouped = tf.reshape(tf.square(x), [-1, groups, channels / groups]);
    return tf.reshape(tf.sqrt(tf.sum(grouped, 2)), [examples, height, width, groups]);
  });
}

/** How activations are distributed. */
export interface ActivationStatistics {
  /** The mean. */
  mean: tf.Scalar;
  /** The mean squared distance from the mean. */
  variance: tf.Scalar;
  /** The share of activations with an absolute value below 0.05 units. */
  nearZero: tf.Scalar;
  /** The shares in 64 bins of a quarter unit from -8 to 8; those beyond are in the outermost. */
  shares: tf.Tensor1D;
}

const bins = 64;
const binsPerUnit = 4;
/** Activations below this many units are near zero. */
const near = 0.05;

/**
 * The distribution of activations: `mean = E[x]`, `variance = E[(x - mean)^2]`,
 * `nearZero = P(|x| <= 0.05 * unit)` and `shares[k] = P(k / 4 - 8 <= x / unit < (k + 1) / 4 - 8)`.
 *
 * To compare activations before and after a gate, give both the standard deviation before it as the
 * unit. Otherwise a gate that makes all activations smaller would seem to change nothing.
 *
 * @param x Activations of any shape, with at least one element.
 * @param unit The unit of `nearZero` and `shares`, a scalar above 0. Default: the standard deviation
 * of `x`. That of a constant `x` is 0; then `shares` says nothing.
 * @throws {RangeError} If `x` is empty.
 * @throws {TypeError} If `unit` is not a scalar, or a tensor is disposed.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { activationStatistics } from "@attention-transfer/core";
 *
 * const before = tf.randomNormal([1000]);
 * const { variance } = activationStatistics(before);
 * const after = activationStatistics(tf.div(before, 4), tf.sqrt(variance));
 * console.log(after.nearZero.dataSync()[0]); // about 0.16
 * ```
 */
export function activationStatistics(x: tf.Tensor, unit?: tf.Scalar): ActivationStatistics {
  checkTensors("the statistics of activations", unit ? { x, unit } : { x });
  if (x.size === 0) {
    throw new RangeError(`Cannot take statistics of [${x.shape}]: it has no elements`);
  }
  if (unit && unit.rank !== 0) {
    throw new TypeError(
      `Cannot take statistics in a unit of shape [${unit.shape}]: it must be a scalar`,
    );
  }
  return tidy(() => {
    const mean: tf.Scalar = tf.mean(x);
    const variance: tf.Scalar = tf.mean(tf.square(tf.sub(x, mean)));
    const scale = unit ?? tf.sqrt(variance);
    const share = (counts: tf.Tensor) => tf.div(tf.cast(counts, "float32"), x.size);
    const count = (condition: tf.Tensor) => tf.sum(tf.cast(condition, "int32"));
    // One comparison for each edge works on every backend, and needs no tensor larger than x.
    const inner = Array.from({ length: bins - 1 }, (_, k) => (k + 1) / binsPerUnit - bins / 8);
    const below = tf.stack([
      tf.scalar(0, "int32"),
      ...inner.map((edge) => count(tf.less(x, tf.mul(scale, edge)))),
      tf.scalar(x.size, "int32"),
    ]);
    return {
      mean,
      variance,
      nearZero: share(count(tf.lessEqual(tf.abs(x), tf.mul(scale, near)))) as tf.Scalar,
      shares: share(tf.sub(tf.slice(below, 1, bins), tf.slice(below, 0, bins))) as tf.Tensor1D,
    };
  });
}
