/**
 * Steps that several losses on logits share, such as logit standardization (Sun et al.,
 * arXiv:2403.01427).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/** Added to the standard deviation, as in the authors' code. */
const epsilon = 1e-7;

/** The smallest variance with a gradient: PyTorch's standard deviation has gradient 0 at 0, too. */
const leastVariance = 1e-24;

/**
 * `(z - mean(z)) / (std(z) + 1e-7)` over the classes of each example, with the unbiased standard
 * deviation.
 *
 * @param logits `[N, classes]`, 2 classes or more.
 */
export function standardizeLogits(logits: tf.Tensor2D): tf.Tensor2D {
  const classes = logits.shape[1];
  const centred = tf.sub(logits, tf.mean(logits, 1, true));
  const variance = tf.div(tf.sum(tf.square(centred), 1, true), classes - 1);
  const deviation = tf.sqrt(tf.maximum(variance, leastVariance));
  return tf.div(centred, tf.add(deviation, epsilon));
}

/** The logits, standardised if asked for, divided by the temperature. */
export function softened(
  logits: tf.Tensor2D,
  { temperature, standardize }: { temperature: number; standardize: boolean },
): tf.Tensor2D {
  return tf.div(standardize ? standardizeLogits(logits) : logits, temperature);
}

/**
 * The mean of `KL(exp(q) || exp(p))` over the batch.
 *
 * @param q log probabilities, `[N, classes]`.
 */
export function divergence(q: tf.Tensor, p: tf.Tensor): tf.Scalar {
  return tf.mean(tf.sum(tf.mul(tf.exp(q), tf.sub(q, p)), 1));
}
