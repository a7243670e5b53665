/**
 * Gradients by the images and the losses between them: against PyTorch and finite differences.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { crossEntropy } from "../../../lib/losses/cross_entropy.ts";
import {
  gradientAttentionLoss,
  gradientSymmetryLoss,
  inputGradient,
} from "../../../lib/losses/gradient.ts";
import { filterParams, isTrainable, type Tensors } from "../../../lib/params.ts";
import { withInputGradient } from "../../../lib/train/gradients.ts";
import { Initializer } from "../../../models/init.ts";
import { batchNorm, conv2d, linear } from "../../../models/layers.ts";
import type { Mode, Model } from "../../../models/model.ts";
import { globalAveragePool } from "../../../models/pooling.ts";
import { spatialGroupEnhance } from "../../../models/spatial_group_enhance.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { backends } from "../../backends.ts";
import { assertClose, assertParity, readFixture, toTensor, toTensors } from "../../parity.ts";
import { long } from "../../long.ts";
import { testCases, tolerances } from "./loss_parity.ts";

const close = tolerances.value;
const fixture = await readFixture("gradient_methods");
const studentParams = (await readFixture("wide_resnet_10_1")).under("params");
const teacherParams = (await readFixture("wide_resnet_10_2")).under("params");
const student = wideResNet({ depth: 10, width: 1, numClasses: 10 });
const teacher = wideResNet({ depth: 10, width: 2, numClasses: 10 });

const losses = {
  gradientAttentionLoss: { loss: gradientAttentionLoss, inputs: ["student", "teacher"] },
  gradientSymmetryLoss: { loss: gradientSymmetryLoss, inputs: ["gradient", "gradientOfFlipped"] },
};

function batch(): { images: tf.Tensor4D; labels: tf.Tensor1D } {
  return {
    images: toTensor<tf.Rank.R4>(fixture.get("batches/1/images")),
    labels: toTensor<tf.Rank.R1>(fixture.get("batches/1/labels")),
  };
}

/** The gradient of a network's cross entropy by the images. */
function gradientOf(
  { f }: Pick<Model, "f">,
  params: Tensors,
  mode: Mode,
  images: tf.Tensor4D,
  labels: tf.Tensor1D,
): tf.Tensor4D {
  return inputGradient((x) => crossEntropy(f(x, params, mode).logits, labels), images);
}

/** A loss of gradients by the student's parameters: its value, and its gradients by them. */
function secondOrder(
  params: Tensors,
  loss: (params: Tensors) => tf.Scalar,
): { value: tf.Tensor; gradients: Tensors } {
  const trainable = filterParams(params, isTrainable);
  const keys = Object.keys(trainable);
  const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) =>
    loss({ ...params, ...Object.fromEntries(keys.map((key, i) => [key, tensors[i]!])) })
  )(Object.values(trainable));
  return { value, gradients: Object.fromEntries(keys.map((key, i) => [key, grads[i]!])) };
}

/** A layer of each kind, and smooth. */
function smoothLoss(x: tf.Tensor4D, params: Tensors): tf.Scalar {
  const y = batchNorm(conv2d(x, params.conv as tf.Tensor4D, 2), params, "bn", "train", {});
  const weight = params["sge.weight"] as tf.Tensor1D;
  const gated = spatialGroupEnhance(y, weight, params["sge.bias"] as tf.Tensor1D, 2);
  const pooled = globalAveragePool(tf.mul(gated, tf.square(gated)));
  return crossEntropy(linear(pooled, params, "fc"), tf.tensor1d([0, 2, 1, 2], "int32"));
}

function smoothParams(): Tensors {
  const first = new Initializer(2);
  first.conv("conv", 3, 4, 3);
  first.batchNorm("bn", 4, "ones");
  first.linear("fc", 4, 3);
  return { ...first.params, "sge.weight": tf.tensor1d([1, -1]), "sge.bias": tf.tensor1d([0.5, 1]) };
}

for (const [label, { loss, inputs }] of Object.entries(losses)) {
  await testCases(label, "gradient_methods", 2, (use) => {
    const run = use((...tensors: tf.Tensor4D[]) => {
      const f = (...[a, b]: tf.Tensor[]) => loss(a as tf.Tensor4D, b as tf.Tensor4D);
      const { value, grads } = tf.valueAndGrads(f)(tensors);
      return { value, gradients: { [inputs[0]!]: grads[0]!, [inputs[1]!]: grads[1]! } };
    });
    return (values) => run(...inputs.map((input) => toTensor<tf.Rank.R4>(values[input]!)));
  });
}

for (const { name, tfjs, use } of backends) {
  const test = tfjs === "cpu" ? long.test : Deno.test;
  Deno.test(`inputGradient() is PyTorch's, of both modes (${name})`, async () => {
    const run = use((own: Tensors, other: Tensors, images: tf.Tensor4D, labels: tf.Tensor1D) => ({
      student: gradientOf(student, own, "train", images, labels),
      flipped: gradientOf(student, own, "train", tf.reverse(images, 2), labels),
      teacher: gradientOf(teacher, other, "eval", images, labels),
    }));
    const { images, labels } = batch();
    const gradients = await run(toTensors(studentParams), toTensors(teacherParams), images, labels);
    for (const [key, expected] of Object.entries(fixture.under("secondOrder/inputGradient"))) {
      assertClose(gradients[key as keyof typeof gradients], expected, close, key);
    }
  });

  test(`losses of inputGradient() have PyTorch's gradients by every parameter (${name})`, async () => {
    const { images, labels } = batch();
    const target = toTensor<tf.Rank.R4>(fixture.get("secondOrder/inputGradient/teacher"));
    const terms: Record<
      string,
      (params: Tensors, images: tf.Tensor4D, labels: tf.Tensor1D) => tf.Scalar
    > = {
      gradientAttention: (params, images, labels) =>
        gradientAttentionLoss(gradientOf(student, params, "train", images, labels), target),
      gradientSymmetry: (params, images, labels) =>
        gradientSymmetryLoss(
          gradientOf(student, params, "train", images, labels),
          gradientOf(student, params, "train", tf.reverse(images, 2), labels),
        ),
    };
    for (const [label, term] of Object.entries(terms)) {
      const run = use((params: Tensors, images: tf.Tensor4D, labels: tf.Tensor1D) =>
        secondOrder(params, (params) => term(params, images, labels))
      );
      const key = `secondOrder/${label}`;
      assertParity(
        await run(toTensors(studentParams), images, labels),
        { value: fixture.get(`${key}/value`), gradients: fixture.under(`${key}/gradients`) },
        { value: { rtol: 1e-4 }, gradients: { ofMax: 3e-5, atol: 1e-9 } },
        label,
      );
    }
  });

  // Of a network without relu: where its gradient jumps, differences are no derivatives.
  Deno.test(`losses of inputGradient() agree with finite differences (${name})`, async () => {
    const params = smoothParams();
    const keys = Object.keys(params).filter(isTrainable);
    const images: tf.Tensor4D = tf.randomNormal([4, 9, 8, 3], 0, 1, "float32", 3);
    const run = use((params: Tensors, images: tf.Tensor4D, directions: Tensors) => {
      const at = (...values: tf.Tensor[]) => {
        const changed = Object.fromEntries(keys.map((key, i) => [key, values[i]!]));
        const J = inputGradient((x) => smoothLoss(x, { ...params, ...changed }), images);
        return gradientAttentionLoss(J, tf.zerosLike(J));
      };
      const values = keys.map((key) => params[key]!);
      const change = (sign: number) =>
        at(...keys.map((key) => tf.add(params[key]!, tf.mul(directions[key]!, sign))));
      const along = tf.grads(at)(values)
        .map((gradient, i) => tf.sum(tf.mul(gradient, directions[keys[i]!]!)));
      return {
        expected: tf.div(tf.sub(change(1), change(-1)), 2),
        actual: along.reduce((a, b) => tf.add(a, b)),
        size: at(...values),
      };
    });
    const still = Object.fromEntries(keys.map((key) => [key, tf.zerosLike(params[key]!)]));
    for (const key of keys) {
      const direction = tf.randomNormal(params[key]!.shape, 0, 0.005, "float32", 4);
      const results = await run(params, images, { ...still, [key]: direction });
      const [expected, actual, size] = Object.values(results).map((x) => x.dataSync()[0]!);
      assert(Math.abs(expected!) > 1e-4 * size!, `${key} has hardly any effect: ${expected}`);
      assertAlmostEquals(actual!, expected!, 0.02 * Math.abs(expected!), key);
    }
  });

  Deno.test(`gradientSymmetryLoss() is the same for an input and its mirror image (${name})`, async () => {
    const { images, labels } = batch();
    const run = use((params: Tensors, images: tf.Tensor4D, labels: tf.Tensor1D) => {
      const flipped = tf.reverse(images, 2);
      const [J, ofFlipped] = [images, flipped].map((x) =>
        gradientOf(student, params, "train", x, labels)
      );
      return [gradientSymmetryLoss(J!, ofFlipped!), gradientSymmetryLoss(ofFlipped!, J!)];
    });
    const [loss, mirrored] = await run(toTensors(studentParams), images, labels);
    assertClose(mirrored!, loss!, { rtol: 1e-5 }, "mirrored");
  });
}

Deno.test("inputGradient() inside of a gradient takes what the tape holds", () => {
  tf.setBackend("tensorflow");
  const x = tf.tensor4d([1, -2, 3, 4], [1, 2, 2, 1]);
  const [ofTape, ofX] = [(loss: tf.Scalar) => () => loss, () => cube].map((pick) =>
    tf.grad((x) => {
      const images = x as tf.Tensor4D;
      return tf.sum(tf.square(inputGradient(pick(cube(images)), images)));
    })(x)
  );
  function cube(x: tf.Tensor4D): tf.Scalar {
    return tf.sum(tf.mul(x, tf.square(x)));
  }
  // The loss is sum (3 x^2)^2, its gradient 36 x^3.
  assertClose(ofTape!, { shape: x.shape, data: Float32Array.of(36, -288, 972, 2304) }, close, "");
  assertClose(ofTape!, ofX!, close, "");
});

Deno.test("withInputGradient() gives the output and its gradient from one forward pass", () => {
  tf.setBackend("tensorflow");
  const params = toTensors(teacherParams);
  const { images, labels } = batch();
  const both = withInputGradient((x) => teacher.f(x, params, "eval"), { images, labels });
  const { logits, groups } = teacher.f(images, params, "eval");
  assertClose(both.logits, logits, close, "logits");
  assertEquals(both.groups.length, 3);
  groups.forEach((group, i) => assertClose(both.groups[i]!, group, close, `group ${i}`));
  const expected = fixture.get("secondOrder/inputGradient/teacher");
  assertClose(both.inputGradient!, expected, close, "gradient");
});

Deno.test("the losses of gradients refuse shapes that differ, and what is no scalar", () => {
  tf.setBackend("tensorflow");
  const [a, b]: tf.Tensor4D[] = [tf.zeros([2, 4, 4, 3]), tf.zeros([2, 4, 3, 3])];
  for (const { loss } of Object.values(losses)) {
    assertThrows(() => loss(a!, b!), TypeError, "[2,4,4,3] and [2,4,3,3]");
  }
  const notScalar = (x: tf.Tensor4D) => tf.square(x) as unknown as tf.Scalar;
  assertThrows(() => inputGradient(notScalar, a!), TypeError, "it must be a scalar");
});
