/**
 * One-hot labels.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/**
 * `[N, classes]`: 1 for the label, else 0. The row of an invalid label is NaN, so it is noticed.
 *
 * @param labels int32 `[N]`.
 */
export function oneHot(labels: tf.Tensor1D, classes: number): tf.Tensor2D {
  // On tfjs's wasm backend the op is only right for int32.
  const rows = tf.cast(tf.oneHot(labels, classes, 1, 0, "int32"), "float32");
  return tf.where(tf.greater(tf.sum(rows, 1, true), 0), rows, NaN) as tf.Tensor2D;
}
