/**
 * The gradient of max pooling from plain ops, for backends whose own is missing or wrong.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Padding, Rounding } from "./filter_gradient.ts";
import { total } from "./total.ts";
import { firstMaxima, look, placeAt, positionsOf, windowsOf } from "./windows.ts";

/**
 * The gradient of `tf.maxPool(x, size, strides, pad)` with respect to `x`. If a window has several
 * largest values, the first one gets the gradient, row by row. It can be differentiated again with
 * respect to `dy`. It has no gradient for `x`, because `x` only decides where the maximum is.
 *
 * @param x `[N, H, W, C]`.
 * @param y the output of the pooling, `[N, rows, columns, C]`.
 * @param dy the gradient with respect to `y`, of the same shape.
 * @returns the shape of `x`.
 */
export function composedMaxPoolGradient(
  x: tf.Tensor4D,
  y: tf.Tensor4D,
  dy: tf.Tensor4D,
  size: number | [number, number],
  strides: number | [number, number],
  pad: Padding,
  rounding?: Rounding,
): tf.Tensor4D {
  return tf.tidy(() => {
    const windows = windowsOf(
      tf.backend_util.computePool2DInfo(x.shape, size, strides, 1, pad, rounding),
    );
    const positions = positionsOf(windows);
    const parts = firstMaxima(positions.map(look(x, windows, -Infinity)), y).map((isFirst, i) =>
      placeAt(tf.mul<tf.Tensor4D>(dy, isFirst), windows, positions[i] as number[])
    );
    return total(parts);
  });
}
