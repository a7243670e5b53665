/**
 * Relational distillation against PyTorch, where examples coincide, and its refusals.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  relationalDistillationLoss,
  type RelationalDistillationOptions,
} from "../../../lib/losses/relational.ts";
import { backends } from "../../backends.ts";
import { assertClose, assertParity, readFixture, toTensor } from "../../parity.ts";

const tolerances = {
  value: { ofMax: 1e-5, rtol: 1e-4, atol: 1e-9 },
  gradients: { ofMax: 1e-5, rtol: 1e-4, atol: 1e-9 },
};
const fixture = await readFixture("more_losses");
const cases: Record<string, RelationalDistillationOptions> =
  JSON.parse(fixture.metadata["cases"] ?? "{}").relationalDistillationLoss;

function lossAndGradients(
  student: tf.Tensor,
  teacher: tf.Tensor,
  options: RelationalDistillationOptions = {},
) {
  const { value, grads } = tf.valueAndGrads((s: tf.Tensor, t: tf.Tensor) =>
    relationalDistillationLoss(s, t, options)
  )([student, teacher]);
  return {
    value: value as tf.Tensor,
    gradients: { student: grads[0] as tf.Tensor, teacher: grads[1] as tf.Tensor },
  };
}

function embeddings(shape: number[], seed: number): tf.Tensor {
  return tf.randomNormal(shape, 0, 1, "float32", seed);
}

for (const { name, use } of backends) {
  Deno.test(`relationalDistillationLoss() is PyTorch's, with its gradients (${name})`, async () => {
    const run = use(lossAndGradients);
    assertEquals(Object.keys(cases).length, 5);
    for (const [label, options] of Object.entries(cases)) {
      const key = `relationalDistillationLoss/${label}`;
      const { student, teacher, value } = fixture.under(key);
      assertParity(
        await run(toTensor(student!), toTensor(teacher!), options),
        { value: value!, gradients: fixture.under(`${key}/gradients`) },
        tolerances,
        label,
      );
    }
  });

  Deno.test(`relationalDistillationLoss() of equal embeddings is 0 (${name})`, async () => {
    const run = use(lossAndGradients);
    for (const x of [embeddings([5, 3], 1), tf.ones([5, 3])]) {
      const { value, gradients } = await run(x, x);
      for (const tensor of [value, gradients.student, gradients.teacher]) {
        assert(tensor.dataSync().every((element) => Math.abs(element) < 1e-9), `${tensor}`);
      }
    }
  });

  Deno.test(`relationalDistillationLoss() has no huge gradient where examples coincide (${name})`, async () => {
    const twice = tf.concat([embeddings([1, 3], 2), embeddings([1, 3], 2), embeddings([3, 3], 3)]);
    const apart = embeddings([5, 3], 4);
    const run = use(lossAndGradients);
    for (const [student, teacher] of [[twice, apart], [apart, twice]] as const) {
      const { value, gradients } = await run(student, teacher);
      for (const tensor of [value, gradients.student, gradients.teacher]) {
        assert(tensor.dataSync().every((element) => Math.abs(element) < 100), `${tensor}`);
      }
    }
  });
}

Deno.test("relationalDistillationLoss() does not change with the scale, or where embeddings lie", () => {
  tf.setBackend("tensorflow");
  const [student, teacher] = [embeddings([6, 4], 5), embeddings([6, 3], 6)];
  assertClose(
    relationalDistillationLoss(tf.add(tf.mul(student, 3), 2), teacher),
    relationalDistillationLoss(student, teacher),
    { rtol: 1e-4 },
    "loss",
  );
});

Deno.test("relationalDistillationLoss() leaves no tensor behind", () => {
  tf.setBackend("tensorflow");
  const [student, teacher] = [embeddings([6, 4], 5), embeddings([6, 3], 6)];
  const before = tf.memory().numTensors;
  relationalDistillationLoss(student, teacher).dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("relationalDistillationLoss() throws on weights out of range", () => {
  const x = embeddings([4, 3], 1);
  for (const weight of [-1, NaN, Infinity]) {
    for (const name of ["distance", "angle"]) {
      const distil = () => relationalDistillationLoss(x, x, { [name]: weight });
      assertThrows(distil, RangeError, `${name} ${weight}`);
    }
  }
});

Deno.test("relationalDistillationLoss() throws on embeddings that do not fit", () => {
  const [x, three, one] = [embeddings([4, 5], 1), embeddings([3, 5], 1), embeddings([1, 5], 1)];
  const flat = tf.zeros([4]);
  assertThrows(() => relationalDistillationLoss(x, three), TypeError, "[4,5] and [3,5]");
  assertThrows(() => relationalDistillationLoss(flat, x), TypeError, "both must be [N, ...]");
  assertThrows(() => relationalDistillationLoss(one, one), RangeError, "the batch has 1");
});
