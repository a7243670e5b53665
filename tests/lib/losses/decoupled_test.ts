/**
 * Decoupled distillation against PyTorch, and its refusals.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  decoupledDistillationLoss,
  type DecoupledDistillationOptions,
} from "../../../lib/losses/decoupled.ts";
import { backends } from "../../backends.ts";
import { assertParity, readFixture, toTensor } from "../../parity.ts";

const tolerances = {
  value: { ofMax: 1e-5, rtol: 1e-4, atol: 1e-9 },
  gradients: { ofMax: 1e-5, rtol: 1e-4, atol: 1e-9 },
};
const fixture = await readFixture("more_losses");
const cases: Record<string, DecoupledDistillationOptions> =
  JSON.parse(fixture.metadata["cases"] ?? "{}").decoupledDistillationLoss;

function lossAndGradients(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  labels: tf.Tensor1D,
  options: DecoupledDistillationOptions,
) {
  const { value, grads } = tf.valueAndGrads((s: tf.Tensor, t: tf.Tensor) =>
    decoupledDistillationLoss(s as tf.Tensor2D, t as tf.Tensor2D, labels, options)
  )([student, teacher]);
  return {
    value: value as tf.Tensor,
    gradients: { student: grads[0] as tf.Tensor, teacher: grads[1] as tf.Tensor },
  };
}

const logits = tf.tensor2d([[1, 0, -1], [2, 2, 5]]);
const other = tf.tensor2d([[3, 1, -3], [0, 1, 2]]);
const labels = tf.tensor1d([0, 2], "int32");

for (const { name, use } of backends) {
  Deno.test(`decoupledDistillationLoss() is PyTorch's, with its gradients (${name})`, async () => {
    const run = use(lossAndGradients);
    assertEquals(Object.keys(cases).length, 5);
    for (const [label, options] of Object.entries(cases)) {
      const key = `decoupledDistillationLoss/${label}`;
      const { student, teacher, labels, value } = fixture.under(key);
      assertParity(
        await run(toTensor(student!), toTensor(teacher!), toTensor(labels!), options),
        { value: value!, gradients: fixture.under(`${key}/gradients`) },
        tolerances,
        label,
      );
    }
  });

  Deno.test(`decoupledDistillationLoss() of equal logits is 0 (${name})`, async () => {
    const { value, gradients } = await use(lossAndGradients)(logits, logits, labels, {});
    for (const tensor of [value, gradients.student, gradients.teacher]) {
      assert(tensor.dataSync().every((x) => Math.abs(x) < 1e-5), `${tensor}`);
    }
  });

  // exp(-200) is 0 in float32: probabilities instead of their logarithms would give NaN.
  Deno.test(`decoupledDistillationLoss() is finite at extreme logits (${name})`, async () => {
    const [extreme, opposite] = [tf.tensor2d([[200, 0, -200]]), tf.tensor2d([[-200, 0, 200]])];
    const run = use(lossAndGradients);
    for (const target of [0, 1, 2]) {
      const { value, gradients } = await run(extreme, opposite, tf.tensor1d([target], "int32"), {
        temperature: 1,
      });
      for (const tensor of [value, gradients.student, gradients.teacher]) {
        assert(tensor.dataSync().every(Number.isFinite), `target ${target}: ${tensor}`);
      }
    }
  });

  Deno.test(`decoupledDistillationLoss() is NaN for a label outside of the classes (${name})`, async () => {
    const run = use(decoupledDistillationLoss);
    for (const label of [3, -1]) {
      const loss = await run(logits, other, tf.tensor1d([0, label], "int32"));
      assertEquals(loss.dataSync()[0], NaN);
    }
  });
}

Deno.test("decoupledDistillationLoss() of two classes is alpha T^2 KL: no others are left", () => {
  tf.setBackend("tensorflow");
  const [student, teacher] = [tf.tensor2d([[0, Math.log(3)]]), tf.tensor2d([[0, 0]])];
  const loss = decoupledDistillationLoss(student, teacher, tf.tensor1d([1], "int32"), {
    alpha: 2,
    temperature: 1,
  });
  assertAlmostEquals(loss.dataSync()[0]!, Math.log(4 / 3), 1e-6);
});

Deno.test("decoupledDistillationLoss() leaves no tensor behind", () => {
  tf.setBackend("tensorflow");
  const before = tf.memory().numTensors;
  decoupledDistillationLoss(logits, other, labels).dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("decoupledDistillationLoss() throws on options out of range", () => {
  const distil = (options: DecoupledDistillationOptions) =>
    decoupledDistillationLoss(logits, other, labels, options);
  for (const temperature of [0, -1, NaN, Infinity]) {
    assertThrows(() => distil({ temperature }), RangeError, `temperature ${temperature}`);
  }
  for (const weight of [-0.1, NaN, Infinity]) {
    assertThrows(() => distil({ alpha: weight }), RangeError, `alpha ${weight}`);
    assertThrows(() => distil({ beta: weight }), RangeError, `beta ${weight}`);
  }
});

Deno.test("decoupledDistillationLoss() throws on shapes that do not fit", () => {
  const message = "both must be [N, classes]";
  const wide = tf.zeros<tf.Rank.R2>([2, 5]);
  assertThrows(() => decoupledDistillationLoss(logits, wide, labels), TypeError, message);
  const cube = tf.zeros([2, 3, 1]) as unknown as tf.Tensor2D;
  assertThrows(() => decoupledDistillationLoss(cube, cube, labels), TypeError, message);
  const one = tf.zeros<tf.Rank.R2>([2, 1]);
  assertThrows(() => decoupledDistillationLoss(one, one, labels), TypeError, "2 classes or more");
  const few = tf.tensor1d([0], "int32");
  assertThrows(() => decoupledDistillationLoss(logits, other, few), TypeError, "labels [1]");
});
