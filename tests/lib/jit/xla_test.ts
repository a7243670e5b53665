/**
 * Functions that XLA compiles: they equal those that run op by op, in values and gradients.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { typeAttr } from "../../../lib/tensorflow/attributes.ts";
import { DataType } from "../../../lib/tensorflow/data_types.ts";
import { jit, type JitOptions } from "../../../lib/jit/jit.ts";
import { forXla } from "../../../lib/jit/xla.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { attentionTransferLoss } from "../../../lib/losses/attention.ts";
import { crossEntropy } from "../../../lib/losses/cross_entropy.ts";
import { filterParams, isTrainable, type Tensors } from "../../../lib/params.ts";
import { valueAndGradients } from "../../../lib/train/gradients.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { long } from "../../long.ts";
import { assertClose } from "../../parity.ts";
import { node } from "./nodes.ts";

await useTensorFlow({ gpu: false });

Deno.test("jit() by XLA gives what it gives op by op", async () => {
  const f = (x: tf.Tensor4D, w: tf.Tensor4D, b: tf.Tensor1D) => {
    const y = tf.relu(tf.add(tf.conv2d(x, w, 2, "same"), b));
    return { y, norms: tf.norm(tf.reshape(y, [2, -1]), "euclidean", 1), sum: tf.sum(y) };
  };
  const args = [
    tf.randomNormal([2, 6, 6, 3], 0, 1, "float32", 1),
    tf.randomNormal([3, 3, 3, 4], 0, 1, "float32", 2),
    tf.randomNormal([4], 0, 1, "float32", 3),
  ] as [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D];
  const [right, found] = [await jit(f)(...args), await jit(f, { xla: true })(...args)];
  for (const key of ["y", "norms", "sum"] as const) {
    assertClose(found[key], right[key], { ofMax: 1e-6 }, key);
  }
});

Deno.test("jit() by XLA is compiled by it: an op that it lacks is refused", async () => {
  const crop = (images: tf.Tensor4D, boxes: tf.Tensor2D, of: tf.Tensor1D) =>
    tf.image.cropAndResize(images, boxes, of, [2, 2]);
  const args: Parameters<typeof crop> = [
    tf.ones([1, 4, 4, 1]),
    tf.tensor2d([[0, 0, 1, 1]]),
    tf.tensor1d([0], "int32"),
  ];
  assertEquals((await jit(crop)(...args)).shape, [1, 2, 2, 1]);
  await assertRejects(() => jit(crop, { xla: true })(...args), Error, "CropAndResize");
});

Deno.test("jit() refuses an xla that is no boolean", () => {
  const options = { xla: "yes" } as unknown as JitOptions;
  assertThrows(() => jit((x: tf.Tensor) => x, options), TypeError, "true or false");
});

Deno.test("forXla() composes a norm of a square, a sum and a root, and moves what follows", () => {
  const norm = {
    ...node("EuclideanNorm", [0, 1]),
    attrs: [typeAttr("T", DataType.float32), typeAttr("Tidx", DataType.int32)],
  };
  const { nodes, inputs, outputs } = forXla({
    nodes: [node("Placeholder"), node("Const"), norm, node("Relu", [2])],
    inputs: [0],
    outputs: [{ node: 3, output: 0 }, { node: 2, output: 0 }],
  });
  assertEquals(nodes.map(({ op, inputs }) => `${op}(${inputs.map(({ node }) => node)})`), [
    ...["Placeholder()", "Const()", "Square(0)", "Sum(2,1)", "Sqrt(3)", "Relu(4)"],
  ]);
  assertEquals(nodes[3]?.attrs, norm.attrs);
  assertEquals([inputs, outputs.map(({ node }) => node)], [[0], [5, 4]]);
});

long.test("jit() by XLA gives the gradients of a step with attention transfer", async () => {
  const model = wideResNet({ depth: 10, width: 0.5, numClasses: 10 });
  const [params, taught] = [model.init(0), model.init(1)];
  const images: tf.Tensor4D = tf.randomNormal([4, 8, 8, 3], 0, 1, "float32", 4);
  const labels = tf.tensor1d([0, 1, 2, 3], "int32");
  const gradients = (params: Tensors, taught: Tensors, images: tf.Tensor4D) => {
    const teacher = model.f(images, taught, "eval").groups;
    return valueAndGradients((trained: Tensors) => {
      const { logits, groups } = model.f(images, { ...params, ...trained }, "train");
      return {
        loss: tf.add<tf.Scalar>(
          crossEntropy(logits, labels),
          attentionTransferLoss(groups, teacher),
        ),
        extras: {},
      };
    }, filterParams(params, isTrainable));
  };
  const right = await jit(gradients)(params, taught, images);
  const found = await jit(gradients, { xla: true })(params, taught, images);
  assertClose(found.loss, right.loss, { ofMax: 1e-5 }, "loss");
  for (const [key, gradient] of Object.entries(right.gradients)) {
    assertClose(found.gradients[key]!, gradient, { ofMax: 1e-4 }, key);
  }
});
