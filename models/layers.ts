/**
 * The layers that the networks share: pure functions of `[N, H, W, C]` activations.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkTensor } from "../lib/arguments.ts";
import { tidy } from "../lib/autodiff/tidy.ts";
import type { Params } from "../lib/params.ts";
import { epsilon, normalizeBatch } from "./batch_norm.ts";
import type { Mode } from "./model.ts";

export { tidy };

/** The parameter with this key. Throws a TypeError with the key if it is missing or disposed. */
export function param<T extends tf.Tensor>(params: Params, key: string): T {
  const tensor = Object(params)[key];
  if (!tensor) throw new TypeError(`Cannot run the network: there is no parameter ${key}`);
  checkTensor(`the parameter ${key}`, tensor);
  return tensor as T;
}

/**
 * A convolution with PyTorch's `padding = (k - 1) / 2`, for odd k.
 *
 * @param filter `[k, k, in, out]`.
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

function batchNormParams(params: Params, key: string) {
  const get = (name: string) => param<tf.Tensor1D>(params, `${key}.${name}`);
  return {
    weight: get("weight"),
    bias: get("bias"),
    mean: get("running_mean"),
    variance: get("running_var"),
  };
}

/**
 * Batch norm with epsilon 1e-5. In train mode, adds the new running statistics to `stats`.
 *
 * @param key The layer's key, such as `group0.block0.bn0`.
 */
export function batchNorm(
  x: tf.Tensor4D,
  params: Params,
  key: string,
  mode: Mode,
  stats: Params,
): tf.Tensor4D {
  const { weight, bias, mean, variance } = batchNormParams(params, key);
  if (mode === "eval") return tf.batchNorm(x, mean, variance, bias, weight, epsilon);
  const batch = normalizeBatch(x, weight, bias);
  stats[`${key}.running_mean`] = running(mean, batch.mean);
  stats[`${key}.running_var`] = running(variance, batch.variance);
  return batch.y;
}

/** The keys of a convolution's filter and of the batch norm after it. */
export interface ConvBatchNorm {
  conv: string;
  norm: string;
  stride: number;
}

/**
 * `batchNorm(conv2d(x))`. In eval mode the batch norm is folded into the convolution, which saves
 * two passes over the activation.
 */
export function convBatchNorm(
  x: tf.Tensor4D,
  params: Params,
  { conv, norm, stride }: ConvBatchNorm,
  mode: Mode,
  stats: Params,
): tf.Tensor4D {
  const filter = param<tf.Tensor4D>(params, conv);
  if (mode === "train") return batchNorm(conv2d(x, filter, stride), params, norm, mode, stats);
  const { scale, shift } = foldBatchNorm(params, norm);
  return tf.add(conv2d(x, tf.mul(filter, scale), stride), shift);
}

/** The factor and the summand that a batch norm applies in eval mode, both `[C]`. */
export function foldBatchNorm(
  params: Params,
  key: string,
): { scale: tf.Tensor1D; shift: tf.Tensor1D } {
  const { weight, bias, mean, variance } = batchNormParams(params, key);
  const scale: tf.Tensor1D = tf.mul(weight, tf.rsqrt(tf.add(variance, epsilon)));
  return { scale, shift: tf.sub(bias, tf.mul(mean, scale)) };
}

/** `relu(batchNorm(conv2d(x)))`; see {@link convBatchNorm}. */
export function convBatchNormRelu(
  x: tf.Tensor4D,
  params: Params,
  layer: ConvBatchNorm,
  mode: Mode,
  stats: Params,
): tf.Tensor4D {
  return tf.relu(convBatchNorm(x, params, layer, mode, stats));
}

function running(old: tf.Tensor, batch: tf.Tensor): tf.Tensor {
  return tf.add(tf.mul(old, 1 - momentum), tf.mul(batch, momentum));
}

/**
 * A linear layer.
 *
 * @param x `[N, in]`; `<key>.weight` is `[out, in]`, `<key>.bias` `[out]`.
 */
export function linear(x: tf.Tensor2D, params: Params, key: string): tf.Tensor2D {
  const weight = param<tf.Tensor2D>(params, `${key}.weight`);
  const product = tf.matMul(x, weight, false, true);
  return tf.add(product, param<tf.Tensor1D>(params, `${key}.bias`));
}
