/**
 * The hierarchical context loss of ReviewKD against PyTorch, and its refusals.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { hierarchicalContextLoss } from "../../../lib/losses/hierarchical_context.ts";
import { testListParity } from "./loss_parity.ts";

await testListParity<tf.Tensor4D>(
  "hierarchicalContextLoss",
  hierarchicalContextLoss,
  "recent_losses",
  3,
);

Deno.test("hierarchicalContextLoss() of a constant difference is its square, at every size", () => {
  tf.setBackend("tensorflow");
  for (const size of [1, 2, 3, 8]) {
    const x = tf.zeros<tf.Rank.R4>([2, size, size, 3]);
    const [loss] = hierarchicalContextLoss(x, tf.add<tf.Tensor4D>(x, 3)).dataSync();
    assert(Math.abs(loss! - 9) < 1e-5, `${loss} at ${size}`);
  }
});

Deno.test("hierarchicalContextLoss() leaves no tensor behind", () => {
  tf.setBackend("tensorflow");
  const x = tf.randomNormal([2, 7, 7, 3]) as tf.Tensor4D;
  const before = tf.memory().numTensors;
  hierarchicalContextLoss(x, x).dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("hierarchicalContextLoss() throws on activations that do not fit", () => {
  const x = tf.zeros<tf.Rank.R4>([2, 4, 4, 3]);
  const message = "both must be [N, H, W, C], of the same shape";
  assertThrows(() => hierarchicalContextLoss(x, tf.zeros([2, 4, 4, 2])), TypeError, message);
  assertThrows(() => hierarchicalContextLoss(x, tf.zeros([2, 2, 2, 3])), TypeError, message);
  assertThrows(
    () => hierarchicalContextLoss([x, x] as tf.Tensor4D[], [x] as tf.Tensor4D[]),
    RangeError,
    "2 student activations with 1",
  );
});
