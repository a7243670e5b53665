/**
 * The composed gradients of a depthwise convolution against tfjs's own.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import {
  composedDepthwiseFilterGradient,
  composedDepthwiseInputGradient,
} from "../../../lib/autodiff/depthwise_gradient.ts";
import { assertClose } from "../../parity.ts";
import { holds, numbers } from "./shapes.ts";

tf.setBackend("cpu");

Deno.test("the composed gradients of a depthwise convolution are tfjs's, and linear in dy", () => {
  holds(({ image, size, strides, pad, outputs, seed }) => {
    const shape: [number, number, number, number] = [...size, image[3], outputs];
    const x = numbers<tf.Rank.R4>(image, seed);
    const filter = numbers<tf.Rank.R4>(shape, seed + 1);
    const y = (x: tf.Tensor, filter: tf.Tensor) =>
      tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad as "same");
    const dy = numbers<tf.Rank.R4>(y(x, filter).shape, seed + 2);
    const [byX, byFilter] = tf.grads((x, filter) => tf.sum(tf.mul(y(x, filter), dy)))([x, filter]);
    const close = (actual: tf.Tensor, expected: tf.Tensor, label: string) =>
      assertClose(actual, expected, { ofMax: 1e-5, atol: 1e-6 }, `${label} of ${image} ${shape}`);
    const ofX = (dy: tf.Tensor) =>
      composedDepthwiseInputGradient(image, dy as tf.Tensor4D, filter, { strides, pad });
    const ofFilter = (dy: tf.Tensor) =>
      composedDepthwiseFilterGradient(x, dy as tf.Tensor4D, shape, { strides, pad });
    close(ofX(dy), byX as tf.Tensor, "by x");
    close(ofFilter(dy), byFilter as tf.Tensor, "by the filter");
    // Of the product with x, or with the filter, the gradient by dy is the convolution itself.
    close(tf.grad((dy) => tf.sum(tf.mul(ofX(dy), x)))(dy), y(x, filter), "by x, by dy");
    close(tf.grad((dy) => tf.sum(tf.mul(ofFilter(dy), filter)))(dy), y(x, filter), "again");
  });
});
