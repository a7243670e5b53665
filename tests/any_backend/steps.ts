/**
 * Tests of whole steps of training and of evaluation on a backend.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals } from "@std/assert";
import { attentionTransferLoss } from "../../lib/losses/attention.ts";
import { distillationLoss } from "../../lib/losses/distillation.ts";
import type { TensorBatch } from "../../lib/train/loss.ts";
import { sgd } from "../../lib/train/sgd.ts";
import { termGradientNorms } from "../../lib/train/term_gradients.ts";
import { evalStep } from "../../lib/train/eval_step.ts";
import { trainStep } from "../../lib/train/train_step.ts";
import { startState } from "../../lib/train/train_state.ts";
import { wideResNet } from "../../models/wide_resnet.ts";
import { distill } from "../../lib/methods/distill.ts";
import { chosenMethods, type MethodWeights, noTransfer } from "../../lib/methods/table.ts";
import { assertClose, readFixture, toTensor, toTensors } from "../parity.ts";
import type { Suite } from "./backend.ts";
import { draw } from "./loss_cases.ts";

const numClasses = 10;
const student = wideResNet({ depth: 10, width: 0.25, numClasses });
const teacher = wideResNet({ depth: 10, width: 0.5, numClasses });
const optimizer = sgd({ nesterov: true });

/** The methods, each alone and all together. */
const methods: Record<string, Partial<MethodWeights>> = {
  "cross entropy": {},
  "attention transfer": { beta: 100 },
  distillation: { alpha: 0.9 },
  "decoupled distillation": { decoupledBeta: 1 },
  "correlations": { correlationBeta: 1 },
  "class attention": { classAttentionBeta: 12 },
  "ReviewKD": { reviewBeta: 5 },
  "full activations": { activationBeta: 1 },
  "similarity": { similarityBeta: 10 },
  "relations": { relationalBeta: 0.1 },
  "gradient attention": { gradientBeta: 30 },
  "gradient symmetry": { gradientSymmetryBeta: 20 },
};
methods["all of them"] = Object.assign({}, ...Object.values(methods));

function batch(): TensorBatch {
  const labels = tf.tensor1d([3, 0, 9, 3], "int32");
  return { images: toTensor<tf.Rank.R4>(draw([4, 8, 8, 3], 1)), labels };
}

/** What a step of a method is made of, on the backend that is on. */
function setUp(method: Partial<MethodWeights>, more: { labelSmoothing?: number } = {}) {
  const params = student.init(1);
  const options = {
    model: student,
    ...distill({
      student: { model: student, params },
      teacher: { model: teacher, params: teacher.init(2) },
      methods: chosenMethods({ ...noTransfer, ...method }, { temperature: 4, attention: {} }),
      image: [8, 8, 3],
      seed: 3,
      ...more,
    }),
  };
  return { options, params, scalars: { learningRate: tf.scalar(0.1) } };
}

function stepOf(method: Partial<MethodWeights>) {
  const { options, params, scalars } = setUp(method);
  const { state, ...metrics } = trainStep({ ...options, optimizer })(
    startState(params, optimizer, options.lossParams),
    batch(),
    scalars,
  );
  return {
    ...metrics,
    params: { ...state.params, ...state.loss?.params },
    buffers: { ...state.buffers, ...state.loss?.buffers },
  };
}

/** A step on mixed images with smoothed labels, clipped gradients and averaged weights. */
function recipeStep() {
  const { options, params, scalars } = setUp({ alpha: 0.5, beta: 100 }, { labelSmoothing: 0.1 });
  const own = tf.fill<tf.Rank.R2>([8, 8], 0.3);
  const partners = tf.tensor1d([1, 2, 3, 0], "int32");
  const { state, ...metrics } = trainStep({ ...options, optimizer, maxNorm: 0.5 })(
    startState(params, optimizer, options.lossParams, { average: true }),
    { ...batch(), mixing: { partners, own, share: tf.scalar(0.3) } },
    { ...scalars, averageRate: tf.scalar(0.1) },
  );
  const { loss, correct } = metrics;
  return { loss, correct, params: state.params, average: state.average as typeof params };
}

/** Registers them. */
export function testSteps(suite: Suite): void {
  testMethods(suite);
  testRecipe(suite);
  testPyTorchSteps(suite);
  testNonFinite(suite);
}

function testMethods({ test, backend, reference, isSlow }: Suite): void {
  // All of them show each term too, and the gradients of each loss have tests of their own.
  const tried = isSlow ? ["all of them"] : Object.keys(methods);
  for (const name of tried) {
    const method = methods[name]!;
    test(`a training step is the same as on another backend: ${name}`, async () => {
      const expected = reference(() => stepOf(method));
      const { terms, params, buffers, loss, correct, correct5 } = await backend.use(stepOf)(method);
      assertEquals(Object.keys(terms), Object.keys(expected.terms));
      for (const [term, value] of Object.entries(terms)) {
        assertClose(value, expected.terms[term]!, { rtol: 2e-4, atol: 1e-9 }, term);
      }
      assertClose(loss, expected.loss, { rtol: 2e-4 }, "loss");
      assertClose(correct, expected.correct, {}, "correct");
      assertClose(correct5, expected.correct5, {}, "correct5");
      for (const [key, tensor] of Object.entries(buffers)) {
        assertClose(tensor, expected.buffers[key]!, { ofMax: 5e-4, atol: 1e-7 }, `buffer ${key}`);
      }
      for (const [key, tensor] of Object.entries(params)) {
        assertClose(tensor, expected.params[key]!, { ofMax: 1e-4, atol: 1e-6 }, key);
      }
    });
  }

  test("an evaluation and the terms' gradients are the same as on another backend", async () => {
    const run = () => {
      const { options, params, scalars } = setUp({ alpha: 0.9, beta: 100 });
      return {
        evaluation: evalStep(student)(params, batch()),
        norms: termGradientNorms(options)(params, batch(), scalars),
      };
    };
    const expected = reference(run);
    const { evaluation, norms } = await backend.use(run)();
    for (const [key, value] of Object.entries(evaluation)) {
      const wanted = expected.evaluation[key as keyof typeof evaluation];
      assertClose(value, wanted!, { rtol: 1e-4 }, key);
    }
    for (const [key, value] of Object.entries(norms)) {
      assertClose(value, expected.norms[key]!, { rtol: 2e-4 }, key);
    }
  });
}

function testRecipe({ test, backend, reference }: Suite): void {
  test("a training step of a recipe is the same as on another backend", async () => {
    const expected = reference(recipeStep);
    const { loss, correct, params, average } = await backend.use(recipeStep)();
    assertClose(loss, expected.loss, { rtol: 2e-4 }, "loss");
    assertClose(correct, expected.correct, {}, "correct");
    for (const [key, tensor] of Object.entries(params)) {
      assertClose(tensor, expected.params[key]!, { ofMax: 1e-4, atol: 1e-6 }, key);
      assertClose(average[key]!, expected.average[key]!, { ofMax: 1e-4, atol: 1e-6 }, key);
    }
  });
}

function testPyTorchSteps({ test, backend }: Suite): void {
  test("three steps of attention transfer and distillation are PyTorch's", async () => {
    const fixture = await readFixture("train_steps");
    const training = JSON.parse(fixture.metadata["training"] ?? "{}");
    const model = wideResNet({ depth: 10, width: 1, numClasses });
    const wide = wideResNet({ depth: 10, width: 2, numClasses });
    const teacherParams = toTensors((await readFixture("wide_resnet_10_2")).under("params"));
    const { momentum, weightDecay, temperature, alpha } = training;
    const optimizer = sgd({ momentum, weightDecay });
    const step = backend.use(trainStep({
      model,
      optimizer,
      teacher: ({ images }) => wide.f(images, teacherParams, "eval"),
      loss: ({ student: { logits, groups }, batch: { labels }, teacher }) => {
        assert(teacher);
        return {
          distillation: distillationLoss(logits, teacher.logits, labels, { temperature, alpha }),
          attention: {
            value: attentionTransferLoss(groups, teacher.groups),
            weight: training.beta,
          },
        };
      },
    }));
    let state = startState(toTensors(fixture.under("step0")), optimizer);
    for (const [i, rate] of training.lr.entries()) {
      const batch = {
        images: toTensor<tf.Rank.R4>(fixture.get(`batches/${i + 1}/images`)),
        labels: toTensor<tf.Rank.R1>(fixture.get(`batches/${i + 1}/labels`)),
      };
      const result = await step(state, batch, { rate: tf.scalar(rate) });
      state = result.state;
      assertClose(result.loss, fixture.get(`losses/${i + 1}/total`), { rtol: 1e-4 }, `loss ${i}`);
      for (const [key, values] of Object.entries(fixture.under(`step${i + 1}`))) {
        assertClose(state.params[key]!, values, { ofMax: 5e-5, atol: 1e-9 }, `${key}, step ${i}`);
      }
    }
  });
}

function testNonFinite({ test, backend }: Suite): void {
  test("a step that is not finite is skipped", async () => {
    const run = (value: number) => {
      const { options, params, scalars } = setUp({});
      const step = trainStep({ ...options, optimizer, skipsNonFinite: true });
      const { images, labels } = batch();
      const spoiled = { images: tf.mul(images, value) as tf.Tensor4D, labels };
      const { state, skipped } = step(startState(params, optimizer), spoiled, scalars);
      const change = tf.sub(state.params["conv0"] as tf.Tensor, params["conv0"] as tf.Tensor);
      return { skipped: skipped as tf.Tensor, change: tf.sum(tf.abs(change)) };
    };
    for (const value of [NaN, Infinity]) {
      const { skipped, change } = await backend.use(run)(value);
      assertEquals([skipped.dataSync()[0], change.dataSync()[0]], [1, 0], String(value));
    }
    const { skipped, change } = await backend.use(run)(1);
    assertEquals(skipped.dataSync()[0], 0);
    assert((change.dataSync()[0] as number) > 0);
  });
}
