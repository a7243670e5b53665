/**
 * Whole training steps with everything that a recipe adds, against PyTorch's: mixed images, smoothed
 * labels, clipped gradients, no weight decay on norms and biases, and averaged weights.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { cutMix, mixUp } from "../../../lib/data/mixing.ts";
import { attentionTransfer } from "../../../lib/methods/attention.ts";
import { distill } from "../../../lib/methods/distill.ts";
import { knowledgeDistillation } from "../../../lib/methods/distillation.ts";
import type { Tensors } from "../../../lib/params.ts";
import type { TensorBatch } from "../../../lib/train/loss.ts";
import { sgd } from "../../../lib/train/sgd.ts";
import { trainStep } from "../../../lib/train/train_step.ts";
import { startState } from "../../../lib/train/train_state.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { backends } from "../../backends.ts";
import { long } from "../../long.ts";
import { assertClose, readFixture, toTensor, toTensors } from "../../parity.ts";
import { assertSame, valuesOf } from "../../same.ts";
import { mixingTensors } from "./mixing_tensors.ts";

const fixture = await readFixture("training");
const recipe = JSON.parse(fixture.metadata["recipe"] ?? "{}") as {
  batch: number;
  imageSize: number;
  lr: number[];
  momentum: number;
  weightDecay: number;
  temperature: number;
  alpha: number;
  beta: number;
  labelSmoothing: number;
  maxNorm: number;
  emaDecay: number;
  mixing: { mixup?: number; cutmix?: number }[];
};
const teacherParams = (await readFixture("wide_resnet_10_2")).under("params");
const student = wideResNet({ depth: 10, width: 1, numClasses: 10 });
const teacher = wideResNet({ depth: 10, width: 2, numClasses: 10 });
const { momentum, weightDecay, maxNorm, labelSmoothing, alpha, beta, temperature } = recipe;
const optimizer = sgd({ momentum, weightDecay, decays: ({ rank }) => rank > 1 });

function setUp(skipsNonFinite = false) {
  const params = toTensors(fixture.under("recipe/step0"));
  const transfer = distill({
    student: { model: student, params },
    teacher: { model: teacher, params: toTensors(teacherParams) },
    methods: [attentionTransfer({ weight: beta }), knowledgeDistillation({ alpha, temperature })],
    labelSmoothing,
  });
  const step = trainStep({ model: student, optimizer, maxNorm, skipsNonFinite, ...transfer });
  return { step, state: startState(params, optimizer, {}, { average: true }) };
}

/** The batch of a step, from 1, with each image's partner as torchvision's `roll`. */
function batchOf(step: number): TensorBatch {
  const values = (name: string) => fixture.get(`recipe/batches/${step}/${name}`);
  const partners = Int32Array.from({ length: recipe.batch }, (_, i) => i || recipe.batch)
    .map((next) => next - 1);
  const size = [recipe.imageSize, recipe.imageSize] as const;
  const { mixup, cutmix } = recipe.mixing[step - 1]!;
  const mixing = mixup === undefined
    ? cutMix({
      ...{ partners, size, share: cutmix! },
      center: [...values("center").data] as [number, number],
    })
    : mixUp({ partners, size, share: mixup });
  return {
    images: toTensor<tf.Rank.R4>(values("images")),
    labels: toTensor<tf.Rank.R1>(values("labels")),
    mixing: mixingTensors(mixing, size),
  };
}

function scalarsOf(step: number) {
  const averageRate = step === 1 ? 1 : 1 - recipe.emaDecay;
  return {
    learningRate: tf.scalar(recipe.lr[step - 1]!),
    averageRate: tf.scalar(averageRate),
  };
}

for (const { name, tfjs, use } of backends) {
  const longInJavaScript = tfjs === "cpu" ? long.test : Deno.test;
  longInJavaScript(`trainStep() takes three steps of a recipe as PyTorch (${name})`, async () => {
    const { step, state: first } = setUp();
    const run = use(step);
    let state = first;
    for (let i = 1; i <= 3; i++) {
      const { state: next, loss, terms } = await run(state, batchOf(i), scalarsOf(i));
      state = next;
      const expected = fixture.under(`recipe/losses/${i}`);
      assertClose(loss, expected.total!, { rtol: 1e-4 }, `loss of step ${i}`);
      assertClose(terms.cross_entropy, expected.ce!, { rtol: 1e-4 }, `cross entropy of step ${i}`);
      assertClose(terms.distillation!, expected.kd!, { rtol: 1e-4 }, `distillation of step ${i}`);
    }
    for (const [label, tensors] of [["last", state.params], ["average", state.average!]] as const) {
      const expected = fixture.under(`recipe/${label}`);
      assertEquals(Object.keys(tensors).sort(), Object.keys(expected).sort());
      for (const [key, values] of Object.entries(expected)) {
        assertClose(tensors[key]!, values, { ofMax: 1e-5, atol: 1e-9 }, `${label} ${key}`);
      }
    }
  });
}

Deno.test("trainStep() counts the label with the larger share as the right answer", async () => {
  const { step, state } = setUp();
  const { mixing: half, ...batch } = batchOf(1); // mixup with 0.3: the partner's label
  const { use } = backends[0]!;
  const { images, labels } = batch;
  const own = tf.reshape(half!.own, [8, 8, 1]);
  const mixed = tf.add<tf.Tensor4D>(
    tf.mul(images, own),
    tf.mul(tf.gather(images, half!.partners), tf.sub(1, own)),
  );
  const { logits } = student.f(mixed, state.params, "train");
  const [guesses, given] = [tf.argMax(logits, 1).dataSync(), labels.dataSync()];
  const partners = half!.partners.dataSync();
  const expected = guesses.filter((guess, i) => guess === given[partners[i]!]!).length;
  const { correct } = await use(step)(state, batchOf(1), scalarsOf(1));
  assertEquals(correct.dataSync()[0], expected);
});

Deno.test("trainStep() leaves the averages of a skipped step alone", async () => {
  const { use } = backends[1]!;
  const { step, state } = setUp(true);
  const inOrder = (tensors: Tensors = {}) =>
    Object.fromEntries(Object.entries(tensors).sort(([a], [b]) => a < b ? -1 : 1));
  const before = valuesOf(inOrder(state.average));
  const batch = batchOf(1);
  const broken = { ...batch, images: tf.mul<tf.Tensor4D>(batch.images, NaN) };
  const run = use(step);
  const skipped = await run(state, broken, scalarsOf(1));
  assertEquals(skipped.skipped!.dataSync()[0], 1);
  assertSame(inOrder(skipped.state.average), before);
  const done = await run(state, batch, scalarsOf(1));
  for (const [key, average] of Object.entries(inOrder(done.state.average))) {
    assertClose(average, done.state.params[key]!, { ofMax: 1e-6 }, key); // the first step copies
  }
});

Deno.test("trainStep() refuses averages without a rate, and norms that are none", async () => {
  const { step, state } = setUp();
  const { learningRate } = scalarsOf(1);
  await assertRejects(
    async () => await step(state, batchOf(1), { learningRate }),
    TypeError,
    "averageRate",
  );
  const loss = () => ({ ce: tf.scalar(0) });
  await assertRejects(
    // deno-lint-ignore require-await
    async () => trainStep({ model: student, optimizer, loss, maxNorm: 0 }),
    RangeError,
    "Cannot clip gradients at the norm 0",
  );
  assert(state.average);
});
