/**
 * The hierarchical context loss of ReviewKD against PyTorch, and its refusals.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { hierarchicalContextLoss } from "../../../lib/losses/hierarchical_context.ts";
import { backends } from "../../backends.ts";
import { assertParity, readFixture, toTensors } from "../../parity.ts";

const tolerances = {
  value: { ofMax: 1e-5, rtol: 1e-4, atol: 1e-9 },
  gradients: { ofMax: 1e-5, rtol: 1e-4, atol: 1e-9 },
};
const fixture = await readFixture("recent_losses");
const cases: Record<string, { pairs: number }> =
  JSON.parse(fixture.metadata["cases"] ?? "{}").hierarchicalContextLoss;

function lossAndGradients(students: tf.Tensor4D[], teachers: tf.Tensor4D[]) {
  const count = students.length;
  const { value, grads } = tf.valueAndGrads((...all: tf.Tensor[]) =>
    hierarchicalContextLoss(all.slice(0, count) as tf.Tensor4D[], all.slice(count) as tf.Tensor4D[])
  )([...students, ...teachers]);
  const names = ["student", "teacher"].flatMap((role) => students.map((_, i) => `${role}/${i}`));
  return {
    value: value as tf.Tensor,
    gradients: Object.fromEntries(names.map((name, i) => [name, grads[i] as tf.Tensor])),
  };
}

for (const { name, use } of backends) {
  Deno.test(`hierarchicalContextLoss() is PyTorch's, with its gradients (${name})`, async () => {
    const run = use(lossAndGradients);
    assertEquals(Object.keys(cases).length, 3);
    for (const [label, { pairs }] of Object.entries(cases)) {
      const key = `hierarchicalContextLoss/${label}`;
      const inputs = (role: string) =>
        Object.values(toTensors(fixture.under(`${key}/${role}`))) as tf.Tensor4D[];
      assertEquals(inputs("student").length, pairs);
      assertParity(
        await run(inputs("student"), inputs("teacher")),
        { value: fixture.get(`${key}/value`), gradients: fixture.under(`${key}/gradients`) },
        tolerances,
        label,
      );
    }
  });
}

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
