/**
 * Tests of average pooling with padding given as numbers. Max pooling and what once crashed are
 * tested in boundary_test.ts, gradients of all kinds in correct_gradients_test.ts.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import { useTensorFlow } from "../../../../lib/backend/use_tensorflow.ts";

await useTensorFlow();

/** Pools by 2x2. The first window of each row and column begins in the padding. */
function pool(x: tf.Tensor): tf.Tensor {
  return tf.avgPool(x as tf.Tensor4D, 2, 2, [[0, 0], [1, 0], [1, 0], [0, 0]]);
}

function pooled(image: readonly number[]): number[] {
  return [...pool(tf.tensor([...image], [1, 3, 3, 1])).dataSync()];
}

function pooledGradient(dy: readonly number[]): number[] {
  return [...tf.grad(pool)(tf.zeros([1, 3, 3, 1]), tf.tensor([...dy], [1, 2, 2, 1])).dataSync()];
}

Deno.test("average pooling leaves padding out of a window's mean, and its gradient too", () => {
  assertEquals(pooled([1, 2, 3, 4, 5, 6, 7, 8, 9]), [1, 2.5, 5.5, 7]);
  assertEquals(pooledGradient([1, 2, 4, 8]), [1, 1, 1, 2, 2, 2, 2, 2, 2]);
});

Deno.test("one value that is not finite stays in its windows, forwards and backwards", () => {
  assertEquals(pooled([1, 2, 3, 4, 5, 6, 7, 8, NaN]), [1, 2.5, 5.5, NaN]);
  assertEquals(pooled([Infinity, 2, 3, 4, 5, 6, 7, 8, 9]), [Infinity, 2.5, 5.5, 7]);
  assertEquals(pooledGradient([NaN, 2, 4, 8]), [NaN, 1, 1, 2, 2, 2, 2, 2, 2]);
});
