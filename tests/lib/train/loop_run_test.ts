/**
 * Whole training runs on the sample of CIFAR-10: one that stops and goes on, and a longer one.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals } from "@std/assert";
import { evalBatches, trainBatches } from "../../../lib/data/batches.ts";
import { loadCifar } from "../../../lib/data/cifar.ts";
import type { ImageSet } from "../../../lib/data/image_set.ts";
import { NORMALIZATION } from "../../../lib/data/normalize.ts";
import { jit } from "../../../lib/jit/jit.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { attentionTransferLoss } from "../../../lib/losses/attention.ts";
import { crossEntropy } from "../../../lib/losses/cross_entropy.ts";
import { loadCheckpoint, saveCheckpoint } from "../../../lib/train/checkpoint.ts";
import { type EpochEvent, trainEpochs, type TrainOptions } from "../../../lib/train/loop.ts";
import { startPosition } from "../../../lib/train/position.ts";
import { meanLoss } from "../../../lib/train/meter.ts";
import { sgd } from "../../../lib/train/sgd.ts";
import { steppedRate } from "../../../lib/train/schedule.ts";
import { evalStep } from "../../../lib/train/eval_step.ts";
import { trainStep } from "../../../lib/train/train_step.ts";
import { startState } from "../../../lib/train/train_state.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { assertSame } from "../../same.ts";
import { long } from "../../long.ts";
import { type Counts, counts } from "../jit/counts.ts";
import { collect, epochsOf, standing } from "./counting.ts";

await useTensorFlow({ gpu: false }); // on which the same work gives the same bits
const cifar = await loadCifar({ dataset: "CIFAR10-sample" });
const normalization = NORMALIZATION.paper;
const testSet = head(cifar.test, 100);

/** A real run on the sample: a narrow student of a narrow teacher. */
function realRun(set: ImageSet, options: Partial<TrainOptions>): TrainOptions {
  const model = wideResNet({ depth: 10, width: 0.25, numClasses: 10 });
  const teacher = wideResNet({ depth: 10, width: 0.5, numClasses: 10 });
  const teacherParams = teacher.init(2);
  const optimizer = sgd();
  return {
    state: startState(model.init(1), optimizer),
    position: startPosition(),
    step: jit(trainStep({
      model,
      optimizer,
      teacher: ({ images }) => teacher.f(images, teacherParams, "eval"),
      loss: ({ student, teacher, batch }) => ({
        cross_entropy: crossEntropy(student.logits, batch.labels),
        attention: {
          value: attentionTransferLoss(student.groups, teacher?.groups ?? []),
          weight: 1e3,
        },
      }),
    })),
    evaluate: jit(evalStep(model)),
    trainBatches: (epoch, first) =>
      trainBatches(set, {
        batchSize: 32,
        seed: 3,
        epoch,
        first,
        pad: 4,
        padMode: "reflect",
        normalization,
      }),
    testBatches: () => evalBatches(testSet, { batchSize: 100, normalization }),
    schedule: ({ epoch }) => ({
      learningRate: steppedRate(epoch, { rate: 0.1, ratio: 0.2, drops: [1] }),
    }),
    epochs: 2,
    ...options,
  };
}

/** The first images of a set. */
function head(set: ImageSet, size: number): ImageSet {
  const pixels = set.height * set.width * set.channels;
  return {
    ...set,
    size,
    images: set.images.subarray(0, size * pixels),
    labels: set.labels.subarray(0, size),
  };
}

long.test("trainEpochs() that goes on from a checkpoint gives the same bits as without a stop", async () => {
  const set = head(cifar.train, 24 / 2 * 32 - 10); // 12 steps an epoch, the last batch smaller
  const whole = epochsOf(await collect(realRun(set, {})));
  assertEquals(whole.map(({ position }) => standing(position)), [[1, 0, 12], [2, 0, 24]]);

  const cut = epochsOf(await collect(realRun(set, { maxSteps: 17 }))).at(-1)!;
  assertEquals(standing(cut.position), [1, 5, 17]);
  const folder = await Deno.makeTempDir();
  try {
    await saveCheckpoint(folder, {
      state: cut.state,
      position: cut.position,
      options: {},
      engine: "",
    });
    const { state, position } = await loadCheckpoint(folder);
    const [resumed] = epochsOf(await collect(realRun(set, { state, position })));
    const [, last] = whole;
    assertSame(resumed!.state.params, last!.state.params);
    assertSame(resumed!.state.buffers, last!.state.buffers);
    assertEquals(resumed!.train, last!.train);
    assertEquals(resumed!.test, last!.test);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

long.test("trainEpochs() learns, and holds no more tensors after a hundred steps than after ten", async () => {
  const held: Counts[] = [];
  const losses: number[] = [];
  const set = head(cifar.train, 160);
  const before = counts();
  const options = realRun(set, { epochs: 20 });
  let last: EpochEvent | undefined;
  for await (const event of trainEpochs(options)) {
    if (event.type !== "epoch") continue;
    held.push(counts());
    losses.push(meanLoss(event.train));
    last = event;
  }
  assertEquals(standing(last!.position), [20, 0, 100]);
  assertEquals(held.at(-1), held[1]);
  assert(losses.at(-1)! < losses[0]! / 2, `the losses are ${losses}`);
  tf.dispose([...Object.values(last!.state.params), ...Object.values(last!.state.buffers)]);
  assertEquals(counts().tensors - before.tensors, teacherTensors);
});

/** What {@linkcode realRun} makes for good: the teacher's parameters. */
const teacherTensors =
  Object.keys(wideResNet({ depth: 10, width: 0.5, numClasses: 10 }).init(2)).length;
