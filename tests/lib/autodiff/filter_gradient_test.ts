/**
 * The composed gradient of a convolution's filter against tfjs's own.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { composedFilterGradient } from "../../../lib/autodiff/filter_gradient.ts";
import { assertClose } from "../../parity.ts";
import { type Drawn, holds, numbers } from "./shapes.ts";

tf.setBackend("cpu");

function convolution({ image, size, strides, pad, outputs, seed }: Drawn) {
  const shape: [number, number, number, number] = [...size, image[3], outputs];
  const x = numbers<tf.Rank.R4>(image, seed);
  const filter = numbers<tf.Rank.R4>(shape, seed + 1);
  const y = (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.conv2d(x, filter, strides, pad as "same");
  const dy = numbers<tf.Rank.R4>(y(x, filter).shape, seed + 2);
  return { x, filter, y, dy, shape };
}

Deno.test("composedFilterGradient() is tfjs's gradient of a convolution by its filter", () => {
  holds((drawn) => {
    const { x, filter, y, dy, shape } = convolution(drawn);
    const expected = tf.grad((filter) => tf.sum(tf.mul(y(x, filter as tf.Tensor4D), dy)))(filter);
    const actual = composedFilterGradient(x, dy, shape, drawn);
    assertClose(actual, expected, { ofMax: 1e-5, atol: 1e-6 }, JSON.stringify(drawn));
  });
});

// The gradient is linear in x and in dy, and its product with a filter is that of dy with the
// convolution by it: so its gradients are a convolution, and the gradient of one by x.
Deno.test("composedFilterGradient() can be differentiated by both of its inputs", () => {
  holds((drawn) => {
    const { x, filter, y, dy, shape } = convolution(drawn);
    const [byX, byDy] = tf.grads((x, dy) => {
      const gradient = composedFilterGradient(
        x as tf.Tensor4D,
        dy as tf.Tensor4D,
        shape,
        drawn,
      );
      return tf.sum(tf.mul(gradient, filter));
    })([x, dy]) as [tf.Tensor, tf.Tensor];
    const expected = tf.grad((x) => tf.sum(tf.mul(y(x as tf.Tensor4D, filter), dy)))(x);
    assertClose(byX, expected, { ofMax: 1e-5, atol: 1e-6 }, `x, ${JSON.stringify(drawn)}`);
    assertClose(byDy, y(x, filter), { ofMax: 1e-5, atol: 1e-6 }, `dy, ${JSON.stringify(drawn)}`);
  });
});

Deno.test("composedFilterGradient() sums long products in parts", () => {
  tf.tidy(() => {
    const [x, dy] = [1, 2].map((seed) => numbers<tf.Rank.R4>([3, 40, 33, 2], seed)) as [
      tf.Tensor4D,
      tf.Tensor4D,
    ];
    const shape: [number, number, number, number] = [3, 3, 2, 2];
    const y = (filter: tf.Tensor) =>
      tf.sum(tf.mul(tf.conv2d(x, filter as tf.Tensor4D, 1, "same"), dy));
    const expected = tf.grad(y)(tf.zeros(shape));
    const actual = composedFilterGradient(x, dy, shape, { strides: 1, pad: "same" });
    assertClose(actual, expected, { ofMax: 1e-5 }, "gradient");
  });
});
