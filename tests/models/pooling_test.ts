/**
 * Pooling against PyTorch and against tfjs.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import type { Params } from "../../lib/params.ts";
import { globalAveragePool, maxPool, meanOverPositions } from "../../models/pooling.ts";
import { backends } from "../backends.ts";
import { assertClose, readFixture } from "../parity.ts";
import { assertDerivatives, second, valueAndFirst } from "./derivatives.ts";

const tolerance = { ofMax: 1e-5, atol: 1e-9 };
const fixture = await readFixture("layers");

for (const backend of backends) {
  const { name, use } = backend;

  for (const shape of ["even size", "odd size", "one position", "equal numbers"]) {
    Deno.test(`maxPool() is as PyTorch's, ${shape} (${name})`, async () => {
      // Pooling itself has no second derivative, so the fixture has it squared.
      const layer = ({ x }: Params) => tf.square(maxPool(tf.relu(x as tf.Tensor4D)));
      await assertDerivatives(layer, ["x"], fixture, `maxPool/${shape}`, backend, tolerance);
    });
  }

  Deno.test(`meanOverPositions() has the derivatives of tf.mean (${name})`, async () => {
    const [x, direction] = [1, 2].map((seed) =>
      tf.randomNormal([2, 5, 3], 1.5, 2, "float32", seed)
    );
    const weighting = tf.linspace(-1, 1, 6).reshape([2, 1, 3]);
    const derivatives = (mean: (x: tf.Tensor3D) => tf.Tensor) =>
      use((x: tf.Tensor, weighting: tf.Tensor, direction: tf.Tensor) => {
        const layer = ({ x }: Params) => tf.square(mean(x as tf.Tensor3D));
        const { value, gradients } = valueAndFirst(layer, { x }, weighting);
        const { x: curvature } = second(layer, { x }, weighting, direction);
        return { value, gradient: gradients.x!, curvature: curvature! };
      })(x!, weighting, direction!);
    const ours = await derivatives(meanOverPositions);
    const expected = await derivatives((x) => tf.mean(x, 1, true));
    for (const key of ["value", "gradient", "curvature"] as const) {
      assertClose(ours[key], expected[key], tolerance, key);
    }
  });
}

Deno.test("globalAveragePool() is the mean over positions", () => {
  const y = globalAveragePool(tf.tensor4d([[[[1, 2], [3, 4]]], [[[5, 6], [7, 9]]]]));
  assertEquals(y.shape, [2, 2]);
  assertEquals(Array.from(y.dataSync()), [2, 3, 6, 7.5]);
});
