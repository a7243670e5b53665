/**
 * Calls that ended the process, hung, or gave wrong numbers before the engine stood in their way; run as
 * a program of its own, which prints a line for each: its name and what came of it.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { jit } from "../../../lib/jit/jit.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import type { Precision } from "../../../lib/jit/tracing_backend.ts";

await useTensorFlow({ gpu: false });

/** Ones, held by TensorFlow. */
function ones(...shape: number[]): tf.Tensor4D {
  return tf.tidy(() => tf.add(tf.zeros(shape), 1)) as tf.Tensor4D;
}

/** Runs `f` as it is, and compiled. */
function both(
  f: (...inputs: tf.Tensor4D[]) => tf.Tensor | tf.Tensor[],
  inputs: () => tf.Tensor4D[],
  precision: Precision = "float32",
): Record<string, () => unknown> {
  return {
    eager: () => f(...inputs()),
    compiled: () => jit(f, { precision })(...inputs()),
  };
}

const run = (name: string, inputs: tf.NamedTensorMap, attrs: object = {}) =>
  tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap) as tf.Tensor;
const window = { filterSize: 2, strides: 2, pad: "same" };

const cases: Record<string, Record<string, () => unknown>> = {
  "2^80 elements and none": both(
    (x) => tf.add(x, 1),
    () => [tf.tensor([], [2 ** 40, 2 ** 40, 0]) as unknown as tf.Tensor4D],
  ),
  "2^63 elements": both(
    (x) => tf.add(x, 1),
    () => [tf.tensor([], [2 ** 63, 0]) as unknown as tf.Tensor4D],
  ),
  "255 dimensions": both(
    (x) => tf.relu(x),
    () => [tf.tensor([1], Array<number>(255).fill(1) as [number]) as unknown as tf.Tensor4D],
  ),
  "constant of 2^80 elements": both(
    (x) => tf.add(x, tf.tensor([], [2 ** 40, 2 ** 40, 0])),
    () => [ones(1)],
  ),
  "fill 2^38": both(() => tf.fill([2 ** 38], 1), () => []),
  "oneHot 2^40": both(() => tf.oneHot(tf.tensor1d([1], "int32"), 2 ** 40), () => []),
  "tile by a half": both((x) => run("Tile", { x: x! }, { reps: [0.5] }), () => [ones(3)]),
  "pooled gradient of no images": both(
    (x) => tf.grad((x) => tf.sum(tf.maxPool(x as tf.Tensor4D, 3, 2, "same")))(x!),
    () => [ones(0, 4, 4, 2)],
  ),
  "pooled gradient of no images in bfloat16": both(
    (x, f) =>
      tf.grad((x) => tf.sum(tf.maxPool(tf.conv2d(x as tf.Tensor4D, f!, 1, "same"), 3, 2, "same")))(
        x!,
      ),
    () => [ones(0, 4, 4, 2), ones(3, 3, 2, 4)],
    "bfloat16",
  ),
  "pool by 1e9": both((x) => tf.maxPool(x!, 1e9, 2, "same"), () => [ones(1, 4, 4, 2)]),
  "pool with strides of 2^62": both((x) => tf.maxPool(x!, 1, 2 ** 62, 0), () => [ones(1, 4, 4, 2)]),
  "convolution with strides of 2^62": both(
    (x, f) => tf.conv2d(x!, f!, 2 ** 62, 0),
    () => [ones(1, 4, 4, 2), ones(1, 1, 2, 3)],
  ),
  "gradient of a pool from less": both(
    (dy, input) => run("AvgPoolGrad", { dy: dy!, input: input! }, window),
    () => [ones(1, 1, 1, 2), ones(1, 4, 4, 2)],
  ),
  "convolution of no images": both(
    (x, f) => tf.conv2d(x!, f!, 1, "same"),
    () => [ones(0, 5, 5, 3), ones(3, 3, 3, 4)],
  ),
  "depthwise convolution of no images": both(
    (x, f) => tf.depthwiseConv2d(x!, f!, 1, "same"),
    () => [ones(0, 5, 5, 3), ones(3, 3, 3, 2)],
  ),
  "convolution in three dimensions of no images": both(
    (x, f) => tf.conv3d(x as unknown as tf.Tensor5D, f as unknown as tf.Tensor5D, 1, "same"),
    () => [ones(0, 5, 5, 5, 3), ones(3, 3, 3, 3, 4)],
  ),
  "filter larger than the image": both(
    (x, f) => tf.conv2d(x!, f!, 1, "valid"),
    () => [ones(2, 2, 2, 3), ones(3, 3, 3, 4)],
  ),
  "gradient of a filter larger than the image in three dimensions": both(
    (x, f) =>
      tf.grad((x) => tf.sum(tf.conv3d(x as tf.Tensor5D, f as unknown as tf.Tensor5D, 3, "valid")))(
        x!,
      ),
    () => [ones(1, 1, 1, 1, 1), ones(1, 1, 3, 1, 2)],
  ),
  "gradient of no filters in three dimensions": both(
    (x, f) =>
      tf.grad((x) => tf.sum(tf.conv3d(x as tf.Tensor5D, f as unknown as tf.Tensor5D, 1, "same")))(
        x!,
      ),
    () => [ones(2, 2, 2, 1, 3), ones(2, 3, 3, 3, 0)],
  ),
  "transposed convolution of no filters in three dimensions": both(
    (x, f) =>
      tf.conv3dTranspose(
        x as unknown as tf.Tensor5D,
        f as unknown as tf.Tensor5D,
        [2, 2, 2, 1, 3],
        1,
        "same",
      ),
    () => [ones(2, 2, 2, 1, 0), ones(2, 3, 3, 3, 0)],
  ),
  "clip of integers without a limit": both(
    (x) => tf.clipByValue(tf.cast(x!, "int32"), 1, Infinity),
    () => [ones(1, 1, 1, 3)],
  ),
  "prelu of infinity": both(
    (x) => tf.prelu(tf.div(x!, 0), tf.scalar(0.3)),
    () => [ones(1, 1, 1, 2)],
  ),
  "dilation beyond the image in bfloat16": both(
    (x, f) => tf.conv2d(x!, f!, 1, "same", "NHWC", 8),
    () => [ones(1, 4, 4, 1), ones(2, 2, 1, 1)],
    "bfloat16",
  ),
  "one column of one channel": both(
    (x, f) => tf.conv2d(x!, f!, [1, 2], "valid"),
    () => [
      tf.tidy(() => tf.reshape(tf.add(tf.range(0, 16), 0), [1, 4, 4, 1])) as tf.Tensor4D,
      ones(3, 3, 1, 1),
    ],
  ),
  "one column of one channel in three dimensions": both(
    (x, f) =>
      tf.conv3d(x as unknown as tf.Tensor5D, f as unknown as tf.Tensor5D, [1, 1, 3], "valid"),
    () => [
      tf.tidy(() =>
        tf.reshape(tf.add(tf.range(0, 20), 0), [1, 1, 4, 5, 1])
      ) as unknown as tf.Tensor4D,
      ones(1, 1, 3, 1, 1),
    ],
  ),
  "sum by an index of no operand": both(
    (x, y) => tf.einsum("ij,jk->ikz", x!, y!),
    () => [ones(1, 1), ones(1, 4)],
  ),
  // TensorFlow waits ten seconds for memory to be freed.
  "a terabyte": {
    compiled: () => jit((x: tf.Tensor) => tf.tile(x, [2 ** 19, 2 ** 19]))(ones(1, 1)),
  },
  "a failed op and then a capture": {
    eager: async () => {
      const x = ones(2);
      const fails = () => run("MaxPool", { x: ones(1, 4, 4, 2) }, { ...window, filterSize: -1 });
      if (!(await resultOf(fails)).startsWith("TensorFlowError")) {
        throw new Error("it did not fail");
      }
      return await jit((y: tf.Tensor) => tf.add(x, y))(x);
    },
  },
};

async function resultOf(f: () => unknown): Promise<string> {
  try {
    const result = await f() as tf.Tensor;
    return `${result.dtype}[${result.shape}] ${result.dataSync().slice(0, 4)}`;
  } catch (error) {
    return `${(error as Error).constructor.name}: ${(error as Error).message}`;
  }
}

for (const [name, ways] of Object.entries(cases)) {
  for (const [way, f] of Object.entries(ways)) {
    console.log(`${name}, ${way}: ${await resultOf(f)}`);
  }
}
