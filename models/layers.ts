/**
 * The layers that the networks share: pure functions of `[N, H, W, C]` activations.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkTensor } from "../lib/arguments.ts";
import { tidy } from "../lib/autodiff/tidy.ts";
import type { Tensors } from "../lib/params.ts";
import { epsilon, normalizeBatch } from "./batch_norm.ts";
import type { Mode } from "./model.ts";

export { tidy };

/**
 * The parameter with this key.
 *
 * @typeParam T its type, such as `tf.Tensor1D`. It is not checked.
 * @throws {TypeError} If it is missing or disposed. The message has the key.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { param } from "@attention-transfer/core";
 *
 * const filter = param<tf.Tensor4D>({ conv0: tf.zeros([3, 3, 3, 16]) }, "conv0");
 * console.log(filter.shape); // [3, 3, 3, 16]
 * ```
 */
export function param<T extends tf.Tensor>(params: Tensors, key: string): T {
  const tensor = Object(params)[key];
  if (!tensor) throw new TypeError(`Cannot run the network: there is no parameter ${key}`);
  checkTensor(`the parameter ${key}`, tensor);
  return tensor as T;
}

/**
 * A convolution with PyTorch's `padding = (k - 1) / 2`, for odd k, without bias. It can be
 * differentiated any number of times.
 *
 * @param x Activation `[N, H, W, in]`.
 * @param filter `[k, k, in, out]`.
 * @param stride The distance of two positions. Default 1.
 * @returns `[N, ceil(H / stride), ceil(W / stride), out]`.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { conv2d } from "@attention-transfer/core";
 *
 * const y = conv2d(tf.ones([2, 8, 8, 3]), tf.ones([3, 3, 3, 16]), 2);
 * console.log(y.shape); // [2, 4, 4, 16]
 * ```
 */
export function conv2d(x: tf.Tensor4D, filter: tf.Tensor4D, stride = 1): tf.Tensor4D {
  const pad = (filter.shape[0] - 1) / 2;
  // Avoid explicit padding in conv2d, which is slow on CPUs. At stride 1 SAME equals PyTorch's
  // padding; at stride 2 SAME is not symmetric, so pad with zeros first.
  if (stride === 1) return tf.conv2d(x, filter, 1, "same");
  if (pad === 0) return tf.conv2d(x, filter, stride, "valid");
  return tf.conv2d(tf.pad(x, [[0, 0], [pad, pad], [pad, pad], [0, 0]]), filter, stride, "valid");
}

const momentum = 0.1;

function batchNormParams(params: Tensors, key: string) {
  const get = (name: string) => param<tf.Tensor1D>(params, `${key}.${name}`);
  return {
    weight: get("weight"),
    bias: get("bias"),
    mean: get("running_mean"),
    variance: get("running_var"),
  };
}

/**
 * Batch norm with epsilon 1e-5: by the batch's statistics in train mode, by the running ones in eval
 * mode. It can be differentiated any number of times.
 *
 * @param x Activation `[N, H, W, C]`.
 * @param params Has `<key>.weight`, `<key>.bias`, `<key>.running_mean` and `<key>.running_var`, all `[C]`.
 * @param key The layer's key, such as `group0.block0.bn0`.
 * @param stats In train mode, the new running statistics are added to this: 0.9 times the old value plus
 * 0.1 times the batch's (with unbiased variance). Return it as `stats` of the network.
 * @throws {TypeError} If a parameter is missing or disposed.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { batchNorm, type Tensors } from "@attention-transfer/core";
 *
 * const [ones, zeros] = [tf.ones([16]), tf.zeros([16])];
 * const stats: Tensors = {};
 * const params = {
 *   "bn.weight": ones,
 *   "bn.bias": zeros,
 *   "bn.running_mean": zeros,
 *   "bn.running_var": ones,
 * };
 * batchNorm(tf.randomNormal([2, 8, 8, 16]), params, "bn", "train", stats);
 * console.log(Object.keys(stats)); // bn.running_mean, bn.running_var
 * ```
 */
export function batchNorm(
  x: tf.Tensor4D,
  params: Tensors,
  key: string,
  mode: Mode,
  stats: Tensors,
): tf.Tensor4D {
  const { weight, bias, mean, variance } = batchNormParams(params, key);
  if (mode === "eval") return tf.batchNorm(x, mean, variance, bias, weight, epsilon);
  const batch = normalizeBatch(x, weight, bias);
  stats[`${key}.running_mean`] = running(mean, batch.mean);
  stats[`${key}.running_var`] = running(variance, batch.variance);
  return batch.y;
}

/** The keys of a convolution's filter, of its bias if it has one, and of the batch norm after it. */
export interface ConvBatchNorm {
  conv: string;
  bias?: string;
  norm: string;
  stride: number;
}

/**
 * `batchNorm(conv2d(x))`. In eval mode the batch norm is folded into the convolution, which saves
 * two passes over the activation.
 */
export function convBatchNorm(
  x: tf.Tensor4D,
  params: Tensors,
  { conv, bias, norm, stride }: ConvBatchNorm,
  mode: Mode,
  stats: Tensors,
): tf.Tensor4D {
  const filter = param<tf.Tensor4D>(params, conv);
  const added = bias === undefined ? undefined : param<tf.Tensor1D>(params, bias);
  if (mode === "train") {
    const y = conv2d(x, filter, stride);
    return batchNorm(added ? tf.add(y, added) : y, params, norm, mode, stats);
  }
  const { scale, shift } = foldBatchNorm(params, norm);
  const y = conv2d(x, tf.mul(filter, scale), stride);
  return tf.add(y, added ? tf.add(shift, tf.mul(added, scale)) : shift);
}

/** The factor and the summand that a batch norm applies in eval mode, both `[C]`. */
export function foldBatchNorm(
  params: Tensors,
  key: string,
): { scale: tf.Tensor1D; shift: tf.Tensor1D } {
  const { weight, bias, mean, variance } = batchNormParams(params, key);
  const scale: tf.Tensor1D = tf.mul(weight, tf.rsqrt(tf.add(variance, epsilon)));
  return { scale, shift: tf.sub(bias, tf.mul(mean, scale)) };
}

function running(old: tf.Tensor, batch: tf.Tensor): tf.Tensor {
  return tf.add(tf.mul(old, 1 - momentum), tf.mul(batch, momentum));
}

/**
 * A linear layer: `x` times the transposed weight, plus the bias.
 *
 * @param x `[N, in]`.
 * @param params Has `<key>.weight` `[out, in]` and `<key>.bias` `[out]`.
 * @returns `[N, out]`.
 * @throws {TypeError} If a parameter is missing or disposed.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { linear } from "@attention-transfer/core";
 *
 * const params = { "fc.weight": tf.ones([10, 16]), "fc.bias": tf.zeros([10]) };
 * console.log(linear(tf.ones([2, 16]), params, "fc").shape); // [2, 10]
 * ```
 */
export function linear(x: tf.Tensor2D, params: Tensors, key: string): tf.Tensor2D {
  const weight = param<tf.Tensor2D>(params, `${key}.weight`);
  const product = tf.matMul(x, weight, false, true);
  return tf.add(product, param<tf.Tensor1D>(params, `${key}.bias`));
}
