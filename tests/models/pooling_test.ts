/**
 * Pooling against PyTorch and against tfjs.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import type { Tensors } from "../../lib/params.ts";
import { averagePool, globalAveragePool, maxPool } from "../../models/pooling.ts";
import { backends } from "../backends.ts";
import { readFixture } from "../parity.ts";
import { assertDerivatives } from "./derivatives.ts";

const tolerance = { ofMax: 1e-5, atol: 1e-9 };
const fixture = await readFixture("layers");

for (const backend of backends) {
  const { name } = backend;

  for (const shape of ["even size", "odd size", "one position", "equal numbers"]) {
    Deno.test(`maxPool() is as PyTorch's, ${shape} (${name})`, async () => {
      // Pooling itself has no second derivative, so the fixture has it squared.
      const layer = ({ x }: Tensors) => tf.square(maxPool(tf.relu(x as tf.Tensor4D)));
      await assertDerivatives(layer, ["x"], fixture, `maxPool/${shape}`, backend, tolerance);
    });
  }
}

for (const { name, use } of backends) {
  Deno.test(`maxPool() and averagePool() have other windows, and second derivatives (${name})`, async () => {
    // The gradient of sum(pool(x)^2) is linear in x within a window, so its derivatives are known.
    const x = tf.tensor4d([1, 2, 3, 4, 8, 7, 6, 5, 0, 1, 0, 1, 1, 0, 1, 9], [1, 4, 4, 1]);
    const run = use((x: tf.Tensor4D) => {
      const second = (pool: (x: tf.Tensor4D) => tf.Tensor) => {
        const gradient = tf.grad((x: tf.Tensor) => tf.sum(tf.square(pool(x as tf.Tensor4D))));
        return tf.grad((x: tf.Tensor) => tf.sum(tf.square(gradient(x))))(x);
      };
      return {
        max: maxPool(x, 2, 2),
        average: averagePool(x),
        overlapping: averagePool(x, 3, 1),
        ofMax: second((x) => maxPool(x, 2, 2)),
        ofAverage: second((x) => averagePool(x)),
      };
    });
    const { max, average, overlapping, ofMax, ofAverage } = await run(x);
    const values = (t: tf.Tensor) => Array.from(t.dataSync(), (v) => Math.round(v * 1e4) / 1e4);
    assertEquals(values(max), [8, 6, 1, 9]);
    assertEquals(values(average), [4.5, 4.5, 0.5, 2.75]);
    assertEquals(overlapping.shape, [1, 2, 2, 1]);
    // max: gradient 2x at the maximum, so the second is 8x there.
    assertEquals(values(ofMax), [0, 0, 0, 0, 64, 0, 48, 0, 0, 8, 0, 0, 0, 0, 0, 72]);
    // average a of 4: gradient a / 2 at each; sum of squares a^2 by window; its gradient is a / 2.
    const halves = [2.25, 2.25, 0.25, 1.375];
    const at = (i: number) => halves[2 * (i >> 3) + (i % 4 >> 1)];
    assertEquals(values(ofAverage), Array.from({ length: 16 }, (_, i) => at(i)));
  });
}

Deno.test("globalAveragePool() is the mean over positions", () => {
  const y = globalAveragePool(tf.tensor4d([[[[1, 2], [3, 4]]], [[[5, 6], [7, 9]]]]));
  assertEquals(y.shape, [2, 2]);
  assertEquals(Array.from(y.dataSync()), [2, 3, 6, 7.5]);
});
