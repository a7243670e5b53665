/**
 * Distillation by correlations (DIST) against PyTorch, its invariances, and its refusals.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  correlationDistillationLoss,
  type CorrelationDistillationOptions,
} from "../../../lib/losses/correlation.ts";
import { backends } from "../../backends.ts";
import { testParity, withGradients } from "./loss_parity.ts";

await testParity("correlationDistillationLoss", correlationDistillationLoss, "recent_losses", 4);
const lossAndGradients = withGradients(correlationDistillationLoss);

/** Logits whose softmax at temperature 1 are these probabilities. */
function logitsOf(probabilities: tf.Tensor): tf.Tensor2D {
  return tf.log(probabilities) as tf.Tensor2D;
}

for (const { name, use } of backends) {
  Deno.test(`correlationDistillationLoss() does not see a positive affine map (${name})`, async () => {
    const teacher = tf.tensor2d([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.2, 0.2, 0.6]]);
    // Probabilities 0.5 p + 1/6 have the relations of p, between classes and between examples.
    const student = tf.add(tf.mul(teacher, 0.5), 1 / 6);
    const run = use((s: tf.Tensor2D, t: tf.Tensor2D) =>
      correlationDistillationLoss(s, t, { temperature: 1 })
    );
    const [loss] = (await run(logitsOf(student), logitsOf(teacher))).dataSync();
    assert(Math.abs(loss!) < 1e-5, `${loss}`);
    const turned = tf.add(tf.mul(teacher, -0.5), 0.5);
    const [opposite] = (await run(logitsOf(turned), logitsOf(teacher))).dataSync();
    assertAlmostEquals(opposite!, 2 * 2 + 2 * 2, 1e-4); // correlation -1 everywhere
  });

  Deno.test(`correlationDistillationLoss() of constant probabilities has no gradient (${name})`, async () => {
    const run = use(lossAndGradients);
    const { value, gradients } = await run(
      tf.zeros([2, 3]),
      tf.tensor2d([[1, 0, 2], [0, 1, 0]]),
      {},
    );
    assertAlmostEquals(value.dataSync()[0]!, 2 * 16 + 2 * 16, 1e-4); // correlation 0
    assert(Array.from(gradients.student.dataSync()).every(Number.isFinite));
    assert(gradients.teacher.dataSync().every((x) => x === 0));
  });

  Deno.test(`correlationDistillationLoss() of one example compares its classes only (${name})`, async () => {
    const run = use(lossAndGradients);
    const { value, gradients } = await run(tf.tensor2d([[1, 0, 2]]), tf.tensor2d([[1, 0, 3]]), {});
    const within = 2 * 16; // an example alone has no correlation with itself
    assert(value.dataSync()[0]! >= within - 1e-3 && value.dataSync()[0]! < within + 10);
    assert(gradients.student.dataSync().some((x) => Math.abs(x) > 1e-3));
  });
}

Deno.test("correlationDistillationLoss() leaves no tensor behind", () => {
  tf.setBackend("tensorflow");
  const [s, t] = [tf.tensor2d([[1, 0], [0, 3]]), tf.tensor2d([[1, 2], [0, 3]])];
  const before = tf.memory().numTensors;
  correlationDistillationLoss(s, t).dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("correlationDistillationLoss() throws on options and shapes that do not fit", () => {
  const logits = tf.zeros<tf.Rank.R2>([2, 3]);
  const distil = (options: CorrelationDistillationOptions) =>
    correlationDistillationLoss(logits, logits, options);
  for (const temperature of [0, -1, NaN]) {
    assertThrows(() => distil({ temperature }), RangeError, `temperature ${temperature}`);
  }
  assertThrows(() => distil({ beta: -1 }), RangeError, "beta -1");
  assertThrows(() => distil({ gamma: Infinity }), RangeError, "gamma Infinity");
  // @ts-expect-error: there is no such option
  assertThrows(() => distil({ tau: 4 }), TypeError, '"tau"');
  const message = "both must be [N, classes]";
  const wide = tf.zeros<tf.Rank.R2>([2, 4]);
  assertThrows(() => correlationDistillationLoss(logits, wide), TypeError, message);
  const one = tf.zeros<tf.Rank.R2>([2, 1]);
  assertThrows(() => correlationDistillationLoss(one, one), TypeError, "2 classes or more");
});
