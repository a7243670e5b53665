/**
 * Gradients of basic ops, beside finite differences, where tfjs has registered none of its own.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals } from "@std/assert";
import { basic } from "../../../lib/autodiff/basic.ts";
import { correctGradients } from "../../../lib/autodiff/correct_gradients.ts";
import type { Backend } from "../../backends.ts";
import { errorsOf } from "./finite_differences.ts";

tf.setBackend("cpu");
for (const { kernelName } of basic) tf.unregisterGradient(kernelName);
correctGradients();

type F = (...inputs: tf.Tensor[]) => tf.Tensor;

const a = tf.tensor2d([[1.5, -0.7, 2.2], [0.4, -1.9, 0.8]]);
const b = tf.tensor1d([0.6, -1.2, 1.7]);
const positive = tf.add(tf.abs(a), 0.5);
const square = tf.tensor2d([[0.3, -0.8, 1.1], [0.9, 0.2, -0.4], [-1.3, 0.7, 0.5]]);
const wide = tf.tensor2d([[0.3, -0.8, 1.1], [0.9, 0.2, -0.4]]);
const indices = tf.tensor1d([2, 0, 2], "int32");
const condition = tf.tensor2d([[1, 0, 1], [0, 0, 1]], [2, 3], "bool");
const images = tf.reshape(tf.sin(tf.mul(tf.range(0, 32), 7.3)), [1, 4, 4, 2]);

/** Calls by kernel; the ops whose value changes in steps are in sums, for a gradient to be there. */
const calls: Record<string, [f: F, ...inputs: tf.Tensor[]][]> = {
  Add: [[tf.add as F, a, b], [tf.add as F, b, a]],
  AddN: [[(...x) => tf.addN(x), a, wide]],
  BatchMatMul: [
    [(x, y) => tf.matMul(x, y), a, square],
    [(x, y) => tf.matMul(x, y, false, true), a, square],
    [(x, y) => tf.matMul(x, y, true, false), a, wide],
    [(x, y) => tf.matMul(x, y, true, true), a, tf.tensor2d([[0.3, 0.1], [0.5, -0.9], [1, 2]])],
    [(x, y) => tf.matMul(tf.stack([x, x]), y), a, tf.reshape(square, [1, 3, 3])],
  ],
  BroadcastTo: [[(x) => tf.broadcastTo(x, [2, 3]), b]],
  Cast: [[(x) => tf.cast(x, "float32"), a]],
  ClipByValue: [[(x) => tf.clipByValue(x, -1, 1), a]],
  Concat: [[(x, y) => tf.concat([x, y], 0), a, square], [(x, y) => tf.concat([x, y], -1), a, wide]],
  Exp: [[tf.exp as F, a]],
  ExpandDims: [[(x) => tf.expandDims(x, 1), a]],
  GatherV2: [
    [(x) => tf.gather(x, indices, 1), a],
    [(x) => tf.gather(x, tf.tensor2d([[1, 0], [1, 1]], [2, 2], "int32")), a],
  ],
  Identity: [[(x) => tf.clone(x), a]],
  LeakyRelu: [[(x) => tf.leakyRelu(x, 0.3), a]],
  Log: [[tf.log as F, positive]],
  MaxPool: [[(x) => tf.maxPool(x as tf.Tensor4D, 2, 2, "valid"), images]],
  Multiply: [[tf.mul as F, a, b], [tf.mul as F, b, a]],
  Neg: [[tf.neg as F, a]],
  OneHot: [[(x) => tf.add(x, tf.oneHot(indices, 3)), square]],
  OnesLike: [[(x) => tf.add(x, tf.onesLike(x)), a]],
  Pack: [[(x, y) => tf.stack([x, y], 1), a, wide]],
  PadV2: [[(x) => tf.pad(x, [[1, 0], [0, 2]]), a]],
  RealDiv: [[tf.div as F, a, tf.abs(b)], [tf.div as F, b, positive]],
  Reciprocal: [[tf.reciprocal as F, positive]],
  Relu: [[tf.relu as F, a]],
  Relu6: [[(x) => tf.relu6(tf.mul(x, 3)), a]],
  Reshape: [[(x) => tf.reshape(x, [3, 2]), a]],
  Reverse: [[(x) => tf.reverse(x, 1), a]],
  Rsqrt: [[tf.rsqrt as F, positive]],
  Select: [[(x, y) => tf.where(condition, x, y), a, wide]],
  Sigmoid: [[tf.sigmoid as F, a]],
  Sign: [[(x) => tf.mul(x, tf.sign(x)), a]],
  Slice: [[(x) => tf.slice(x, [0, 1], [2, -1]), a]],
  Softmax: [[(x) => tf.softmax(x), a]],
  Softplus: [[tf.softplus as F, a]],
  Sqrt: [[tf.sqrt as F, positive]],
  Square: [[tf.square as F, a]],
  Step: [[(x) => tf.mul(x, tf.step(x)), a]],
  Sub: [[tf.sub as F, a, b], [tf.sub as F, b, a]],
  Tanh: [[tf.tanh as F, a]],
  Transpose: [[(x) => tf.transpose(x as tf.Tensor4D, [2, 0, 3, 1]), images]],
  ZerosLike: [[(x) => tf.add(x, tf.zerosLike(x)), a]],
};

const backend: Backend = {
  name: "plain JavaScript",
  tfjs: "cpu",
  use: (f) => async (...args): Promise<Awaited<ReturnType<typeof f>>> => await f(...args),
};

Deno.test("basic gradients: each op has calls to try", () => {
  assertEquals(Object.keys(calls).sort(), basic.map(({ kernelName }) => kernelName).sort());
});

for (const [kernelName, tries] of Object.entries(calls)) {
  Deno.test(`basic gradients: ${kernelName} is as finite differences, twice`, async () => {
    const own = basic.find((config) => config.kernelName === kernelName);
    assertEquals(tf.getGradient(kernelName), own);
    for (const [f, ...inputs] of tries) {
      const { first, second } = await errorsOf({ f, inputs, about: kernelName }, backend);
      assert(first < 1e-3 && second < 1e-2, `${kernelName}: off by ${first} and ${second}`);
    }
  });
}

Deno.test("basic gradients: a gather in batches is refused", () => {
  const x = tf.ones([2, 3]);
  const f = (x: tf.Tensor) => tf.gather(x, tf.tensor2d([[0], [1]], [2, 1], "int32"), 1, 1);
  let message = "";
  try {
    tf.grad(f)(x);
  } catch (error) {
    message = (error as Error).message;
  }
  assertEquals(message, "Cannot take the gradient of a gather in batches");
});

Deno.test("gradients of sums and means of nothing have the shape of what was summed", () => {
  const ofSum = tf.grad((x) => tf.sum(x));
  const ofMean = tf.grad((x) => tf.sum(tf.mean(x, 1, true)));
  for (const shape of [[0], [0, 3], [2, 0, 4], [1, 0, 0, 1]]) {
    assertEquals(ofSum(tf.zeros(shape)).shape, shape);
    if (shape.length > 1) assertEquals(ofMean(tf.zeros(shape)).shape, shape);
  }
});

Deno.test("gradients of products along an axis, and of what is broadcast, are there for nothing too", () => {
  const ofProduct = tf.grad((x) => tf.sum(tf.prod(x, 1)));
  assertEquals(ofProduct(tf.zeros([0, 3])).shape, [0, 3]);
  const none = tf.zeros([2, 0]);
  for (const op of [tf.mul, tf.pow, tf.maximum, tf.squaredDifference]) {
    const gradient = tf.grad((x) => tf.sum(op(none, x)))(tf.ones([1]));
    assertEquals([...gradient.dataSync()], [0]);
  }
});

Deno.test("pow() has its mixed second derivative where the exponent is 0", () => {
  const byBase = (a: tf.Tensor, b: tf.Tensor) => tf.grad((a: tf.Tensor) => tf.pow(a, b))(a);
  for (const [base, mixed] of [[2, 0.5], [-4, -0.25]] as const) {
    const byBoth = tf.grad((b: tf.Tensor) => byBase(tf.scalar(base), b))(tf.scalar(0));
    assertEquals([base, byBoth.dataSync()[0]], [base, mixed]);
    assertEquals(Math.abs(byBase(tf.scalar(base), tf.scalar(0)).dataSync()[0]!), 0);
  }
  for (const base of [0, Infinity]) {
    assertEquals([...byBase(tf.scalar(base), tf.scalar(0)).dataSync()], [0]);
  }
});

Deno.test("correctGradients() corrects again what a later import of tfjs registers", () => {
  const ours = ["Abs", "BatchMatMul"].map((name) => tf.getGradient(name));
  for (const kernelName of ["Abs", "BatchMatMul"]) {
    tf.registerGradient({ kernelName, inputsToSave: ["x"], gradFunc: () => ({}) });
  }
  correctGradients();
  assertEquals(["Abs", "BatchMatMul"].map((name) => tf.getGradient(name) === undefined), [
    false,
    false,
  ]);
  assert(["Abs", "BatchMatMul"].every((name, i) => tf.getGradient(name) === ours[i]));
});
