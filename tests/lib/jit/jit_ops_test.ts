/**
 * A compiled function equals its ops run one by one, and both equal tfjs in plain JavaScript, in
 * values and gradients, for the ops that networks and losses are made of.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { jit } from "../../../lib/jit/jit.ts";
import { type Backend, backends } from "../../backends.ts";
import { assertParity, type Parity, type Values } from "../../parity.ts";

interface Case {
  name: string;
  /** Shapes of the inputs, which are float32 and differentiated. */
  inputs: number[][];
  f: (...inputs: never[]) => tf.Tensor;
  /** Values above 0, for ops that need them. */
  positive?: true;
  /** The op has no gradient. */
  constant?: true;
}

const ints = (values: number[]) => tf.tensor1d(values, "int32");
const image = [2, 6, 5, 3];
const filter = [3, 3, 3, 4];
const matrix = [4, 5];

const cases: Case[] = [
  ...(["same", "valid"] as const).flatMap((pad) =>
    [1, 2].map((stride): Case => ({
      name: `conv2d ${pad}, stride ${stride}`,
      inputs: [image, filter],
      f: (x: tf.Tensor4D, w: tf.Tensor4D) => tf.conv2d(x, w, stride, pad),
    }))
  ),
  {
    name: "conv2d 1x1, stride 2",
    inputs: [image, [1, 1, 3, 4]],
    f: (x: tf.Tensor4D, w: tf.Tensor4D) => tf.conv2d(x, w, 2, "valid"),
  },
  {
    name: "conv2d, bias",
    inputs: [image, filter, [4]],
    f: (x: tf.Tensor4D, w: tf.Tensor4D, b: tf.Tensor) => tf.add(tf.conv2d(x, w, 1, "same"), b),
  },
  {
    name: "conv2d, bias, relu",
    inputs: [image, filter, [4]],
    f: (x: tf.Tensor4D, w: tf.Tensor4D, b: tf.Tensor) =>
      tf.relu(tf.add(tf.conv2d(x, w, 2, "valid"), b)),
  },
  {
    name: "conv2d, bias, relu, each taken twice",
    inputs: [image, filter, [4]],
    f: (x: tf.Tensor4D, w: tf.Tensor4D, b: tf.Tensor) => {
      const y = tf.conv2d(x, w, 1, "same");
      const z = tf.add(y, b);
      return tf.addN([y, z, tf.relu(z), tf.relu(y)]);
    },
  },
  {
    name: "matMul, bias, relu",
    inputs: [[4, 3], [3, 5], [5]],
    f: (x: tf.Tensor, y: tf.Tensor, b: tf.Tensor) => tf.relu(tf.add(tf.matMul(x, y), b)),
  },
  ...[3, 4].flatMap((channels): Case[] => {
    const inputs = [[2, 6, 5, channels], [channels], [channels]];
    const norm = (x: tf.Tensor4D, offset: tf.Tensor1D, scale: tf.Tensor1D) =>
      tf.batchNorm(x, tf.fill([channels], 0.2), tf.fill([channels], 2), offset, scale, 1e-5);
    return [
      {
        name: `batchNorm, relu, ${channels} channels`,
        inputs,
        f: (...args: Parameters<typeof norm>) => tf.relu(norm(...args)),
      },
      {
        name: `batchNorm, relu and another, ${channels} channels`,
        inputs,
        f: (...args: Parameters<typeof norm>) => {
          const y = norm(...args);
          return tf.add(tf.relu(y), tf.square(y));
        },
      },
    ];
  }),
  {
    name: "pad",
    inputs: [image],
    f: (x: tf.Tensor4D) => tf.pad(x, [[0, 0], [1, 1], [2, 0], [0, 0]]),
  },
  {
    name: "pad, then conv2d, stride 2",
    inputs: [image, filter],
    f: (x: tf.Tensor4D, w: tf.Tensor4D) =>
      tf.conv2d(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), w, 2, "valid"),
  },
  ...[[false, false], [false, true], [true, false], [true, true]].map(([a, b]): Case => ({
    name: `matMul${a ? " a'" : ""}${b ? " b'" : ""}`,
    inputs: [a ? [3, 4] : [4, 3], b ? [5, 3] : [3, 5]],
    f: (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, a, b),
  })),
  ...[undefined, 0, [1], [0, 2], [1, 2, 3]].flatMap((axis): Case[] => [
    { name: `mean ${axis}`, inputs: [image], f: (x: tf.Tensor) => tf.mean(x, axis) },
    { name: `sum ${axis}`, inputs: [image], f: (x: tf.Tensor) => tf.sum(x, axis) },
    { name: `max ${axis}`, inputs: [image], f: (x: tf.Tensor) => tf.max(x, axis) },
  ]),
  { name: "mean, keepDims", inputs: [image], f: (x: tf.Tensor) => tf.mean(x, [1, 2], true) },
  { name: "softmax", inputs: [matrix], f: (x: tf.Tensor2D) => tf.softmax(x) },
  { name: "logSoftmax", inputs: [matrix], f: (x: tf.Tensor2D) => tf.logSoftmax(x) },
  { name: "relu", inputs: [image], f: (x: tf.Tensor) => tf.relu(x) },
  {
    name: "relu, differentiated twice",
    inputs: [image],
    f: (x: tf.Tensor) => tf.grad((x) => tf.sum(tf.pow(tf.relu(x), 3)))(x),
  },
  { name: "sigmoid", inputs: [matrix], f: (x: tf.Tensor) => tf.sigmoid(x) },
  { name: "exp and log", inputs: [matrix], f: (x: tf.Tensor) => tf.log(tf.add(tf.exp(x), 1)) },
  { name: "sqrt", inputs: [matrix], f: (x: tf.Tensor) => tf.sqrt(x), positive: true },
  { name: "rsqrt", inputs: [matrix], f: (x: tf.Tensor) => tf.rsqrt(x), positive: true },
  { name: "abs", inputs: [matrix], f: (x: tf.Tensor) => tf.abs(x) },
  {
    name: "pow",
    inputs: [matrix, matrix],
    f: (x: tf.Tensor, y: tf.Tensor) => tf.pow(x, y),
    positive: true,
  },
  { name: "pow 2", inputs: [matrix], f: (x: tf.Tensor) => tf.pow(x, 2) },
  {
    name: "arithmetic with broadcasting",
    inputs: [image, [3], [5, 1]],
    f: (x: tf.Tensor, y: tf.Tensor, z: tf.Tensor) =>
      tf.sub(tf.div(tf.mul(x, y), tf.add(tf.square(z), 1)), tf.neg(y)),
  },
  {
    name: "maximum and minimum",
    inputs: [matrix, matrix],
    f: (x: tf.Tensor, y: tf.Tensor) => tf.sub(tf.maximum(x, y), tf.minimum(x, 0.5)),
  },
  {
    name: "batchNorm",
    inputs: [image, [3], [3], [3]],
    f: (x: tf.Tensor4D, mean: tf.Tensor1D, offset: tf.Tensor1D, scale: tf.Tensor1D) =>
      tf.batchNorm(x, mean, tf.tensor1d([0.5, 1, 2]), offset, scale, 1e-5),
  },
  {
    name: "moments",
    inputs: [image],
    f: (x: tf.Tensor) => {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      return tf.concat([mean, variance]);
    },
  },
  {
    name: "resizeBilinear, corners aligned",
    inputs: [image],
    f: (x: tf.Tensor4D) => tf.image.resizeBilinear(x, [3, 4], true),
    constant: true, // tfjs's gradient swaps height and width
  },
  {
    name: "resizeBilinear, half-pixel centres",
    inputs: [image],
    f: (x: tf.Tensor4D) => tf.image.resizeBilinear(x, [3, 4], false, true),
    constant: true, // tfjs's gradient ignores half-pixel centres
  },
  { name: "maxPool", inputs: [image], f: (x: tf.Tensor4D) => tf.maxPool(x, 3, 2, "same") },
  { name: "avgPool", inputs: [image], f: (x: tf.Tensor4D) => tf.avgPool(x, 2, 2, "valid") },
  { name: "transpose", inputs: [image], f: (x: tf.Tensor) => tf.transpose(x, [0, 3, 1, 2]) },
  { name: "reshape", inputs: [image], f: (x: tf.Tensor) => tf.reshape(x, [-1, 6]) },
  { name: "slice", inputs: [image], f: (x: tf.Tensor) => tf.slice(x, [0, 1, 2, 0], [2, 3, -1, 2]) },
  {
    name: "stridedSlice",
    inputs: [matrix],
    f: (x: tf.Tensor) => tf.stridedSlice(x, [0, 1], [4, 5], [2, 2]),
    constant: true,
  },
  {
    name: "concat",
    inputs: [matrix, [4, 2]],
    f: (x: tf.Tensor, y: tf.Tensor) => tf.concat([x, y, x], 1),
  },
  {
    name: "stack",
    inputs: [matrix, matrix],
    f: (x: tf.Tensor, y: tf.Tensor) => tf.stack([x, y], 1),
  },
  {
    name: "addN",
    inputs: [matrix, matrix],
    f: (x: tf.Tensor, y: tf.Tensor) => tf.addN([x, y, tf.square(x)]),
  },
  {
    name: "split and unstack",
    inputs: [matrix],
    f: (x: tf.Tensor) => {
      const [a, b] = tf.split(x, [2, 3], 1);
      return tf.concat([b!, tf.mul(a!, 2), tf.stack(tf.unstack(a!))], 1);
    },
  },
  { name: "tile", inputs: [matrix], f: (x: tf.Tensor) => tf.tile(x, [2, 1]) },
  { name: "reverse", inputs: [image], f: (x: tf.Tensor4D) => tf.reverse(x, 2) },
  { name: "gather", inputs: [matrix], f: (x: tf.Tensor) => tf.gather(x, ints([2, 0, 2]), 1) },
  {
    name: "where",
    inputs: [matrix, matrix],
    f: (x: tf.Tensor, y: tf.Tensor) =>
      tf.where(tf.tensor1d([true, false, true, true, false], "bool"), x, tf.mul(y, 3)),
  },
  { name: "clipByValue", inputs: [matrix], f: (x: tf.Tensor) => tf.clipByValue(x, -0.5, 0.5) },
  { name: "norm", inputs: [image], f: (x: tf.Tensor) => tf.norm(x, "euclidean", [1, 2]) },
  {
    name: "einsum",
    inputs: [[4, 3], [3, 5]],
    f: (x: tf.Tensor, y: tf.Tensor) => tf.einsum("ij,jk->ki", x, y),
    constant: true,
  },
  {
    name: "cast",
    inputs: [matrix],
    f: (x: tf.Tensor) => tf.cast(tf.cast(tf.mul(x, 3), "int32"), "float32"),
    constant: true,
  },
  {
    name: "oneHot of argMax",
    inputs: [matrix],
    f: (x: tf.Tensor) => tf.oneHot(tf.argMax(x, 1) as tf.Tensor1D, 5, 2, -1, "float32"),
    constant: true,
  },
  {
    name: "comparisons",
    inputs: [matrix, [5]],
    f: (x: tf.Tensor, y: tf.Tensor) =>
      tf.cast(tf.logicalOr(tf.less(x, y), tf.equal(tf.floor(x), tf.scalar(1))), "float32"),
    constant: true,
  },
  { name: "topk", inputs: [matrix], f: (x: tf.Tensor) => tf.topk(x, 2).values, constant: true },
  { name: "cumsum", inputs: [matrix], f: (x: tf.Tensor) => tf.cumsum(x, 1, true, true) },
];

/** Reproducible values, no two of them alike. */
function values(shape: number[], seed: number, positive = false): tf.Tensor {
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  const data = Float32Array.from({ length: size }, (_, i) => Math.sin(seed * 7 + i * 1.7) * 1.5);
  return tf.tensor(positive ? data.map((value) => Math.abs(value) + 0.2) : data, shape);
}

/** The value of `f`, then the gradients of its sum with weights. */
function withGradients({ f, constant }: Case): (...inputs: tf.Tensor[]) => tf.Tensor[] {
  const call = f as (...inputs: tf.Tensor[]) => tf.Tensor;
  return (...inputs) => {
    if (constant) return [call(...inputs)];
    const weighted = (...tensors: tf.Tensor[]) => {
      const y = call(...tensors);
      return tf.sum<tf.Scalar>(tf.mul(y, values(y.shape, 3)));
    };
    return [call(...inputs), ...tf.grads(weighted)(inputs)];
  };
}

async function evaluate(backend: Backend, test: Case): Promise<Parity<Values>> {
  const run = backend.use(withGradients(test));
  try {
    const inputs = test.inputs.map((shape, i) => values(shape, i + 1, test.positive));
    const results = await run(...inputs);
    const [value, ...rest] = results.map((tensor) => ({
      shape: tensor.shape,
      data: tensor.dataSync() as Float32Array,
    }));
    tf.dispose([...inputs, ...results]);
    const gradients = Object.fromEntries(rest.map((tensor, i) => [`input ${i}`, tensor]));
    return { value: value as Values, gradients };
  } finally {
    tf.setBackend("tensorflow");
  }
}

const [opByOp, compiled, javaScript] = backends as [Backend, Backend, Backend];

for (const test of cases) {
  Deno.test(`jit() computes ${test.name} as its ops do`, async () => {
    const [ops, jitted, expected] = [
      await evaluate(opByOp, test),
      await evaluate(compiled, test),
      await evaluate(javaScript, test),
    ];
    assertEquals(Object.keys(ops.gradients).length, test.constant ? 0 : test.inputs.length);
    const close = { atol: 1e-6, ofMax: 1e-6 };
    assertParity(jitted, ops, { value: close, gradients: close }, "compiled");
    const closeToOther = { atol: 1e-5, ofMax: 1e-5 };
    assertParity(ops, expected, { value: closeToOther, gradients: closeToOther }, "op by op");
  });
}

Deno.test("jit() gathers by indices that it computes, and refuses those that there are not", async () => {
  tf.setBackend("tensorflow");
  const gather = jit((x: tf.Tensor, by: tf.Tensor) =>
    tf.gather(x, tf.cast(tf.round(by), "int32") as tf.Tensor1D)
  );
  const x = tf.tensor1d([10, 20, 30]);
  assertEquals([...(await gather(x, tf.tensor1d([1.9, 0.2, 1.1]))).dataSync()], [30, 10, 20]);
  await assertRejects(() => gather(x, tf.tensor1d([0, 3, 1])), Error, "not in [0, 3)");
});

Deno.test("jit() keeps the NaN that ops give one by one, also before a relu", async () => {
  const values = new Float32Array(2 * 6 * 6 * 8).map((_, i) => Math.sin(i));
  const [x, filter, ones] = [
    tf.tensor4d(values.fill(NaN, 100, 101), [2, 6, 6, 8]),
    tf.ones<tf.Rank.R4>([3, 3, 8, 8]),
    tf.ones<tf.Rank.R1>([8]),
  ];
  const normalized = (x: tf.Tensor) =>
    (tf.engine().runKernel("FusedBatchNormV3", { x, scale: ones, offset: ones }, {
      epsilon: 1e-3,
    }) as unknown as tf.Tensor[])[0] as tf.Tensor;
  const convolved = (x: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, filter, 1, "same");
  const functions: Record<string, (x: tf.Tensor) => tf.Tensor> = {
    "a convolution and its bias": (x) => tf.relu(tf.add(convolved(x), ones)),
    "a batch norm by given statistics": (x) =>
      tf.relu(tf.batchNorm(convolved(x), ones, ones, ones, ones)),
    "a batch norm by the batch's": (x) => tf.relu(normalized(x)),
    "its gradient": tf.grad((x) => tf.sum(tf.square(tf.relu(normalized(convolved(x)))))),
  };
  const count = (y: tf.Tensor) => y.dataSync().filter(Number.isNaN).length;
  tf.setBackend("tensorflow");
  for (const [name, f] of Object.entries(functions)) {
    const expected = count(f(x));
    assert(expected > 0);
    assertEquals(count(await jit(f)(x)), expected, name);
  }
});
