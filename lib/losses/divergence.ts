/**
 * The divergence that the losses between logits share.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/**
 * The mean over the batch of `KL(exp(q) || exp(p))`.
 *
 * @param q logarithms of probabilities, `[N, classes]`.
 */
export function divergence(q: tf.Tensor, p: tf.Tensor): tf.Scalar {
  return tf.mean(tf.sum(tf.mul(tf.exp(q), tf.sub(q, p)), 1));
}
