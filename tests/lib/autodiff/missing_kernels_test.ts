/**
 * What wasm lacks or has wrong, and what is done about it.
 *
 * @module
 */
import "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { completeKernels, explainMissingKernel } from "../../../lib/autodiff/missing_kernels.ts";
import { inputGradient } from "../../../lib/losses/gradient.ts";
import { valueAndGradients } from "../../../lib/train/gradients.ts";

await tf.setBackend("wasm");
/** Of before. */
const lacked = ["Conv2DBackpropFilter", "UnsortedSegmentSum"].filter((name) =>
  tf.getKernel(name, "wasm") === undefined
);
const mean = () => tf.mean(tf.fill([1_000_000], 0.1)).dataSync()[0] as number;
const meanBefore = mean();
completeKernels();

Deno.test("completeKernels() adds what wasm lacks", () => {
  assertEquals(lacked, ["Conv2DBackpropFilter", "UnsortedSegmentSum"]);
  for (const name of lacked) assert(tf.getKernel(name, "wasm"));
});

Deno.test("completeKernels() leaves the other backends alone, and a second call does nothing", () => {
  const before = tf.getKernel("Sum", "wasm");
  completeKernels();
  assert(tf.getKernel("Sum", "wasm") === before);
  assertEquals(tf.getKernel("Sum", "cpu")?.kernelFunc === before?.kernelFunc, false);
});

Deno.test("sums and means of many numbers are exact on wasm", () => {
  // Should wasm's own become right, the replacement can go.
  assert(Math.abs(meanBefore - 0.1) > 5e-4, `${meanBefore}`);
  assert(Math.abs(mean() - 0.1) < 1e-6, `${mean()}`);
  const x = tf.fill([3, 50, 41, 2], 0.1);
  const cases: [axis: number[] | undefined, keepDims: boolean, shape: number[], sum: number][] = [
    [undefined, false, [], 1230],
    [[0, 1, 2], false, [2], 615],
    [[1, 2], true, [3, 1, 1, 2], 205],
    [[2, 1], false, [3, 2], 205],
    [[3], false, [3, 50, 41], 0.2],
    [[0, 3], true, [1, 50, 41, 1], 0.6],
    [[-3, 2], false, [3, 2], 205],
  ];
  for (const [axis, keepDims, shape, expected] of cases) {
    const count = x.size / shape.reduce((product, size) => product * size, 1);
    for (
      const [result, value] of [
        [tf.sum(x, axis, keepDims), expected],
        [tf.mean(x, axis, keepDims), expected / count],
      ] as const
    ) {
      assertEquals(result.shape, shape);
      for (const one of result.dataSync()) assert(Math.abs(one - value) < 2e-6 * value, `${one}`);
    }
  }
  assertEquals(tf.sum(tf.ones([500], "int32")).dataSync()[0], 500);
});

Deno.test("the gradient of max pooling below 0 is right on wasm", () => {
  const x = tf.tensor4d([-4, -3, -2, -1, -8, -7, -6, -5], [1, 2, 4, 1]);
  const gradient = tf.grad((x) => tf.sum(tf.maxPool(x as tf.Tensor4D, 2, 2, "valid")))(x);
  assertEquals([...gradient.dataSync()], [0, 1, 0, 1, 0, 0, 0, 0]);
});

Deno.test("completeKernels() leaves no tensor behind in training", () => {
  const x = tf.ones<tf.Rank.R4>([2, 12, 12, 3]);
  const filter = tf.ones<tf.Rank.R4>([3, 3, 3, 4]);
  const before = tf.memory().numTensors;
  const { loss, gradients } = valueAndGradients(({ filter }) => {
    const y = tf.maxPool(tf.conv2d(x, filter as tf.Tensor4D, 2, "same"), 2, 2, "valid");
    return { loss: tf.mean(y) as tf.Scalar, extras: {} };
  }, { filter });
  tf.dispose([loss, gradients]);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("a kernel that a gradient needs and a backend lacks is an error that says what to do", () => {
  const message =
    "tfjs has no kernel Einsum on its wasm backend; use other ops, or another backend";
  const product = (x: tf.Tensor) => tf.sum<tf.Scalar>(tf.einsum("ij,jk->ik", x, tf.ones([2, 2])));
  const x = tf.ones([2, 2]);
  assertThrows(
    () => valueAndGradients(({ x }) => ({ loss: product(x as tf.Tensor), extras: {} }), { x }),
    Error,
    message,
  );
  assertThrows(
    () => inputGradient((x) => product(tf.reshape(x, [2, 2])), tf.ones([1, 2, 2, 1])),
    Error,
    message,
  );
});

Deno.test("explainMissingKernel() leaves other errors as they are", () => {
  for (const error of [new RangeError("other"), "text", undefined]) {
    assert(explainMissingKernel(error) === error);
  }
});
