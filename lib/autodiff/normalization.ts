/**
 * Gradients of normalisation.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { gradient, mapAxis, ofInput, sumTo } from "./gradient.ts";

/**
 * Batch norm with given statistics, `scale (x - mean) / sqrt(variance + epsilon) + offset`. The
 * gradient of tfjs tiles the statistics over the activation, and fails without a scale or an offset.
 */
const batchNorm = gradient(
  "FusedBatchNorm",
  ["x", "mean", "variance", "scale"],
  (dy, [x, mean, variance, scale = tf.scalar(1)], attrs) => {
    const { varianceEpsilon } = attrs as { varianceEpsilon: number };
    const { shape } = mean;
    const r = tf.rsqrt(tf.add(variance, varianceEpsilon));
    const scaled = () => tf.mul(dy, tf.mul(scale, r));
    const centred = () => tf.sub(x, mean);
    return {
      x: scaled,
      mean: () => tf.neg(sumTo(scaled(), shape)),
      variance: () => sumTo(tf.mul(tf.mul(scaled(), centred()), tf.mul(tf.square(r), -0.5)), shape),
      scale: () => sumTo(tf.mul(dy, tf.mul(centred(), r)), shape),
      offset: () => sumTo(dy, shape),
    };
  },
);

/**
 * `x s^-beta`, where `s = bias + alpha sum(x^2)` over the channels within a radius. tfjs uses a kernel
 * without a gradient.
 */
const localResponseNormalization = ofInput("LRN", (dy, x, attrs) => {
  const { depthRadius, bias, alpha, beta } = attrs as tf.LRNAttrs;
  const near = neighbours(x.shape[3] as number, depthRadius);
  const s = tf.add(tf.mul(mapAxis(tf.square(x), 3, near), alpha), bias);
  const shrunk = tf.mul(dy, tf.pow(s, -beta));
  const shared = mapAxis(tf.div(tf.mul(shrunk, x), s), 3, near);
  return tf.sub(shrunk, tf.mul(tf.mul(x, shared), 2 * alpha * beta));
});

/** `[channels, channels]`: 1 if two channels are within the radius of each other, else 0. */
function neighbours(channels: number, radius: number): tf.Tensor2D {
  const matrix = tf.buffer<tf.Rank.R2>([channels, channels]);
  for (let i = 0; i < channels; i++) {
    const end = Math.min(channels, i + radius + 1);
    for (let j = Math.max(0, i - radius); j < end; j++) matrix.set(1, i, j);
  }
  return matrix.toTensor();
}

export const normalization: tf.GradConfig[] = [batchNorm, localResponseNormalization];
