/**
 * Similarity-preserving distillation against PyTorch, and its refusals.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { similarityPreservingLoss } from "../../../lib/losses/similarity.ts";
import { backends } from "../../backends.ts";
import { testListParity, withGradientsOfLists } from "./loss_parity.ts";

await testListParity("similarityPreservingLoss", similarityPreservingLoss, "more_losses", 3);
const lossAndGradients = withGradientsOfLists(similarityPreservingLoss);

function features(shape: number[], seed: number): tf.Tensor {
  return tf.randomNormal(shape, 0, 1, "float32", seed);
}

for (const { name, use } of backends) {
  Deno.test(`similarityPreservingLoss() of equal and of zero features is 0 (${name})`, async () => {
    const run = use(lossAndGradients);
    for (const x of [features([4, 3, 3, 2], 1), tf.zeros([4, 3, 3, 2])]) {
      const { value, gradients } = await run([x], [x]);
      for (const tensor of [value, ...Object.values(gradients)]) {
        assert(tensor.dataSync().every((element) => Math.abs(element) < 1e-9), `${tensor}`);
      }
    }
  });

  Deno.test(`similarityPreservingLoss() gives a zero example gradient 0 (${name})`, async () => {
    const student = tf.concat([tf.zeros([1, 6]), features([3, 6], 2)]);
    const { value, gradients } = await use(lossAndGradients)([student], [features([4, 6], 3)]);
    assert(Number.isFinite(value.dataSync()[0]));
    const gradient = gradients["student/0"]!.dataSync();
    assert(gradient.every((element) => Math.abs(element) < 1), `${gradient}`);
    assert(gradient.subarray(6).some((element) => element !== 0));
  });
}

Deno.test("similarityPreservingLoss() takes one pair alone or in an array, and sums pairs", () => {
  tf.setBackend("tensorflow");
  const [s, t] = [features([4, 3, 3, 2], 4), features([4, 5], 5)];
  const read = (loss: tf.Scalar) => loss.dataSync()[0]!;
  const alone = read(similarityPreservingLoss(s, t));
  assert(alone > 0);
  assertEquals(read(similarityPreservingLoss([s], [t])), alone);
  assertAlmostEquals(read(similarityPreservingLoss([s, s], [t, t])), 2 * alone, 1e-6);
});

Deno.test("similarityPreservingLoss() leaves no tensor behind", () => {
  tf.setBackend("tensorflow");
  const [s, t] = [features([4, 3, 3, 2], 4), features([4, 5], 5)];
  const before = tf.memory().numTensors;
  similarityPreservingLoss(s, t).dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("similarityPreservingLoss() throws on features that do not fit", () => {
  const [x, three] = [features([4, 5], 1), features([3, 5], 1)];
  const lossOf = similarityPreservingLoss;
  assertThrows(() => lossOf([x, x], [x]), RangeError, "2 student activations with 1");
  assertThrows(() => lossOf([], []), RangeError, "at least one");
  assertThrows(() => lossOf(x, three), TypeError, "[4,5] and [3,5]");
  assertThrows(() => lossOf(tf.zeros([4]), x), TypeError, "[4] and [4,5]: both must be [N, ...]");
});
