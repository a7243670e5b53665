/**
 * The gradient of a convolution's filter from plain ops, for backends without a kernel for it.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { total } from "./total.ts";
import {
  convInfo,
  look,
  positionsOf,
  type WindowAttrs,
  type Windows,
  windowsOf,
} from "./windows.ts";

/**
 * The gradient of `tf.conv2d(x, filter, strides, pad)` by its filter `[kh, kw, in, out]`, from `x`
 * `[N, H, W, in]` and `dy` `[N, rows, columns, out]`: for each filter position, the product of its inputs
 * and the output gradients. It consists of slices and matrix products, so it can be differentiated again.
 */
export function composedFilterGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  filterShape: readonly [number, number, number, number],
  attrs: WindowAttrs,
): tf.Tensor4D {
  if (dy.size === 0) return tf.zeros([...filterShape]);
  return tf.tidy(() => {
    const [, , inputs, outputs] = filterShape;
    const windows = windowsOf(convInfo(x.shape, filterShape, attrs));
    const rows = columnsOf(x, windows, inputs);
    const back: tf.Tensor2D = tf.reshape(dy, [-1, outputs]);
    const product = multiplier(back);
    const products = positionsOf(windows).map((position) => product(rows(position)));
    return tf.reshape(tf.concat(products, 0), [...filterShape]) as tf.Tensor4D;
  });
}

/**
 * The inputs of the windows at a position, `[in, N * rows * columns]`. Moves the channels first, once
 * for all positions: on the wasm backend, a product with a transposed factor takes six times as long.
 */
function columnsOf(
  x: tf.Tensor4D,
  windows: Windows,
  inputs: number,
): (position: readonly number[]) => tf.Tensor2D {
  const [examples, height, width] = x.shape;
  const turned: tf.Tensor4D = tf.reshape(tf.transpose(x, [3, 0, 1, 2]), [
    inputs * examples,
    height,
    width,
    1,
  ]);
  const see = look(turned, windows);
  return (position) => tf.reshape(see(position), [inputs, -1]);
}

/** Longer products are summed in parts, because a kernel may add the terms one by one. */
const longest = 2048;

/** Multiplies matrices `[in, length]` by the same `[length, out]`. */
function multiplier(b: tf.Tensor2D): (a: tf.Tensor2D) => tf.Tensor2D {
  const [length, columns] = b.shape;
  const starts = Array.from({ length: Math.ceil(length / longest) }, (_, i) => i * longest);
  const parts = starts.map((start) => {
    const count = Math.min(longest, length - start);
    return { start, count, b: tf.slice(b, [start, 0], [count, columns]) };
  });
  return (a) =>
    total(
      parts.map(({ start, count, b }) =>
        tf.matMul(tf.slice(a, [0, start], [a.shape[0], count]), b) as tf.Tensor2D
      ),
    );
}
