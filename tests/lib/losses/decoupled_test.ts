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
import { labels, logits, other, testParity, withGradients } from "./loss_parity.ts";

await testParity("decoupledDistillationLoss", decoupledDistillationLoss, "more_losses", 5);
const lossAndGradients = withGradients(decoupledDistillationLoss);

for (const { name, use } of backends) {
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

  // By hand: the others' logits are equal in both, so only the target's part is left, which is 0.
  Deno.test(`decoupledDistillationLoss() leaves out the target at a tiny temperature (${name})`, async () => {
    const [student, teacher] = [tf.tensor2d([[20, 0, 0.01]]), tf.tensor2d([[30, 0, 0.02]])];
    const { value } = await use(lossAndGradients)(student, teacher, tf.tensor1d([0], "int32"), {
      ...{ alpha: 0, beta: 1, temperature: 0.01 },
    });
    const softmax = (x: number) => [1, Math.exp(x)].map((e) => e / (1 + Math.exp(x)));
    const [p, q] = [softmax(2), softmax(1)];
    const divergence = p.reduce((sum, pi, i) => sum + pi * Math.log(pi / q[i]!), 0);
    assertAlmostEquals(value.dataSync()[0]!, divergence * 1e-4, 1e-8);
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
