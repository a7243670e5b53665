/**
 * The layers that the networks share.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Tensors } from "../../lib/params.ts";
import { valueAndGradients } from "../../lib/train/gradients.ts";
import { batchNorm, conv2d, convBatchNorm, linear, param, tidy } from "../../models/layers.ts";
import type { Mode } from "../../models/model.ts";
import { backends } from "../backends.ts";
import { assertClose, assertParity } from "../parity.ts";

const tolerance = { ofMax: 1e-5, atol: 1e-9 };

// torch.nn.functional.conv2d(x, w, stride=s, padding=1) of x = arange(25).reshape(1, 1, 5, 5) and of
// its first four columns, w = arange(9).reshape(1, 1, 3, 3)
const convolved = [
  {
    width: 5,
    stride: 1,
    shape: [1, 5, 5, 1],
    values: [
      [88, 142, 175, 208, 136],
      [210, 312, 348, 384, 240],
      [345, 492, 528, 564, 345],
      [480, 672, 708, 744, 450],
      [232, 304, 319, 334, 184],
    ],
  },
  {
    width: 5,
    stride: 2,
    shape: [1, 3, 3, 1],
    values: [[88, 175, 136], [345, 528, 345], [232, 319, 184]],
  },
  { width: 4, stride: 2, shape: [1, 3, 2, 1], values: [[88, 175], [345, 528], [232, 319]] },
];

function batchNormParams(channels: number): Tensors {
  return {
    "bn.weight": tf.linspace(0.5, 2, channels),
    "bn.bias": tf.linspace(-1, 1, channels),
    "bn.running_mean": tf.linspace(-2, 3, channels),
    "bn.running_var": tf.linspace(0.1, 4, channels),
  };
}

function activation(shape: [number, number, number, number]): tf.Tensor4D {
  return tf.randomNormal(shape, 1.5, 2, "float32", 11);
}

function runBatchNorm(x: tf.Tensor4D, params: Tensors, mode: Mode) {
  return tidy(() => {
    const stats: Tensors = {};
    return { y: batchNorm(x, params, "bn", mode, stats), stats };
  });
}

/** The definition, in float64: `[N * H * W, C]` to normalised values and running statistics. */
function expectedBatchNorm(x: tf.Tensor4D, params: Tensors, mode: Mode) {
  const channels = x.shape[3];
  const rows = x.size / channels;
  const data = x.dataSync();
  const of = (name: string) => params[`bn.${name}`]!.dataSync();
  const y = new Float32Array(x.size);
  const [means, variances] = [new Float32Array(channels), new Float32Array(channels)];
  for (let c = 0; c < channels; c++) {
    const column = Array.from({ length: rows }, (_, row) => data[row * channels + c]!);
    const batchMean = column.reduce((sum, v) => sum + v, 0) / rows;
    const squares = column.reduce((sum, v) => sum + (v - batchMean) ** 2, 0);
    const [oldMean, oldVariance] = [of("running_mean")[c]!, of("running_var")[c]!];
    const [mean, variance] = mode === "train"
      ? [batchMean, squares / rows]
      : [oldMean, oldVariance];
    const factor = of("weight")[c]! / Math.sqrt(variance + 1e-5);
    column.forEach((v, row) => y[row * channels + c] = (v - mean) * factor + of("bias")[c]!);
    means[c] = 0.9 * oldMean + 0.1 * batchMean;
    variances[c] = 0.9 * oldVariance + 0.1 * squares / (rows - 1);
  }
  return { y: { shape: x.shape, data: y }, means, variances };
}

for (const { name, use } of backends) {
  Deno.test(`conv2d() pads as PyTorch does (${name})`, async () => {
    const run = use((x: tf.Tensor4D, filter: tf.Tensor4D) =>
      convolved.map(({ width, stride }) =>
        conv2d(tf.slice(x, [0, 0, 0, 0], [1, 5, width, 1]), filter, stride)
      )
    );
    const results = await run(
      tf.reshape(tf.range(0, 25), [1, 5, 5, 1]),
      tf.reshape(tf.range(0, 9), [3, 3, 1, 1]),
    );
    for (const [i, { shape, values }] of convolved.entries()) {
      const data = new Float32Array(values.flat());
      assertClose(results[i]!, { shape, data }, tolerance, `convolution ${i}`);
    }
  });

  Deno.test(`conv2d() of size 1 takes every other position at stride 2 (${name})`, async () => {
    const run = use((x: tf.Tensor4D) => conv2d(x, tf.ones([1, 1, 1, 1]), 2));
    const odd = await run(tf.reshape(tf.range(0, 25), [1, 5, 5, 1]));
    assertEquals(Array.from(odd.dataSync()), [0, 2, 4, 10, 12, 14, 20, 22, 24]);
    const uneven = await run(tf.reshape(tf.range(0, 20), [1, 4, 5, 1]));
    assertEquals(Array.from(uneven.dataSync()), [0, 2, 4, 10, 12, 14]);
  });

  Deno.test(`conv2d() of size 1 has the right gradients at stride 2 (${name})`, async () => {
    const [x, dy] = [activation([3, 4, 4, 8]), activation([3, 2, 2, 16])];
    const run = use((x: tf.Tensor4D, filter: tf.Tensor4D, dy: tf.Tensor) =>
      tf.grads((x, filter) => conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 2))([x, filter], dy)
    );
    const filter = tf.randomNormal<tf.Rank.R4>([1, 1, 8, 16], 0, 1, "float32", 3);
    const [dx, dfilter] = await run(x, filter, dy);
    const rows = tf.reshape(tf.stridedSlice(x, [0, 0, 0, 0], x.shape, [1, 2, 2, 1]), [12, 8]);
    const product = tf.matMul(rows, tf.reshape(dy, [12, 16]), true);
    assertClose(tf.reshape(dfilter!, [8, 16]), product, tolerance, "filter");
    const back = tf.matMul(tf.reshape(dy, [12, 16]), tf.reshape(filter, [8, 16]), false, true);
    const spread = tf.tensor4d([1, 0, 0, 0], [1, 2, 2, 1]);
    const expected = tf.mul(tf.reshape(back, [3, 2, 1, 2, 1, 8]), tf.reshape(spread, [2, 1, 2, 1]));
    assertClose(dx!, tf.reshape(expected, [3, 4, 4, 8]), tolerance, "x");
  });

  Deno.test(`batchNorm() normalises by its definition (${name})`, async () => {
    const run = use(runBatchNorm);
    const [x, params] = [activation([3, 4, 5, 6]), batchNormParams(6)];
    for (const mode of ["train", "eval"] as const) {
      const { y, stats } = await run(x, params, mode);
      const expected = expectedBatchNorm(x, params, mode);
      assertClose(y, expected.y, tolerance, mode);
      if (mode === "eval") {
        assertEquals(stats, {});
        continue;
      }
      assertEquals(Object.keys(stats), ["bn.running_mean", "bn.running_var"]);
      const of = (data: Float32Array) => ({ shape: [6], data });
      assertClose(stats["bn.running_mean"]!, of(expected.means), tolerance, "running mean");
      assertClose(stats["bn.running_var"]!, of(expected.variances), tolerance, "running variance");
    }
  });

  Deno.test(`batchNorm() of a single value per channel gives the bias, finite (${name})`, async () => {
    const params = batchNormParams(3);
    const { y, stats } = await use(runBatchNorm)(activation([1, 1, 1, 3]), params, "train");
    assertClose(tf.reshape(y, [3]), params["bn.bias"]!, { atol: 1e-5 }, "y");
    assert(stats["bn.running_var"]!.dataSync().every(Number.isFinite));
  });

  Deno.test(`convBatchNorm() gives the same folded (${name})`, async () => {
    const params = {
      ...batchNormParams(6),
      conv: tf.randomNormal([3, 3, 4, 6], 0, 1, "float32", 3),
    };
    const layer = { conv: "conv", norm: "bn", stride: 2 };
    const x = activation([2, 5, 7, 4]);
    const run = use((x: tf.Tensor4D, params: Tensors) => [
      convBatchNorm(x, params, layer, "eval", {}),
      batchNorm(conv2d(x, param(params, "conv"), 2), params, "bn", "eval", {}),
    ]);
    const [folded, plain] = await run(x, params);
    assertClose(folded!, plain!, tolerance, "folded");
  });
}

Deno.test("batchNorm() has the same gradients fused and composed", async () => {
  const results = [];
  for (const { use } of backends) {
    const run = use((x: tf.Tensor4D, params: Tensors, weighting: tf.Tensor4D) =>
      valueAndGradients((tensors) => {
        const stats = { "bn.running_mean": tf.zeros([6]), "bn.running_var": tf.ones([6]) };
        const y = batchNorm(tensors.x as tf.Tensor4D, { ...stats, ...tensors }, "bn", "train", {});
        return { loss: tf.sum(tf.mul(tf.square(y), weighting)) as tf.Scalar, extras: {} };
      }, { x, "bn.weight": params["bn.weight"]!, "bn.bias": params["bn.bias"]! })
    );
    const weighting: tf.Tensor4D = tf.randomNormal([3, 4, 5, 6], 0, 1, "float32", 12);
    const { loss, gradients } = await run(activation([3, 4, 5, 6]), batchNormParams(6), weighting);
    results.push({ value: loss, gradients });
  }
  const [expected, ...others] = results;
  for (const actual of others) {
    assertParity(actual, expected!, { value: tolerance, gradients: tolerance });
  }
});

Deno.test("linear() multiplies with a weight of [out, in]", () => {
  const params = {
    "fc.weight": tf.tensor2d([[1, 2], [3, 4], [5, 6]]),
    "fc.bias": tf.tensor1d([1, 0, -1]),
  };
  const y = linear(tf.tensor2d([[1, 10]]), params, "fc");
  assertEquals(Array.from(y.dataSync()), [22, 43, 64]);
});

Deno.test("param() throws a TypeError that names what is missing", () => {
  assertThrows(
    () => param({}, "group0.block0.conv0"),
    TypeError,
    "no parameter group0.block0.conv0",
  );
});
