/**
 * Statistics of activations against direct computations, and what they refuse.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { activationStatistics, positionNorms } from "../../models/activations.ts";
import { randomStream } from "../../lib/random.ts";
import { backends } from "../backends.ts";
import { assertClose } from "../parity.ts";

const { normal } = randomStream(1, 0);
/** A quarter are zero, and some lie far outside. */
const values = Float32Array.from(
  { length: 2 * 5 * 6 * 8 },
  (_, i) => i % 4 === 0 ? 0 : i % 37 === 0 ? 40 * normal() : 0.3 + 2 * normal(),
);
const shape: [number, number, number, number] = [2, 5, 6, 8];

function direct(x: Float32Array, unit?: number) {
  const average = (f: (value: number) => number) => x.reduce((sum, v) => sum + f(v), 0) / x.length;
  const mean = average((v) => v);
  const variance = average((v) => (v - mean) ** 2);
  const scale = unit ?? Math.sqrt(variance);
  const shares = new Float64Array(64);
  for (const v of x) {
    shares[Math.min(Math.max(Math.floor((v / scale + 8) * 4), 0), 63)]! += 1 / x.length;
  }
  return { mean, variance, nearZero: average((v) => Number(Math.abs(v) < 0.05 * scale)), shares };
}

for (const backend of backends) {
  Deno.test(`activationStatistics() is as counted directly (${backend.name})`, async () => {
    for (const unit of [undefined, 1.3]) {
      const run = backend.use((x: tf.Tensor) =>
        activationStatistics(x, unit === undefined ? undefined : tf.scalar(unit))
      );
      const found = await run(tf.tensor4d(values, shape));
      const expected = direct(values, unit);
      for (const name of ["mean", "variance", "nearZero"] as const) {
        const [value] = found[name].dataSync();
        assertAlmostEquals(value! / expected[name], 1, 1e-5, `${name}, unit ${unit}`);
      }
      const shares = found.shares.dataSync();
      assertEquals(shares.length, 64);
      shares.forEach((share, bin) => {
        assertAlmostEquals(share, expected.shares[bin]!, 1e-6, `bin ${bin}, unit ${unit}`);
      });
      assert(shares[0]! > 0 && shares[63]! > 0 || unit === undefined, "some lie beyond the bins");
    }
  });

  Deno.test(`positionNorms() is the norm of each group at each position (${backend.name})`, async () => {
    for (const groups of [1, 4]) {
      const run = backend.use((x: tf.Tensor4D) => positionNorms(x, groups));
      const norms = await run(tf.tensor4d(values, shape));
      assertEquals(norms.shape, [2, 5, 6, groups]);
      const width = 8 / groups;
      const expected = Float32Array.from(
        { length: 60 * groups },
        (_, i) => Math.hypot(...values.subarray(i * width, (i + 1) * width)),
      );
      assertClose(norms, tf.tensor(expected, norms.shape), { atol: 1e-6, rtol: 1e-6 }, `${groups}`);
    }
  });
}

Deno.test("activationStatistics() of equal values has finite numbers", () => {
  const { mean, variance, nearZero, shares } = activationStatistics(tf.ones([7]));
  assertEquals(
    [mean, variance, nearZero].map((x) => x.dataSync()[0]),
    [1, 0, 0],
  );
  assertEquals(tf.sum(shares).dataSync()[0], 1);
});

Deno.test("activationStatistics() and positionNorms() leave only their results", () => {
  const x = tf.tensor4d(values, shape);
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
