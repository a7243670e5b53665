/**
 * Batch norm with the batch's own statistics as one op, with first and second derivatives.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { AttrType, type OpAttr, typeAttr } from "../../tensorflow/attributes.ts";
import { DataType } from "../../tensorflow/data_types.ts";
import { kernelOf } from "./kernel.ts";

const forward = "FusedBatchNormV3";
const backward = "FusedBatchNormGradV3";

function opAttrs(epsilon: number): OpAttr[] {
  return [
    typeAttr("T", DataType.float32),
    typeAttr("U", DataType.float32),
    { name: "epsilon", type: AttrType.float, value: epsilon },
    { name: "data_format", type: AttrType.string, value: "NHWC" },
    { name: "is_training", type: AttrType.bool, value: true },
  ];
}

/** Inputs: x, scale, offset. Outputs: y, batch mean, unbiased batch variance, three for the gradient. */
const batchNorm = kernelOf(
  forward,
  ["x", "scale", "offset"],
  (attrs) => opAttrs(attrs?.epsilon as number),
  6,
  () => {
    const empty = tf.zeros([0]); // running statistics, which the op only needs to update them
    return [empty, empty];
  },
);

/**
 * Outputs the gradients of x, scale and offset. Mean and variance of the batch are inputs for the
 * second derivative, because the values that the op reserves for it differ between devices.
 */
const batchNormGrad = kernelOf(
  backward,
  ["dy", "x", "scale", "reserve1", "reserve2", "reserve3"],
  (attrs) => opAttrs(attrs?.epsilon as number),
  3,
);

const batchNormGradient: tf.GradConfig = {
  kernelName: forward,
  inputsToSave: ["x", "scale"],
  outputsToSave: [false, true, true, true, true, true],
  gradFunc: (dys, saved, attrs) => {
    const [x, scale, mean, variance, reserve1, reserve2, reserve3] = saved as [
      tf.Tensor4D,
      ...tf.Tensor[],
    ];
    const [dy, dmean, dvariance] = dys as [tf.Tensor, tf.Tensor, tf.Tensor];
    const [dx, dscale, doffset] = tf.engine().runKernel(
      backward,
      { dy, x, scale, mean, variance, reserve1, reserve2, reserve3 } as tf.NamedTensorMap,
      attrs,
    ) as tf.Tensor[];
    return {
      x: () => tf.add(dx!, ofStatistics(x, mean!, dmean, dvariance)),
      scale: () => dscale as tf.Tensor,
      offset: () => doffset as tf.Tensor,
    };
  },
};

/** The part of x's gradient that comes through the batch's mean and unbiased variance. */
function ofStatistics(
  x: tf.Tensor4D,
  mean: tf.Tensor,
  dmean: tf.Tensor,
  dvariance: tf.Tensor,
): tf.Tensor {
  const count = x.size / x.shape[3];
  const slope = tf.mul(dvariance, 2 / Math.max(count - 1, 1));
  return tf.add(tf.mul(tf.sub(x, mean), slope), tf.div(dmean, count));
}

/**
 * The gradient of the gradient. With M values per channel, `r = 1 / sqrt(variance + epsilon)`,
 * `n = (x - mean) r` and `P v = v - mean(v) - n mean(n v)`, which is its own transpose, the gradient is
 *
 *     dx = scale r P(dy)    dscale = sum(n dy)    doffset = sum(dy)
 *
 * Let g, gscale and goffset be the gradients of these three. Then
 *
 *     of dy:     scale r P(g) + gscale n + goffset
 *     of scale:  r a,  with a = sum(g P(dy)) = sum(g dy) - (sum(g) sum(dy) + sum(n g) sum(n dy)) / M
 *     of x:      gscale r P(dy) - r / M (scale r a n + sum(n dy) scale r P(g) + sum(n g) dx)
 *
 * Here every `scale r P(v)` is the op's first output, and `gscale n + goffset` is batch norm itself.
 */
const batchNormGradGradient: tf.GradConfig = {
  kernelName: backward,
  inputsToSave: ["dy", "x", "scale", "mean", "variance", "reserve1", "reserve2", "reserve3"],
  outputsToSave: [true, true, true],
  gradFunc: (gs, saved, attrs) => {
    const [g, gscale, goffset] = gs as unknown as [tf.Tensor, tf.Tensor, tf.Tensor];
    const [dy, x, scale, mean, variance, reserve1, reserve2, reserve3, dx, sumNDy, sumDy] = saved as
      & [tf.Tensor, tf.Tensor4D, ...tf.Tensor1D[]]
      & { length: 11 };
    const { epsilon } = attrs as { epsilon: number };
    const gradient = (dy: tf.Tensor, scale: tf.Tensor) =>
      tf.engine().runKernel(
        backward,
        { dy, x, scale, mean, variance, reserve1, reserve2, reserve3 } as tf.NamedTensorMap,
        { epsilon },
      ) as tf.Tensor[];
    const normalize = (scale: tf.Tensor, offset: tf.Tensor) =>
      (tf.engine().runKernel(forward, { x, scale, offset }, { epsilon }) as tf.Tensor[])[0]!;
    const count = x.size / x.shape[3];
    const biased = tf.mul(variance!, Math.max(count - 1, 1) / count);
    const r = tf.rsqrt(tf.add(biased, epsilon));
    const [scaledPG, sumNG, sumG] = gradient(g, scale!) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const a = tf.sub(
      tf.sum(tf.mul(g, dy), [0, 1, 2]),
      tf.div(tf.add(tf.mul(sumG, sumDy!), tf.mul(sumNG, sumNDy!)), count),
    );
    const ofScale = tf.mul(r, a);
    const zeros = (tensor: tf.Tensor | undefined) => () => tf.zeros(tensor!.shape);
    return {
      dy: () => tf.add(scaledPG, normalize(gscale, goffset)),
      x: () => {
        const factor = tf.div(r, -count);
        return tf.addN([
          gradient(dy, gscale)[0]!,
          normalize(tf.mul(factor, tf.mul(scale!, ofScale)), tf.zerosLike(scale!)),
          tf.mul(scaledPG, tf.mul(factor, sumNDy!)),
          tf.mul(dx as unknown as tf.Tensor, tf.mul(factor, sumNG)),
        ]);
      },
      scale: () => ofScale,
      mean: zeros(mean), // functions of x, so the gradient of x already includes their part
      variance: zeros(variance),
      reserve1: zeros(reserve1),
      reserve2: zeros(reserve2),
      reserve3: zeros(reserve3),
    };
  },
};

export const kernels: tf.KernelConfig[] = [batchNorm, batchNormGrad];
export const gradients: tf.GradConfig[] = [
  batchNormGradient,
  batchNormGradGradient,
];
