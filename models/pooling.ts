/**
 * Pooling like PyTorch's.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { tidy } from "../lib/autodiff/tidy.ts";

/**
 * The mean over all positions. It can be differentiated any number of times.
 *
 * @param x Activation `[N, H, W, C]`.
 * @returns `[N, C]`.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { globalAveragePool } from "@attention-transfer/core";
 *
 * console.log(globalAveragePool(tf.ones([2, 8, 8, 16])).shape); // [2, 16]
 * ```
 */
export function globalAveragePool(x: tf.Tensor4D): tf.Tensor2D {
  return tf.mean(x, [1, 2]);
}

/**
 * PyTorch's `avg_pool2d(x, size, stride)`, without padding. It can be differentiated twice, which tfjs's
 * own cannot.
 *
 * @param x Activation `[N, H, W, C]`.
 * @param size The size of a window. Default 2.
 * @param stride The distance of two windows. Default: the size.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { averagePool } from "@attention-transfer/core";
 *
 * console.log(averagePool(tf.ones([2, 8, 8, 16])).shape); // [2, 4, 4, 16]
 * ```
 */
export function averagePool(x: tf.Tensor4D, size = 2, stride: number = size): tf.Tensor4D {
  return tidy(() => tf.avgPool(x, size, stride, "valid"));
}

/**
 * PyTorch's `max_pool2d(x, size, stride, padding=(size - 1) // 2)` for activations of at least 0, such
 * as those after a relu. If several values of a window are the largest, the gradient goes to the first.
 * It can be differentiated twice, which tfjs's own cannot.
 *
 * @param x Activation `[N, H, W, C]`.
 * @param size The size of a window. Default 3.
 * @param stride The distance of two windows. Default 2.
 * @returns `[N, ceil(H / 2), ceil(W / 2), C]` with the defaults.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { maxPool } from "@attention-transfer/core";
 *
 * console.log(maxPool(tf.ones([2, 7, 8, 16])).shape); // [2, 4, 4, 16]
 * ```
 */
export function maxPool(x: tf.Tensor4D, size = 3, stride = 2): tf.Tensor4D {
  const pad = Math.floor((size - 1) / 2);
  return tidy(() => {
    // SAME padding is not symmetric at stride 2.
    const padded = pad === 0 ? x : tf.pad(x, [[0, 0], [pad, pad], [pad, pad], [0, 0]]);
    return tf.maxPool(padded, size, stride, "valid");
  });
}
