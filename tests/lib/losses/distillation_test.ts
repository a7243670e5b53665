/**
 * Knowledge distillation against PyTorch, and its refusals.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { crossEntropy } from "../../../lib/losses/cross_entropy.ts";
import { distillationLoss, type DistillationOptions } from "../../../lib/losses/distillation.ts";
import { backends } from "../../backends.ts";
import { labels, logits, other, testParity, withGradients } from "./loss_parity.ts";

await testParity("distillationLoss", distillationLoss, "losses", 7);
const lossAndGradients = withGradients(distillationLoss);

for (const { name, use } of backends) {
  Deno.test(`distillationLoss() of equal logits is 0, without a gradient (${name})`, async () => {
    const { value, gradients } = await use(lossAndGradients)(logits, logits, labels, {
      temperature: 4,
      alpha: 1,
    });
    for (const tensor of [value, gradients.student, gradients.teacher]) {
      assert(tensor.dataSync().every((x) => Math.abs(x) < 1e-6), `${tensor}`);
    }
  });

  Deno.test(`distillationLoss() throws on a label outside of the classes (${name})`, async () => {
    const wrong = tf.tensor1d([0, 3], "int32");
    const run = use(distillationLoss);
    await assertRejects(
      () => run(logits, other, wrong, { temperature: 4, alpha: 0.9 }),
      Error,
      "3",
    );
  });
}

Deno.test("distillationLoss() without alpha is the cross entropy", () => {
  const loss = distillationLoss(logits, other, labels, { temperature: 4, alpha: 0 });
  assertAlmostEquals(loss.dataSync()[0]!, crossEntropy(logits, labels).dataSync()[0]!, 1e-6);
});

Deno.test("distillationLoss() leaves no tensor behind", () => {
  tf.setBackend("tensorflow");
  const before = tf.memory().numTensors;
  distillationLoss(logits, other, labels, { temperature: 4, alpha: 0.9 }).dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("distillationLoss() throws on options out of range", () => {
  const distil = (options: Partial<DistillationOptions>) =>
    distillationLoss(logits, other, labels, { temperature: 4, alpha: 0.9, ...options });
  for (const temperature of [0, -1, NaN, Infinity]) {
    assertThrows(() => distil({ temperature }), RangeError, `temperature ${temperature}`);
  }
  for (const alpha of [-0.1, 1.1, NaN]) {
    assertThrows(() => distil({ alpha }), RangeError, `alpha ${alpha}`);
  }
});

Deno.test("distillationLoss() throws on shapes that do not fit", () => {
  const options = { temperature: 4, alpha: 0.9 };
  const message = "both must be [N, classes]";
  const wide = tf.zeros<tf.Rank.R2>([2, 5]);
  assertThrows(() => distillationLoss(logits, wide, labels, options), TypeError, message);
  const cube = tf.zeros([2, 3, 1]) as unknown as tf.Tensor2D;
  assertThrows(() => distillationLoss(cube, cube, labels, options), TypeError, message);
  const few = tf.tensor1d([0], "int32");
  assertThrows(() => distillationLoss(logits, other, few, options), TypeError, "labels [1]");
});
