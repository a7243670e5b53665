/**
 * What training holds, over many steps: no more than at its start.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals } from "@std/assert";
import { jit } from "../../../lib/jit/jit.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { crossEntropy } from "../../../lib/losses/cross_entropy.ts";
import { sgd } from "../../../lib/train/sgd.ts";
import { trainStep } from "../../../lib/train/train_step.ts";
import { startState } from "../../../lib/train/train_state.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { long } from "../../long.ts";
import { assertFreesAll, memoryGrowth, take } from "./counts.ts";

await useTensorFlow({ gpu: false });

long.test("jit() holds no more after 300 training steps than after 10", async () => {
  const model = wideResNet({ depth: 10, width: 0.25, numClasses: 10 });
  const optimizer = sgd();
  const step = jit(trainStep({
    model,
    optimizer,
    loss: ({ student, batch }) => ({ cross_entropy: crossEntropy(student.logits, batch.labels) }),
  }));
  const images = tf.tidy(() => tf.add(tf.randomNormal<tf.Rank.R4>([4, 8, 8, 3]), 0)) as tf.Tensor4D;
  const labels = tf.tidy(() => tf.add(tf.tensor1d([0, 1, 2, 3], "int32"), tf.scalar(0, "int32")));
  let state = startState(model.init(0), optimizer);
  const losses: number[] = [];
  const train = async (steps: number) => {
    for (let i = 0; i < steps; i++) {
      const rate = tf.scalar(0.02);
      const batch = { images, labels: labels as tf.Tensor1D };
      const { state: next, ...figures } = await step(state, batch, { rate });
      tf.dispose([state.params, state.buffers, rate]);
      state = next;
      losses.push(figures.terms.cross_entropy!.dataSync()[0]!);
      tf.dispose(figures as unknown as tf.TensorContainer);
    }
  };
  await train(10);
  await assertFreesAll(async () => {
    const growth = await memoryGrowth(() => train(290));
    assert(growth < 60, `290 steps left ${growth} MB`);
  });
  assertEquals(step.traceCount, 1);
  assert(losses.at(-1)! < losses[0]! / 4, `the loss went from ${losses[0]} to ${losses.at(-1)}`);
  tf.dispose([state.params, state.buffers, images, labels]);
  step.dispose();
});

long.test("jit() holds nothing of functions that are disposed, or whose trace throws", async () => {
  const weights = tf.tidy(() => tf.add(tf.zeros([2 ** 18]), 1));
  const values = new Float32Array(2 ** 18).fill(1);
  const one = tf.tidy(() => tf.add(tf.zeros([]), 1));
  const once = async (i: number) => {
    const f = jit((x: tf.Tensor, throws: boolean) => {
      const sum = tf.sum(tf.mul(tf.add(weights, tf.tensor1d(values)), x));
      if (throws) throw new Error("mine");
      return sum;
    });
    if (i % 2) await f(one, true).catch(() => {});
    else take(await f(one, false));
    f.dispose();
  };
  for (let i = 0; i < 10; i++) await once(i);
  await assertFreesAll(async () => {
    const growth = await memoryGrowth(async () => {
      for (let i = 0; i < 200; i++) await once(i);
    });
    assert(growth < 60, `200 functions over 2 MB left ${growth} MB`);
  });
  tf.dispose([weights, one]);
});

Deno.test("jit() frees what it captured once the function is disposed", async () => {
  const size = 2 ** 20;
  const one = tf.tidy(() => tf.add(tf.zeros([]), 1));
  const growth = await memoryGrowth(async () => {
    for (let i = 0; i < 60; i++) {
      const weights = tf.tidy(() => tf.add(tf.fill([size], 1), i));
      const f = jit((x: tf.Tensor) => tf.sum(tf.mul(weights, x)));
      take(await f(one));
      tf.dispose(weights);
      f.dispose();
    }
  });
  one.dispose();
  assert(growth < 100, `60 functions over 4 MB left ${growth} MB`);
});
