/**
 * Pooling like PyTorch's.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/** The mean over all positions: `[N, C]`. */
export function globalAveragePool(x: tf.Tensor4D): tf.Tensor2D {
  return tf.mean(x, [1, 2]);
}

/**
 * PyTorch's `max_pool2d(x, 3, stride=2, padding=1)` for activations of at least 0, such as those
 * after a relu. If several values of a window are the largest, the gradient goes to the first.
 *
 * @returns `[N, ceil(H / 2), ceil(W / 2), C]`.
 */
export function maxPool(x: tf.Tensor4D): tf.Tensor4D {
  // SAME padding is not symmetric at stride 2.
  return tf.maxPool(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), 3, 2, "valid");
}
