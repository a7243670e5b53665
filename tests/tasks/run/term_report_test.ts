/**
 * Tests of `--log-terms`.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { Batch } from "../../../lib/data/batches.ts";
import { startPosition } from "../../../lib/train/position.ts";
import type { Loss } from "../../../lib/train/loss.ts";
import { termGradientNorms } from "../../../lib/train/term_gradients.ts";
import { reportTerms } from "../../../tasks/run/term_report.ts";

tf.setBackend("cpu");

/** The logits are the mean pixel times a weight for each class. */
const model = {
  f: (images: tf.Tensor4D, { weight }: Record<string, tf.Tensor>) => ({
    logits: tf.mul(tf.mean(images, [1, 2]), weight!) as tf.Tensor2D,
    groups: [],
    stats: {},
  }),
};

/** Batches from this number on: each is one image whose pixels all have the batch's number. */
function* batchesFrom(first: number): Iterable<Batch> {
  for (let i = first; i < 3; i++) {
    const shape: Batch["shape"] = [1, 2, 2, 1];
    yield { images: new Float32Array(4).fill(i), labels: new Int32Array([0]), shape };
  }
}

/** Measures at a batch, by default the third. Its logit is its number times the weight. */
async function report(loss: Loss, batch = 2) {
  const norms = termGradientNorms({ model, loss });
  const params = { weight: tf.tensor1d([1]) };
  const { numTensors } = tf.memory();
  const result = await reportTerms(
    (...args) => Promise.resolve(norms(...args)),
    { params, buffers: {} },
    { ...startPosition(), epoch: 4, batch },
    {
      trainBatches: (epoch, first) => batchesFrom(epoch === 4 ? first : 1),
      schedule: ({ epoch, batch }) => ({ learningRate: 0.1, beta: 10 * epoch + batch }),
    },
  );
  assertEquals(tf.memory().numTensors, numTensors);
  return result;
}

Deno.test("reportTerms() measures the run's next batch with its scalars, and frees all", async () => {
  const { term_gradient_norms, term_shares } = await report(({ student, scalars }) => ({
    sum: tf.sum(student.logits) as tf.Scalar,
    scaled: { value: tf.sum(student.logits) as tf.Scalar, weight: scalars.beta! },
    off: { value: tf.sum(student.logits) as tf.Scalar, weight: 0 },
  }));
  assertEquals(term_gradient_norms, { sum: 2, scaled: 84, off: 0 });
  assertEquals(Object.keys(term_shares), ["sum", "scaled", "off"]);
  assertAlmostEquals(term_shares.sum!, 2 / 86, 1e-12);
  assertAlmostEquals(term_shares.scaled!, 84 / 86, 1e-12);
  assertAlmostEquals(Object.values(term_shares).reduce((a, b) => a + b), 1, 1e-12);
});

Deno.test("reportTerms() measures the next epoch's first batch where this one has no more", async () => {
  const { term_gradient_norms } = await report(({ student, scalars }) => ({
    scaled: { value: tf.sum(student.logits) as tf.Scalar, weight: scalars.beta! },
  }), 3);
  assertEquals(term_gradient_norms, { scaled: 50 });
});

Deno.test("reportTerms() gives shares of 0, and not NaN, where nothing pulls", async () => {
  const { term_shares } = await report(({ student }) => ({
    off: { value: tf.sum(student.logits) as tf.Scalar, weight: 0 },
  }));
  assertEquals(term_shares, { off: 0 });
});
