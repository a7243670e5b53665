/**
 * Whole training steps against PyTorch's, and what they leave alone.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { jit } from "../../../lib/jit/jit.ts";
import { attentionTransferLoss } from "../../../lib/losses/attention.ts";
import { crossEntropy } from "../../../lib/losses/cross_entropy.ts";
import { distillationLoss } from "../../../lib/losses/distillation.ts";
import { isTrainable } from "../../../lib/params.ts";
import type { Scalars, TensorBatch } from "../../../lib/train/loss.ts";
import { sgd } from "../../../lib/train/sgd.ts";
import { evalStep } from "../../../lib/train/eval_step.ts";
import { type StepResult, trainStep } from "../../../lib/train/train_step.ts";
import { startState } from "../../../lib/train/train_state.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { backends } from "../../backends.ts";
import { assertClose, readFixture, toTensor, toTensors } from "../../parity.ts";
import { assertSame, valuesOf } from "../../same.ts";
import { type Counts, counts } from "../jit/counts.ts";

const fixture = await readFixture("train_steps");
const training: {
  lr: number[];
  momentum: number;
  weightDecay: number;
  temperature: number;
  alpha: number;
  beta: number;
} = JSON.parse(fixture.metadata["training"] ?? "{}");
const teacherParams = (await readFixture("wide_resnet_10_2")).under("params");

const student = wideResNet({ depth: 10, width: 1, numClasses: 10 });
const teacher = wideResNet({ depth: 10, width: 2, numClasses: 10 });
const { momentum, weightDecay } = training;
const optimizer = sgd({ momentum, weightDecay });

/** The step of the fixture: attention transfer and distillation. */
function distillingStep() {
  const params = toTensors(teacherParams);
  const { alpha, beta, temperature } = training;
  return trainStep({
    model: student,
    optimizer,
    teacher: ({ images }) => teacher.f(images, params, "eval"),
    loss: ({ student: { logits, groups }, batch: { labels }, teacher }) => {
      assert(teacher);
      return {
        distillation: distillationLoss(logits, teacher.logits, labels, { alpha, temperature }),
        attention: { value: attentionTransferLoss(groups, teacher.groups), weight: beta },
      };
    },
  });
}

/** A step on cross entropy alone. */
const plainStep = trainStep({
  model: student,
  optimizer,
  loss: ({ student, batch }) => ({ cross_entropy: crossEntropy(student.logits, batch.labels) }),
});

function batchOf(step: number): TensorBatch {
  return {
    images: toTensor<tf.Rank.R4>(fixture.get(`batches/${step}/images`)),
    labels: toTensor<tf.Rank.R1>(fixture.get(`batches/${step}/labels`)),
  };
}

function initialState() {
  return startState(toTensors(fixture.under("step0")), optimizer);
}

function at(rate: number): Scalars {
  return { learningRate: tf.scalar(rate) };
}

function dispose({ state, terms, ...metrics }: StepResult): void {
  tf.dispose([state.params, state.buffers, terms, metrics].flatMap((t) => Object.values(t)));
}

function scalarOf(key: string): number {
  return fixture.get(key).data[0]!;
}

// For plain JavaScript, see tests/any_backend.
for (const { name, use } of backends.filter(({ tfjs }) => tfjs !== "cpu")) {
  Deno.test(`trainStep() takes three AT+KD steps as PyTorch (${name})`, async () => {
    const step = use(distillingStep());
    let state = initialState();
    assertEquals(training.lr.length, 3);
    for (const [i, rate] of training.lr.entries()) {
      const { state: next, terms, loss } = await step(state, batchOf(i + 1), at(rate));
      state = next;
      const of = (term: string) => scalarOf(`losses/${i + 1}/${term}`);
      const { alpha } = training;
      const expectedTerms = {
        distillation: alpha * of("kd") + (1 - alpha) * of("ce"),
        attention: of("at"),
      };
      assertEquals(Object.keys(terms), Object.keys(expectedTerms));
      for (const [term, value] of Object.entries(expectedTerms)) {
        const expected = { shape: [], data: new Float32Array([value]) };
        assertClose(
          terms[term as keyof typeof terms],
          expected,
          { rtol: 1e-4 },
          `${term} of step ${i + 1}`,
        );
      }
      const total = { shape: [], data: new Float32Array([of("total")]) };
      assertClose(loss, total, { rtol: 1e-4 }, `loss of step ${i + 1}`);
      const expected = fixture.under(`step${i + 1}`);
      assertEquals(Object.keys(state.params).sort(), Object.keys(expected).sort());
      for (const [key, values] of Object.entries(expected)) {
        const label = `${key} after step ${i + 1}`;
        assertClose(state.params[key]!, values, { ofMax: 1e-5, atol: 1e-9 }, label);
      }
    }
  });
}

Deno.test("trainStep() compiles once, whatever the rate", async () => {
  tf.setBackend("tensorflow");
  const step = jit(plainStep);
  for (const rate of [0.1, 0.02]) dispose(await step(initialState(), batchOf(1), at(rate)));
  assertEquals(step.traceCount, 1);
  step.dispose();
});

Deno.test("trainStep() gives the same bits, run twice", async () => {
  tf.setBackend("tensorflow");
  const step = jit(plainStep);
  const run = async () => {
    const { state } = await step(initialState(), batchOf(1), at(0.1));
    return state.params;
  };
  assertSame(await run(), await run());
});

Deno.test("trainStep() counts the right answers before the update", async () => {
  tf.setBackend("tensorflow");
  const { images, labels } = batchOf(1);
  const { logits } = student.f(images, initialState().params, "train");
  const guesses = tf.argMax(logits, 1).dataSync();
  const expected = labels.dataSync().filter((label, i) => label === guesses[i]).length;
  const { correct } = await jit(plainStep)(initialState(), { images, labels }, at(0.1));
  assertEquals(correct.dataSync()[0], expected);
});

for (const { name, tfjs, use } of backends) {
  Deno.test(`trainStep() leaves its arguments alone and no tensor behind (${name})`, async () => {
    const step = use(plainStep);
    const [state, batch, scalars] = [initialState(), smallBatch(), at(0.1)];
    const before = valuesOf(state.params);
    dispose(await step(state, batch, scalars)); // compiles
    const held = heldOn(tfjs);
    for (let i = 0; i < 3; i++) dispose(await step(state, batch, scalars));
    assertEquals(heldOn(tfjs), held);
    assertSame(state.params, before);
    assert(!batch.images.isDisposed && !batch.labels.isDisposed);
  });
}

function smallBatch(): TensorBatch {
  return { images: tf.ones([2, 8, 8, 3]), labels: tf.tensor1d([3, 5], "int32") };
}

function heldOn(backend: string): Counts | number {
  return backend === "tensorflow" ? counts() : tf.memory().numTensors;
}

Deno.test("trainStep() opens no scope of tfjs that it does not end", async () => {
  tf.setBackend("tensorflow");
  const { scopes } = counts();
  dispose(await jit(plainStep)(initialState(), batchOf(1), at(0.1)));
  assertEquals(counts().scopes, scopes);
});

Deno.test("trainStep() rejects a batch that does not fit, and the next one works", async () => {
  tf.setBackend("tensorflow");
  const step = jit(plainStep);
  const { images, labels } = batchOf(1);
  const wrong = { images, labels: tf.tensor1d([1, 2], "int32") };
  await assertRejects(() => step(initialState(), wrong, at(0.1)), TypeError, "labels [2]");
  dispose(await step(initialState(), { images, labels }, at(0.1)));
});

Deno.test("trainStep() keeps the statistics that the network does not return", async () => {
  const frozen = {
    f: (...[images, params]: Parameters<typeof student.f>) => ({
      ...student.f(images, params, "eval"),
      stats: {},
    }),
  };
  const step = jit(trainStep({
    model: frozen,
    optimizer,
    loss: ({ student, batch }) => ({ cross_entropy: crossEntropy(student.logits, batch.labels) }),
  }));
  const first = initialState();
  const kept = Object.entries(first.params).filter(([key]) => !isTrainable(key));
  const values = kept.map(([, tensor]) => [...tensor.dataSync()]);
  const { state } = await step(first, batchOf(1), at(0.1));
  tf.dispose(kept.map(([, tensor]) => tensor)); // as a loop does
  const next = await step(state, batchOf(1), at(0.1));
  assertEquals(Object.keys(next.state.params).toSorted(), Object.keys(first.params).toSorted());
  assertEquals(kept.map(([key]) => [...next.state.params[key]!.dataSync()]), values);
});

Deno.test("trainStep() refuses an averageRate where the state has no average", () => {
  const scalars = { ...at(0.1), averageRate: tf.scalar(0.1) };
  assertThrows(
    () => plainStep(initialState(), batchOf(1), scalars),
    TypeError,
    "the state has no averaged weights; start it with startState(",
  );
});

Deno.test("startState() has a buffer of zeros for every trainable parameter", () => {
  const { params, buffers } = initialState();
  assertEquals(Object.keys(buffers), Object.keys(params).filter(isTrainable));
  for (const [key, buffer] of Object.entries(buffers)) {
    assertEquals(buffer.shape, params[key]!.shape);
    assert(buffer.dataSync().every((x) => x === 0));
  }
});

for (const { name, use } of backends) {
  Deno.test(`evalStep() gives the mean cross entropy and the right answers (${name})`, async () => {
    const [{ params }, batch] = [initialState(), batchOf(1)];
    const { loss, correct } = await use(evalStep(student))(params, batch);
    const { logits } = student.f(batch.images, params, "eval");
    const labels = batch.labels.dataSync();
    const losses = (tf.logSoftmax(logits).arraySync() as number[][])
      .map((row, i) => -row[labels[i]!]!);
    const mean = losses.reduce((sum, x) => sum + x, 0) / losses.length;
    const expected = { shape: [], data: new Float32Array([mean]) };
    assertClose(loss, expected, { rtol: 1e-5 }, "loss");
    const guesses = tf.argMax(logits, 1).dataSync();
    assertEquals(correct.dataSync()[0], guesses.filter((guess, i) => guess === labels[i]).length);
  });
}
