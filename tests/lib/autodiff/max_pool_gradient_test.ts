/**
 * The composed gradient of max pooling against tfjs's own.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import { composedMaxPoolGradient } from "../../../lib/autodiff/max_pool_gradient.ts";
import { assertClose } from "../../parity.ts";
import { holds, numbers } from "./shapes.ts";

tf.setBackend("cpu");

Deno.test("composedMaxPoolGradient() is tfjs's, of numbers above and below 0", () => {
  holds(({ image, size, strides, pad, seed }) => {
    if (typeof pad === "object") return; // tf.maxPool has none
    for (const offset of [0, -5, 5]) {
      const x = tf.add(numbers<tf.Rank.R4>(image, seed), offset) as tf.Tensor4D;
      const pool = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, size, strides, pad);
      const y = pool(x);
      const dy = numbers<tf.Rank.R4>(y.shape, seed + 1);
      const expected = tf.grad((x) => tf.sum(tf.mul(pool(x), dy)))(x);
      const actual = composedMaxPoolGradient(x, y, dy, { filterSize: size, strides, pad });
      assertClose(actual, expected, { ofMax: 1e-5 }, `${image}, ${size}, ${strides}, ${pad}`);
    }
  });
});

Deno.test("composedMaxPoolGradient() goes to the first of equals, as tfjs's", () => {
  const x = tf.ones<tf.Rank.R4>([1, 4, 4, 1]);
  const y = tf.maxPool(x, 2, 2, "valid");
  const gradient = composedMaxPoolGradient(x, y, tf.onesLike(y), {
    filterSize: 2,
    strides: 2,
    pad: "valid",
  });
  const expected = [1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0];
  assertEquals([...gradient.dataSync()], expected);
});
