/**
 * Real steps whose loss or gradient is not finite.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { crossEntropy } from "../../../lib/losses/cross_entropy.ts";
import type { Batch } from "../../../lib/data/batches.ts";
import { jit } from "../../../lib/jit/jit.ts";
import { type EpochEvent, trainEpochs } from "../../../lib/train/loop.ts";
import { startPosition } from "../../../lib/train/position.ts";
import type { TensorBatch } from "../../../lib/train/loss.ts";
import { sgd } from "../../../lib/train/sgd.ts";
import { inOneDictionary, trainableKeys } from "../../../lib/train/state_keys.ts";
import { evalStep } from "../../../lib/train/eval_step.ts";
import { trainStep } from "../../../lib/train/train_step.ts";
import { startState, type TrainState } from "../../../lib/train/train_state.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { backends } from "../../backends.ts";
import { assertSame, valuesOf } from "../../same.ts";

const model = wideResNet({ depth: 10, width: 0.25, numClasses: 10 });
const optimizer = sgd({ momentum: 0.9, weightDecay: 0 });

/** A step on cross entropy, and on the size of a parameter of the loss's own, by way of a root. */
function stepOf(skipsNonFinite: boolean) {
  return trainStep({
    model,
    optimizer,
    skipsNonFinite,
    loss: ({ student, batch, params }) => ({
      cross_entropy: crossEntropy(student.logits, batch.labels),
      size: tf.sqrt(tf.square(params.scale as tf.Scalar)),
    }),
  });
}

function stateOf(scale: number) {
  return startState(model.init(1), optimizer, { scale: tf.scalar(scale) });
}

function batchOf(value: number): TensorBatch {
  return {
    images: tf.mul(tf.randomUniform([4, 8, 8, 3], 0, 1, "float32", 7), value),
    labels: tf.tensor1d([0, 1, 2, 3], "int32"),
  };
}

const rate = () => ({ learningRate: tf.scalar(0.5) });

/** The keys of the gradients that are not finite, as a caller finds them. */
function broken(state: TrainState, gradientSums: tf.Tensor1D): string[] {
  const keys = trainableKeys(state);
  const sums = gradientSums.dataSync();
  assertEquals(sums.length, keys.length);
  return keys.filter((_, i) => !Number.isFinite(sums[i]));
}

for (const { name, use } of backends) {
  Deno.test(`trainStep() gives the sum of each gradient (${name})`, async () => {
    const before = stateOf(2);
    const { state, gradientSums } = await use(stepOf(false))(before, batchOf(1), rate());
    const sums = gradientSums.dataSync();
    trainableKeys(before).forEach((key, i) => {
      // The first momentum is the gradient.
      assertAlmostEquals(
        sums[i]!,
        tf.sum(inOneDictionary("buffers", state)[key]!).dataSync()[0]!,
        1e-5,
        key,
      );
    });
    assert(sums.some((sum) => Math.abs(sum) > 1e-3));
  });

  Deno.test(`trainStep() tells which gradients are not finite, though the loss is (${name})`, async () => {
    const { loss, gradientSums, state } = await use(stepOf(false))(stateOf(0), batchOf(1), rate());
    assert(Number.isFinite(loss.dataSync()[0]));
    assertEquals(broken(state, gradientSums), ["loss.scale"]);
  });

  Deno.test(`trainStep() that skips leaves all of the state as it is (${name})`, async () => {
    const step = use(stepOf(true));
    for (const [scale, images] of [[0, 1], [1, NaN], [1, Infinity]] as const) {
      const before = stateOf(scale);
      const { state, skipped } = await step(before, batchOf(images), rate());
      assertEquals(skipped!.dataSync()[0], 1);
      for (const part of ["params", "buffers"] as const) {
        const [kept, expected] = [state, before].map((state) => inOneDictionary(part, state));
        const keys = Object.keys(expected!);
        assertSame(
          Object.fromEntries(keys.map((key) => [key, kept![key]!])),
          valuesOf(expected!),
        );
      }
    }
  });

  Deno.test(`trainStep() that skips gives the same bits where nothing is to be skipped (${name})`, async () => {
    const [plain, skipping] = [
      await use(stepOf(false))(stateOf(1), batchOf(1), rate()),
      await use(stepOf(true))(stateOf(1), batchOf(1), rate()),
    ];
    assertEquals([plain.skipped, skipping.skipped!.dataSync()[0]], [undefined, 0]);
    for (const part of ["params", "buffers"] as const) {
      const [actual, expected] = [skipping, plain].map(({ state }) => inOneDictionary(part, state));
      assertSame(actual!, valuesOf(expected!));
    }
  });
}

/** An epoch of batches of one colour each. */
async function epochOf(colours: number[]): Promise<EpochEvent> {
  tf.setBackend("tensorflow");
  const batches = colours.map((colour): Batch => ({
    images: new Float32Array(4 * 8 * 8 * 3).map((_, i) => colour * Math.sin(i)),
    labels: Int32Array.of(0, 1, 2, 3),
    shape: [4, 8, 8, 3],
  }));
  const events = trainEpochs({
    state: stateOf(1),
    position: startPosition(),
    step: jit(stepOf(true)),
    evaluate: jit(evalStep(model)),
    trainBatches: () => batches,
    testBatches: () => [],
    schedule: () => ({ learningRate: 0.1 }),
    epochs: 1,
  });
  for await (const event of events) if (event.type === "epoch") return event;
  throw new Error("there was no epoch");
}

Deno.test("trainEpochs() that skips a batch is at the end as if that had not been there", async () => {
  const [skipping, without] = [await epochOf([1, 2, NaN, 3, NaN]), await epochOf([1, 2, 3])];
  for (const part of ["params", "buffers"] as const) {
    const [actual, expected] = [skipping, without].map(({ state }) => inOneDictionary(part, state));
    assertSame(actual!, valuesOf(expected!));
  }
  assertEquals(skipping.train, { ...without.train, skipped: 2 });
  assertEquals(skipping.position.steps, 5);
});
