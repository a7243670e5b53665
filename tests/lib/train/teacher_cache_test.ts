/**
 * What is kept of a teacher: that it is found again, and that a student cannot tell the difference.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Batch, evalBatches, trainBatches } from "../../../lib/data/batches.ts";
import { loadCifar } from "../../../lib/data/cifar.ts";
import { NORMALIZATION } from "../../../lib/data/normalize.ts";
import { jit } from "../../../lib/jit/jit.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { UserError } from "../../../lib/errors.ts";
import { attentionTransferLoss } from "../../../lib/losses/attention.ts";
import { classAttentionLoss } from "../../../lib/losses/class_attention.ts";
import { crossEntropy } from "../../../lib/losses/cross_entropy.ts";
import { distillationLoss } from "../../../lib/losses/distillation.ts";
import { toTensors } from "../../../lib/train/device.ts";
import { trainEpochs } from "../../../lib/train/loop.ts";
import { startPosition } from "../../../lib/train/position.ts";
import { classifierOf, type Loss, type LossOptions } from "../../../lib/train/loss.ts";
import { meanTerms } from "../../../lib/train/meter.ts";
import { sgd } from "../../../lib/train/sgd.ts";
import {
  cacheBytes,
  cachedShapes,
  cachedTeacher,
  fillCache,
  outputsToCache,
  TeacherCache,
  withCached,
} from "../../../lib/train/teacher_cache.ts";
import { evalStep } from "../../../lib/train/eval_step.ts";
import { trainStep } from "../../../lib/train/train_step.ts";
import { startState } from "../../../lib/train/train_state.ts";
import { classMapsOf } from "../../../lib/methods/class_attention.ts";
import type { ModelOutput } from "../../../models/model.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { assertFreesAll } from "../jit/counts.ts";

await useTensorFlow({ gpu: false });
const { train: set } = await loadCifar({ dataset: "CIFAR10-sample" });
const images = { ...set, size: 150 };
const normalization = NORMALIZATION.paper;
const teacher = wideResNet({ depth: 10, width: 1, numClasses: 10 });
const params = teacher.init(2);

const groups = [0, 2];
const mapsOf = (output: ModelOutput) => classMapsOf(output, classifierOf(teacher, params));

/** What is kept of the teacher for `images`. */
async function filledCache(attention = { p: 2 }): Promise<TeacherCache> {
  const f = (x: tf.Tensor4D) => teacher.f(x, params, "eval");
  const kept = outputsToCache({ f, groups, attention, classMaps: mapsOf });
  const cache = new TeacherCache(images.size, cachedShapes(kept, [32, 32, 3]));
  const compiled = jit(kept);
  await fillCache(cache, compiled, evalBatches(images, { batchSize: 64, normalization }));
  compiled.dispose();
  return cache;
}

function wholeBatches(epoch: number, first = 0) {
  const options = { seed: 1, pad: 0, padMode: "reflect", batchSize: 64, normalization } as const;
  return trainBatches(images, { ...options, epoch, first });
}

const loss: Loss = ({ student, classifier, teacher, batch }) => ({
  cross_entropy: crossEntropy(student.logits, batch.labels),
  distillation: distillationLoss(student.logits, teacher!.logits, batch.labels, {
    temperature: 4,
    alpha: 1,
  }),
  attention: {
    value: attentionTransferLoss(
      groups.map((group) => student.groups[group]!),
      groups.map((group) => teacher!.maps?.[group] ?? teacher!.groups[group]!),
    ),
    weight: 1000,
  },
  class_attention: classAttentionLoss(
    classMapsOf(student, classifier)!,
    teacher!.classMaps ?? mapsOf(teacher!)!,
  ),
});

/** The mean terms of two epochs of a student of this teacher. */
async function termsOf(
  teacher: LossOptions["teacher"],
  trainBatches: (epoch: number, first: number) => Iterable<Batch> | AsyncIterable<Batch>,
): Promise<Record<string, number>[]> {
  const model = wideResNet({ depth: 10, width: 0.5, numClasses: 10 });
  const optimizer = sgd();
  const terms = [];
  for await (
    const event of trainEpochs({
      state: startState(model.init(1), optimizer),
      position: startPosition(),
      step: jit(trainStep({ model, optimizer, teacher, loss })),
      evaluate: jit(evalStep(model)),
      trainBatches,
      testBatches: () => [],
      schedule: () => ({ learningRate: 0.05 }),
      epochs: 2,
    })
  ) {
    if (event.type === "epoch") terms.push(meanTerms(event.train));
  }
  return terms;
}

Deno.test("a student of a cached teacher has the losses of one whose teacher runs in every step", async () => {
  const cache = await filledCache();
  const running = await termsOf(
    ({ images }) => teacher.f(images, params, "eval"),
    (epoch, first) => wholeBatches(epoch, first),
  );
  const kept = await termsOf(
    cachedTeacher,
    (epoch, first) => withCached(wholeBatches(epoch, first), cache),
  );
  assertEquals(kept.length, 2);
  for (const [epoch, terms] of running.entries()) {
    for (const [name, value] of Object.entries(terms)) {
      assert(value > 0, name);
      assertAlmostEquals(kept[epoch]![name]! / value, 1, 1e-4, `${name} of epoch ${epoch}`);
    }
  }
});

Deno.test("TeacherCache gives what was cached of each image in its direction", async () => {
  const cache = new TeacherCache(4, { pair: [2], one: [] });
  const numbers = (from: number) => ({
    pair: tf.tensor2d([[from, from + 1], [from + 2, from + 3]]),
    one: tf.tensor1d([from, from + 10]),
  });
  await cache.set(0, 0, numbers(0));
  await cache.set(0, 1, numbers(100));
  await cache.set(2, 0, numbers(200));
  const source = { indices: Uint32Array.of(3, 1, 1, 0), flipped: Uint8Array.of(0, 1, 0, 0) };
  assertEquals(cache.of(source), {
    pair: { values: Float32Array.of(202, 203, 102, 103, 2, 3, 0, 1), shape: [4, 2] },
    one: { values: Float32Array.of(210, 110, 10, 0), shape: [4] },
  });
});

Deno.test("cacheBytes() counts both directions of every image", () => {
  const shapes = { logits: [10], "maps/0": [32, 32], "maps/1": [16, 16], "maps/2": [8, 8] };
  assertEquals(cacheBytes(50_000, shapes), 2 * 50_000 * (10 + 1024 + 256 + 64) * 4);
});

Deno.test("cachedShapes() are those of the logits, the class maps and the chosen groups' maps", () => {
  const kept = outputsToCache({
    f: (x) => teacher.f(x, params, "eval"),
    groups,
    attention: { p: 1, reduce: "max" },
    classMaps: (output) => classMapsOf(output, classifierOf(teacher, params), { resolution: 4 }),
  });
  assertEquals(cachedShapes(kept, [32, 32, 3]), {
    logits: [10],
    classMaps: [4, 4, 10],
    "maps/0": [32, 32],
    "maps/2": [8, 8],
  });
});

Deno.test("fillCache() tells how far it is, and leaves no tensor behind", () =>
  assertFreesAll(async () => {
    const kept = outputsToCache({
      f: (x) => teacher.f(x, params, "eval"),
      groups: [],
      attention: {},
    });
    const cache = new TeacherCache(images.size, cachedShapes(kept, [32, 32, 3]));
    const compiled = jit(kept);
    const batches = evalBatches(images, { batchSize: 100, normalization });
    const seen: number[] = [];
    await fillCache(cache, compiled, batches, (images) => seen.push(images));
    compiled.dispose();
    assertEquals(seen, [100, 150]);
  }));

Deno.test("withCached() refuses images that were cropped", async () => {
  const cropped = trainBatches(images, {
    ...{ seed: 1, epoch: 0, pad: 1, padMode: "zero", batchSize: 64, normalization },
  });
  const cache = new TeacherCache(images.size, {});
  await assertRejects(() => withCached(cropped, cache).next(), TypeError, "these are cropped");
});

Deno.test("cachedTeacher() refuses a batch that brings nothing", () => {
  const [batch] = wholeBatches(0);
  const tensors = toTensors(batch!);
  assertThrows(() => cachedTeacher(tensors), TypeError, "the batch has no cached outputs");
  tf.dispose([tensors.images, tensors.labels]);
});

Deno.test("TeacherCache.set() refuses what a teacher shows where it is not finite, naming the image", async () => {
  const cache = new TeacherCache(4, { logits: [2] });
  await cache.set(0, 0, { logits: tf.tensor2d([[1, 2], [3, 4]]) });
  for (const value of [NaN, Infinity]) {
    const kept = { logits: tf.tensor2d([[1, 2], [value, 4]]) };
    await assertRejects(
      () => cache.set(2, 1, kept),
      UserError,
      `its logits hold ${value} for training image 3`,
    );
  }
});
