/**
 * The divergence used by several losses on logits.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/**
 * The mean of `KL(exp(q) || exp(p))` over the batch.
 *
 * @param q log probabilities, `[N, classes]`.
 */
export function divergence(q: tf.Tensor, p: tf.Tensor): tf.Scalar {
  return tf.mean(tf.sum(tf.mul(tf.exp(q), tf.sub(q, p)), 1));
}
