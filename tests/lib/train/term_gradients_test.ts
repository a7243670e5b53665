/**
 * How much each term of a loss pulls, against norms taken one by one.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import { crossEntropy } from "../../../lib/losses/cross_entropy.ts";
import { gradientSymmetryLoss, inputGradient } from "../../../lib/losses/gradient.ts";
import { filterParams, isTrainable, type Tensors } from "../../../lib/params.ts";
import type { Loss, TensorBatch } from "../../../lib/train/loss.ts";
import { termGradientNorms } from "../../../lib/train/term_gradients.ts";
import type { Model } from "../../../models/model.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { backends } from "../../backends.ts";
import { assertClose } from "../../parity.ts";
import { assertFreesAll } from "../jit/counts.ts";

/** A linear classifier of the mean pixel; its group depends on `scale` alone. */
const linear: Pick<Model, "f"> = {
  f: (images, { weight, bias, scale }) => ({
    logits: tf.add(tf.matMul(tf.mean(images, [1, 2]), weight!), bias!) as tf.Tensor2D,
    groups: [tf.mul(images, scale!) as tf.Tensor4D],
    stats: {},
  }),
};

/** Terms that depend on all parameters, on some, on the loss's own too, and on these alone. */
const loss: Loss = ({ student: { logits, groups }, batch, params: { own }, scalars }) => ({
  cross_entropy: crossEntropy(logits, batch.labels),
  logits: { value: tf.mean(tf.square(logits)), weight: 0.5 },
  group: { value: tf.mean(tf.square(groups[0]!)), weight: scalars.beta! },
  projected: { value: tf.mean(tf.square(tf.mul(logits, own!))), weight: 2 },
  own: { value: tf.sum(tf.square(own!)), weight: 3 },
  off: { value: tf.mean(tf.square(logits)), weight: 0 },
});

function linearParams(): Tensors {
  return {
    weight: tf.tensor2d([[1, 0.5], [-1, 0.25], [0.5, 2]]),
    bias: tf.tensor1d([0.5, -0.5]),
    scale: tf.tensor1d([1, 2, 3]),
    "bn.running_mean": tf.tensor1d([7]),
  };
}

/** The loss's own parameters. */
function lossParams(): { own: tf.Tensor } {
  return { own: tf.tensor1d([2, -1]) };
}

function smallBatch(): TensorBatch {
  return {
    images: tf.randomNormal([3, 8, 8, 3], 0, 1, "float32", 5),
    labels: tf.tensor1d([0, 1, 1], "int32"),
  };
}

/** The norm of the gradient of `f` by all of its parameters together. */
function normOf(f: (...params: tf.Tensor[]) => tf.Tensor, params: tf.Tensor[]): tf.Tensor {
  return tf.tidy(() =>
    tf.sqrt(tf.addN(tf.grads(f)(params).map((gradient) => tf.sum(tf.square(gradient)))))
  );
}

function assertNorms(actual: Record<string, tf.Tensor>, expected: Record<string, tf.Tensor>): void {
  assertEquals(Object.keys(actual), Object.keys(expected));
  for (const [name, norm] of Object.entries(expected)) {
    assertClose(actual[name]!, norm, { rtol: 1e-4 }, name);
  }
}

for (const { name, use } of backends) {
  Deno.test(`termGradientNorms() is the norm of each weighted term's gradient (${name})`, async () => {
    const norms = use(termGradientNorms({ model: linear, loss }));
    const [params, batch] = [linearParams(), smallBatch()];
    const { weight, bias, scale } = params;
    const { own } = lossParams();
    const logitsOf = (w: tf.Tensor, b: tf.Tensor) =>
      tf.add(tf.matMul(tf.mean(batch.images, [1, 2]), w), b) as tf.Tensor2D;
    const ofLogits = (f: (logits: tf.Tensor2D) => tf.Tensor) =>
      normOf((w, b) => f(logitsOf(w!, b!)), [weight!, bias!]);
    const expected = {
      cross_entropy: ofLogits((logits) => crossEntropy(logits, batch.labels)),
      logits: ofLogits((logits) => tf.mul(tf.mean(tf.square(logits)), 0.5)),
      group: normOf((s) => tf.mul(tf.mean(tf.square(tf.mul(batch.images, s!))), 10), [scale!]),
      projected: ofLogits((logits) => tf.mul(tf.mean(tf.square(tf.mul(logits, own))), 2)),
      own: tf.scalar(0),
      off: tf.scalar(0),
    };
    const scalars = { learningRate: tf.scalar(0.1), beta: tf.scalar(10) };
    assertNorms(await norms(params, batch, scalars, lossParams()), expected);
    const withOwn = use(termGradientNorms({ model: linear, loss, lossParams: lossParams() }));
    assertNorms(await withOwn(params, batch, scalars), expected);
  });

  Deno.test(`termGradientNorms() knows terms of the input's gradient (${name})`, async () => {
    const model = wideResNet({ depth: 10, width: 0.25, numClasses: 2 });
    const terms: Loss = ({ student, batch: { images, labels }, apply }) => {
      const ce = crossEntropy(student.logits, labels);
      const value = gradientSymmetryLoss(
        inputGradient(() => ce, images),
        inputGradient((x) => crossEntropy(apply(x).logits, labels), tf.reverse(images, 2)),
      );
      return { cross_entropy: ce, gradient_symmetry: { value, weight: 4 } };
    };
    const norms = use(termGradientNorms({ model, loss: terms }));
    const [params, batch] = [model.init(3), smallBatch()];
    const actual = await norms(params, batch, { rate: tf.scalar(0.1) });

    const trainable = filterParams(params, isTrainable);
    const ceOf = (values: tf.Tensor[], x: tf.Tensor) => {
      const trained = Object.keys(trainable).map((key, i) => [key, values[i]!]);
      const all = { ...params, ...Object.fromEntries(trained) };
      return crossEntropy(model.f(x as tf.Tensor4D, all, "train").logits, batch.labels);
    };
    const symmetry = (...values: tf.Tensor[]) => {
      const [plain, flipped] = [batch.images, tf.reverse(batch.images, 2)].map((images) =>
        tf.grad((x) => ceOf(values, x))(images) as tf.Tensor4D
      );
      return tf.mul(gradientSymmetryLoss(plain!, flipped!), 4);
    };
    const expected = {
      cross_entropy: normOf((...values) => ceOf(values, batch.images), Object.values(trainable)),
      gradient_symmetry: normOf(symmetry, Object.values(trainable)),
    };
    assertNorms(actual, expected);
  });
}

Deno.test("termGradientNorms() gives the norms alone and leaves nothing else behind", async () => {
  tf.setBackend("tensorflow");
  const norms = termGradientNorms({ model: linear, loss });
  const [params, batch] = [linearParams(), smallBatch()];
  const scalars = { learningRate: tf.scalar(0.1), beta: tf.scalar(10) };
  const own = lossParams();
  const run = () => tf.dispose(Object.values(norms(params, batch, scalars, own)));
  run(); // brings what is given to TensorFlow
  await assertFreesAll(run);
});
