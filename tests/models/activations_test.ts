/**
 * Statistics of activations against direct computations, and what they refuse.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals, assertThrows } from "@std/assert";
import { activationStatistics, positionNorms } from "../../models/activations.ts";
import { backends } from "../backends.ts";
import { toTensor } from "../parity.ts";
import { activation, assertNorms, assertStatistics } from "./activation_checks.ts";

for (const backend of backends) {
  Deno.test(`activationStatistics() is as counted directly (${backend.name})`, () =>
    assertStatistics(backend));
  Deno.test(`positionNorms() is the norm of each group at each position (${backend.name})`, () =>
    assertNorms(backend));
}

Deno.test("activationStatistics() of equal values has finite numbers", () => {
  const { mean, variance, nearZero, shares } = activationStatistics(tf.ones([7]));
  assertEquals(
    [mean, variance, nearZero].map((x) => x.dataSync()[0]),
    [1, 0, 0],
  );
  assertEquals(tf.sum(shares).dataSync()[0], 1);
  assertEquals(activationStatistics(tf.zeros([7])).nearZero.dataSync()[0], 1);
});

Deno.test("activationStatistics() and positionNorms() leave only their results", () => {
  const x = toTensor<tf.Rank.R4>(activation);
  const { numTensors } = tf.memory();
  tf.dispose([...Object.values(activationStatistics(x)), positionNorms(x)]);
  assertEquals(tf.memory().numTensors, numTensors);
});

Deno.test("activationStatistics() refuses no elements, and a unit that is no scalar", () => {
  assertThrows(() => activationStatistics(tf.zeros([0, 3])), RangeError, "it has no elements");
  const unit = tf.ones([2]) as unknown as tf.Scalar;
  assertThrows(() => activationStatistics(tf.ones([3]), unit), TypeError, "unit of shape [2]");
});

Deno.test("positionNorms() refuses groups that do not fit, and other ranks", () => {
  const x = tf.zeros<tf.Rank.R4>([1, 2, 2, 6]);
  for (const groups of [4, 0, 1.5, NaN]) {
    assertThrows(() => positionNorms(x, groups), RangeError, `in ${groups} groups`);
  }
  const flat = tf.zeros([2, 6]) as unknown as tf.Tensor4D;
  assertThrows(() => positionNorms(flat), TypeError, "must be [N, H, W, C]");
});
