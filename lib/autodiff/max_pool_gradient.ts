/**
 * Max pooling and its gradient from plain ops, for backends whose own are missing or wrong.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { type PoolAttrs, poolInfo } from "./pooling.ts";
import { total } from "./total.ts";
import { firstMaxima, look, placeAt, positionsOf, windowsOf } from "./windows.ts";

/** `tf.maxPool` or `tf.maxPool3d`. */
export function composedMaxPool<T extends tf.Tensor>(x: T, attrs: PoolAttrs): T {
  return tf.tidy(() => {
    const windows = windowsOf(poolInfo(x.shape, attrs));
    return positionsOf(windows).map(look(x, windows, -Infinity)).reduce((a, b) => tf.maximum(a, b));
  });
}

/**
 * The gradient of `y = tf.maxPool(x)` or `tf.maxPool3d(x)` by `x`. If a window has several largest values,
 * the first one gets the gradient, row by row. It can be differentiated again by `dy`. It has no gradient
 * for `x`, because `x` only decides where the maximum is.
 */
export function composedMaxPoolGradient<T extends tf.Tensor>(
  x: T,
  y: T,
  dy: T,
  attrs: PoolAttrs,
): T {
  return tf.tidy(() => {
    const windows = windowsOf(poolInfo(x.shape, attrs));
    const positions = positionsOf(windows);
    const parts = firstMaxima(positions.map(look(x, windows, -Infinity)), y).map((isFirst, i) =>
      placeAt(tf.mul<T>(dy, isFirst), windows, positions[i] as number[])
    );
    return total(parts);
  });
}
