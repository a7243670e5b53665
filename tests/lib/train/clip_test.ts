/**
 * Gradient clipping against PyTorch.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { clipGradients } from "../../../lib/train/clip.ts";
import { backends } from "../../backends.ts";
import { assertClose, readFixture, toTensors } from "../../parity.ts";

const fixture = await readFixture("training");

for (const { name, use } of backends) {
  Deno.test(`clipGradients() is PyTorch's clip_grad_norm_ (${name})`, async () => {
    const gradients = toTensors(fixture.under("clipping/gradients"));
    for (const [label, maxNorm] of [["0.1", 0.1], ["3.0", 3], ["1000.0", 1000]] as const) {
      const run = use((gradients: Record<string, tf.Tensor>) => clipGradients(gradients, maxNorm));
      const clipped = await run(gradients);
      const expected = fixture.under(`clipping/${label}/clipped`);
      assertClose(clipped.norm, fixture.get(`clipping/${label}/norm`), { rtol: 1e-6 }, "norm");
      assertEquals(Object.keys(clipped.gradients), Object.keys(expected));
      for (const [key, values] of Object.entries(expected)) {
        assertClose(clipped.gradients[key]!, values, { ofMax: 1e-6 }, `${key} at ${maxNorm}`);
      }
    }
  });
}

Deno.test("clipGradients() keeps the tree, small gradients to the bit, and zeros", () => {
  const small = { student: { a: tf.tensor1d([0.1, -0.2]) }, loss: {} };
  const { gradients, norm } = clipGradients(small, 1);
  assertEquals(gradients.student.a.dataSync(), small.student.a.dataSync());
  assertEquals(gradients.loss, {});
  assertAlmostEquals(norm.dataSync()[0]!, Math.sqrt(0.05), 1e-7);
  assertEquals(clipGradients([tf.zeros([2])], 0.5).gradients[0]!.dataSync()[0], 0);
});

Deno.test("clipGradients() refuses norms that are not above 0, and to clip nothing", () => {
  for (const maxNorm of [0, -1, NaN, Infinity]) {
    assertThrows(
      () => clipGradients({ a: tf.scalar(1) }, maxNorm),
      RangeError,
      `Cannot clip gradients at the norm ${maxNorm}: it must be above 0`,
    );
  }
  assertThrows(() => clipGradients({}, 1), TypeError, "there are none");
});
