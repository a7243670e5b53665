/**
 * The gradients of a depthwise convolution from plain ops, for backends without kernels for them.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { total } from "./total.ts";
import { convInfo, look, placeAt, positionsOf, type WindowAttrs, windowsOf } from "./windows.ts";

type Shape = readonly [number, number, number, number];

/**
 * The gradient of `tf.depthwiseConv2d(x, filter, strides, pad)` by its filter `[kh, kw, in, multiplier]`,
 * from `x` `[N, H, W, in]` and `dy` `[N, rows, columns, in * multiplier]`. It can be differentiated again.
 */
export function composedDepthwiseFilterGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  filterShape: Shape,
  attrs: WindowAttrs,
): tf.Tensor4D {
  return tf.tidy(() => {
    const windows = windowsOf(convInfo(x.shape, filterShape, attrs, true));
    const see = look(x, windows);
    const back = byChannel(dy, filterShape);
    const gradients = positionsOf(windows).map((position) => {
      const seen = tf.reshape(see(position), [-1, filterShape[2], 1]);
      // In two steps, because a kernel may add a long sum one by one.
      const products: tf.Tensor = tf.mul(seen, back);
      const ofExamples = tf.reshape(products, [x.shape[0], -1, filterShape[2] * filterShape[3]]);
      return tf.sum(tf.sum(ofExamples, 1), 0, true);
    });
    return tf.reshape(tf.concat(gradients, 0), [...filterShape]) as tf.Tensor4D;
  });
}

/**
 * The gradient of `tf.depthwiseConv2d(x, filter, strides, pad)` by `x` `[N, H, W, in]`, from `dy`
 * `[N, rows, columns, in * multiplier]` and the filter `[kh, kw, in, multiplier]`. It can be
 * differentiated again.
 */
export function composedDepthwiseInputGradient(
  xShape: Shape,
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  attrs: WindowAttrs,
): tf.Tensor4D {
  return tf.tidy(() => {
    const [examples, , , inputs] = xShape;
    const multiplier = filter.shape[3];
    const windows = windowsOf(convInfo(xShape, filter.shape, attrs, true));
    const back = byChannel(dy, filter.shape);
    const weights: tf.Tensor3D = tf.reshape(filter, [-1, inputs, multiplier]);
    const counts = windows.map(({ output }) => output) as [number, number];
    const parts = positionsOf(windows).map((position, i) => {
      const weight = tf.slice(weights, [i, 0, 0], [1, inputs, multiplier]);
      const seen = tf.sum(tf.mul(back, weight), 2);
      const shaped: tf.Tensor4D = tf.reshape(seen, [examples, ...counts, inputs]);
      return placeAt(shaped, windows, position);
    });
    return total(parts);
  });
}

/** `[N * rows * columns, in, multiplier]`. */
function byChannel(dy: tf.Tensor4D, [, , inputs, multiplier]: Shape): tf.Tensor3D {
  return tf.reshape(dy, [-1, inputs, multiplier]);
}
