/**
 * Pooling against PyTorch and against tfjs.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import type { Params } from "../../lib/params.ts";
import { globalAveragePool, maxPool } from "../../models/pooling.ts";
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
      const layer = ({ x }: Params) => tf.square(maxPool(tf.relu(x as tf.Tensor4D)));
      await assertDerivatives(layer, ["x"], fixture, `maxPool/${shape}`, backend, tolerance);
    });
  }
}

Deno.test("globalAveragePool() is the mean over positions", () => {
  const y = globalAveragePool(tf.tensor4d([[[[1, 2], [3, 4]]], [[[5, 6], [7, 9]]]]));
  assertEquals(y.shape, [2, 2]);
  assertEquals(Array.from(y.dataSync()), [2, 3, 6, 7.5]);
});
