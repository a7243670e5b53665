/**
 * Batch norm over the batches of several workers, here one after the other in one process.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertThrows } from "@std/assert";
import { normalizeBatch, withSharedStatistics } from "../../models/batch_norm.ts";
import { assertClose } from "../parity.ts";

const scale = tf.tensor1d([1, 2]);
const offset = tf.tensor1d([0.5, -1]);
const tolerance = { atol: 2e-4, rtol: 2e-4 };

/** A large mean beside a small deviation, which a difference of squares would lose. */
const images = tf.tidy(() =>
  tf.add<tf.Tensor4D>(tf.randomNormal([5, 3, 3, 2], 0, 1, "float32", 1), 100)
);

/** What each part gives to the others. */
function rowOf(part: tf.Tensor4D, examples: number): tf.Tensor1D {
  let row: tf.Tensor1D | undefined;
  const gather = (own: tf.Tensor1D) => tf.expandDims<tf.Tensor2D>(row = own, 0);
  withSharedStatistics(
    { gather, examples: tf.scalar(examples) },
    () => normalizeBatch(part, scale, offset),
  );
  return row!;
}

for (const sizes of [[5], [3, 2], [1, 4], [0, 5], [2, 2, 1]]) {
  Deno.test(`batch norm over workers of ${sizes} images is that of all of them`, () => {
    const whole = normalizeBatch(images, scale, offset);
    // A worker without images computes with one that does not count.
    const parts = sizes.map((size, i) => {
      const start = sizes.slice(0, i).reduce((sum, size) => sum + size, 0);
      return tf.slice4d(images, [start, 0, 0, 0], [Math.max(size, 1), -1, -1, -1]);
    });
    const rows = tf.stack(parts.map((part, i) => rowOf(part, sizes[i]!))) as tf.Tensor2D;
    const results = parts.map((part, i) =>
      withSharedStatistics(
        { gather: () => rows, examples: tf.scalar(sizes[i]!) },
        () => normalizeBatch(part, scale, offset),
      )
    );
    for (const { mean, variance } of results) {
      assertClose(mean, whole.mean, tolerance, "mean");
      assertClose(variance, whole.variance, tolerance, "variance");
    }
    const counted = results.filter((_, i) => sizes[i]! > 0).map(({ y }) => y);
    assertClose(tf.concat(counted), whole.y, tolerance, "y");
  });
}

Deno.test("withSharedStatistics() ends with its function, also where that throws", () => {
  const gather = () => {
    throw new Error("asked");
  };
  const shared = { gather, examples: tf.scalar(5) };
  const run = () => normalizeBatch(images, scale, offset);
  assertThrows(() => withSharedStatistics(shared, run), Error, "asked");
  assert(run().y.size > 0);
});
