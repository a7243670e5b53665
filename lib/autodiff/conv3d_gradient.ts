/**
 * The gradients of a convolution in three dimensions from plain ops, for backends whose own are wrong.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { total } from "./total.ts";
import { convInfo, look, placeAt, positionsOf, windowsOf } from "./windows.ts";

type Shape = [number, number, number, number, number];
type Strides = number | [number, number, number];

/**
 * The gradient of `tf.conv3d(x, filter, strides, pad)` by its filter `[kd, kh, kw, in, out]`, from `x`
 * `[N, D, H, W, in]` and `dy` `[N, ..., out]`. It can be differentiated again.
 */
export function composedFilterGradient3d(
  x: tf.Tensor5D,
  dy: tf.Tensor5D,
  filterShape: Shape,
  strides: Strides,
  pad: "same" | "valid",
): tf.Tensor5D {
  return tf.tidy(() => {
    const windows = windowsOf(convInfo(x.shape, filterShape, { strides, pad }));
    const see = look(x, windows);
    // Example by example, because a kernel may add a long sum one by one.
    const back = tf.reshape(dy, [x.shape[0], -1, filterShape[4]]);
    const gradients = positionsOf(windows).map((position) => {
      const seen = tf.reshape(see(position), [x.shape[0], -1, filterShape[3]]);
      return tf.sum(tf.matMul(seen, back, true), 0);
    });
    return tf.reshape(tf.stack(gradients), filterShape) as tf.Tensor5D;
  });
}

/**
 * The gradient of `tf.conv3d(x, filter, strides, pad)` by `x` `[N, D, H, W, in]`, from `dy`
 * `[N, ..., out]` and the filter `[kd, kh, kw, in, out]`. It can be differentiated again.
 */
export function composedInputGradient3d(
  xShape: Shape,
  dy: tf.Tensor5D,
  filter: tf.Tensor5D,
  strides: Strides,
  pad: "same" | "valid",
): tf.Tensor5D {
  return tf.tidy(() => {
    const [, , , inputs, outputs] = filter.shape;
    const windows = windowsOf(convInfo(xShape, filter.shape, { strides, pad }));
    const back: tf.Tensor2D = tf.reshape(dy, [-1, outputs]);
    const weights = tf.unstack(tf.reshape(filter, [-1, inputs, outputs]));
    const parts = positionsOf(windows).map((position, i) => {
      const seen = tf.matMul(back, weights[i] as tf.Tensor2D, false, true);
      const shaped = tf.reshape(seen, [...dy.shape.slice(0, -1), inputs]);
      return placeAt(shaped as tf.Tensor5D, windows, position);
    });
    return total(parts);
  });
}
