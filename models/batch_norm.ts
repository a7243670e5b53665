/**
 * Batch norm in train mode: by the statistics of this batch, or of all workers' batches.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

export const epsilon = 1e-5;
const fusedKernel = "FusedBatchNormV3";

/** A batch, normalised. */
export interface Normalized {
  y: tf.Tensor4D;
  /** The mean of each channel, `[C]`. */
  mean: tf.Tensor1D;
  /** Unbiased, like PyTorch's running variance; the forward pass divides by the biased one. */
  variance: tf.Tensor1D;
}

/** How workers share the statistics of their batches. */
export interface SharedStatistics {
  /** Stacks the vectors `[K]` of all workers to `[workers, K]`. */
  gather: (x: tf.Tensor1D) => tf.Tensor2D;
  /** The number of examples of this worker, a scalar: 0 or more. */
  examples: tf.Tensor;
}

let shared: SharedStatistics | undefined;

/** Runs `f`, and in it normalises by the statistics of all workers' batches. */
export function withSharedStatistics<T>(statistics: SharedStatistics | undefined, f: () => T): T {
  const before = shared;
  shared = statistics;
  try {
    return f();
  } finally {
    shared = before;
  }
}

/** Normalises `[N, H, W, C]` per channel, then multiplies by `scale` and adds `offset`, both `[C]`. */
export function normalizeBatch(
  x: tf.Tensor4D,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
): Normalized {
  if (!shared && tf.getKernel(fusedKernel, tf.getBackend())) {
    return fusedBatchNorm(x, scale, offset);
  }
  // From plain ops, for backends without the fused kernel, and for several workers.
  const { mean, biased, correction } = shared ? statisticsOfAll(x, shared) : statisticsOf(x);
  const factor = tf.mul(tf.rsqrt(tf.add(biased, epsilon)), scale);
  return {
    y: tf.add(tf.mul(tf.sub(x, mean), factor), offset),
    mean,
    variance: tf.mul(biased, correction),
  };
}

function fusedBatchNorm(x: tf.Tensor4D, scale: tf.Tensor1D, offset: tf.Tensor1D): Normalized {
  const outputs = tf.engine().runKernel(fusedKernel, { x, scale, offset }, { epsilon });
  const [y, mean, variance] = outputs as unknown as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D];
  return { y, mean, variance };
}

/** The statistics of each channel. */
interface Statistics {
  mean: tf.Tensor1D;
  /** The biased variance. */
  biased: tf.Tensor1D;
  /** What makes the variance of n values unbiased: n / (n - 1). */
  correction: number | tf.Tensor;
}

function statisticsOf(x: tf.Tensor4D): Statistics {
  const axes = [0, 1, 2];
  const mean = tf.mean<tf.Tensor1D>(x, axes);
  const biased = tf.mean<tf.Tensor1D>(tf.square(tf.sub(x, mean)), axes);
  const count = x.size / x.shape[3];
  return { mean, biased, correction: count / Math.max(count - 1, 1) };
}

/**
 * The statistics of the batches of all workers, which may have different sizes. One exchange of numbers,
 * `[examples, mean, variance]` of each worker, which are then merged (Chan, Golub and LeVeque 1983).
 */
function statisticsOfAll(x: tf.Tensor4D, { gather, examples }: SharedStatistics): Statistics {
  const channels = x.shape[3];
  const own = statisticsOf(x);
  const all = gather(tf.concat1d([tf.reshape(examples, [1]), own.mean, own.biased]));
  const [counts, means, variances] = tf.split(all, [1, channels, channels], 1) as [
    tf.Tensor2D,
    tf.Tensor2D,
    tf.Tensor2D,
  ];
  const share = tf.div(counts, tf.sum(counts)); // [workers, 1]
  const mean = tf.sum<tf.Tensor1D>(tf.mul(share, means), 0);
  const spread = tf.add(variances, tf.square(tf.sub(means, mean)));
  const biased = tf.sum<tf.Tensor1D>(tf.mul(share, spread), 0);
  const count = tf.mul(tf.sum(counts), x.shape[1] * x.shape[2]);
  return { mean, biased, correction: tf.div(count, tf.maximum(tf.sub(count, 1), 1)) };
}
