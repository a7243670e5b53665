/**
 * Spatial group-wise enhance, SGE (Li, Hu and Yang, arXiv:1905.09646).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { tidy } from "../lib/autodiff/tidy.ts";
import { type Params, shapeOf } from "../lib/params.ts";
import { checkFloats, checkOptions, checkTensors, type OptionNames } from "../lib/arguments.ts";
import { param } from "./layers.ts";
import type { ModelOutput } from "./model.ts";

/** How a network uses spatial group-wise enhance. */
export interface SgeOptions {
  /** Groups of channels, a divisor of the channels; the paper uses 32 or 64 on ImageNet. */
  groups: number;
  /** True to normalise the similarities over the positions. Default true. */
  normalize?: boolean | undefined;
  /** The initial value of every weight. Default 0. */
  initWeight?: number | undefined;
  /** The initial value of every bias. Default 1. */
  initBias?: number | undefined;
}

/** The names of the options. */
export const sgeOptionNames: OptionNames<SgeOptions> = {
  groups: true,
  normalize: true,
  initWeight: true,
  initBias: true,
};

/** Added to the standard deviation, as in the authors' code. */
const epsilon = 1e-5;
/** The smallest variance used, so that the gradient at a constant map is 0, as in PyTorch. */
const leastVariance = 1e-24;

/**
 * Spatial group-wise enhance: multiplies each group of channels by a map between 0 and 1, which is
 * high where the group resembles its own mean over the positions.
 *
 * Group g has the channels `g * C / groups` to `(g + 1) * C / groups - 1`. The similarity of a
 * position is the dot product of its vector with the mean vector. Similarities are shifted to mean
 * 0 over the positions and divided by their unbiased standard deviation plus 1e-5. The map is the
 * sigmoid of weight times that plus bias. At weight 0 and bias 1, the authors' initial values, it
 * is 0.73 everywhere.
 *
 * Can be differentiated twice on every backend.
 *
 * @param x Activation `[N, H, W, C]`.
 * @param weight `[groups]`.
 * @param bias `[groups]`.
 * @param groups A whole number that divides C.
 * @param options `normalize`: false uses the similarities without normalisation. Default true.
 * @returns `[N, H, W, C]`.
 * @throws {RangeError} If `groups` is not a whole number of at least 1, does not divide C, or there
 * is only one position, which has no standard deviation.
 * @throws {TypeError} If `x` does not have rank 4, weight or bias is not `[groups]`, a tensor is
 * disposed, or an option is unknown.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { spatialGroupEnhance } from "@attention-transfer/core";
 *
 * const x: tf.Tensor4D = tf.randomNormal([2, 8, 8, 64]);
 * const y = spatialGroupEnhance(x, tf.zeros([16]), tf.ones([16]), 16);
 * console.log(y.shape); // [2, 8, 8, 64]
 * ```
 */
export function spatialGroupEnhance(
  x: tf.Tensor4D,
  weight: tf.Tensor1D,
  bias: tf.Tensor1D,
  groups: number,
  options: Pick<SgeOptions, "normalize"> = {},
): tf.Tensor4D {
  checkOptions<SgeOptions>("spatialGroupEnhance", options as SgeOptions, sgeOptionNames);
  const { normalize = true } = options;
  check(x, { weight, bias }, groups);
  return tidy(() => {
    const member = membership(x.shape[3], groups);
    const gate = gateOf(x, weight, bias, member, normalize);
    const ofChannels = tf.matMul(tf.reshape(gate, [-1, groups]), member, false, true);
    return tf.mul(x, tf.reshape(ofChannels, x.shape));
  });
}

/**
 * The gate of spatial group-wise enhance: the map between 0 and 1 that
 * {@linkcode spatialGroupEnhance} multiplies each group of channels by.
 *
 * With `x_i` a group's vector at position i, and `m` the mean of these over the positions, it is
 * `sigmoid(weight * (x_i · m - mean) / (deviation + 1e-5) + bias)`: mean and standard deviation are
 * those of `x_i · m` over the positions.
 *
 * Can be differentiated twice on every backend.
 *
 * @param x Activation `[N, H, W, C]`.
 * @param weight `[groups]`.
 * @param bias `[groups]`.
 * @param groups A whole number that divides C.
 * @param options As for {@linkcode spatialGroupEnhance}.
 * @returns `[N, H, W, groups]`.
 * @throws {RangeError} As {@linkcode spatialGroupEnhance}.
 * @throws {TypeError} As {@linkcode spatialGroupEnhance}.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { spatialGate } from "@attention-transfer/core";
 *
 * const x: tf.Tensor4D = tf.randomNormal([2, 8, 8, 64]);
 * const gate = spatialGate(x, tf.ones([16]), tf.zeros([16]), 16);
 * console.log(gate.shape); // [2, 8, 8, 16]
 * ```
 */
export function spatialGate(
  x: tf.Tensor4D,
  weight: tf.Tensor1D,
  bias: tf.Tensor1D,
  groups: number,
  options: Pick<SgeOptions, "normalize"> = {},
): tf.Tensor4D {
  checkOptions<SgeOptions>("spatialGate", options as SgeOptions, sgeOptionNames);
  const { normalize = true } = options;
  check(x, { weight, bias }, groups);
  return tidy(() => {
    const [examples, height, width, channels] = x.shape;
    const gate = gateOf(x, weight, bias, membership(channels, groups), normalize);
    return tf.reshape(gate, [examples, height, width, groups]);
  });
}

/** The gate, `[N, positions, groups]`. */
function gateOf(
  x: tf.Tensor4D,
  weight: tf.Tensor1D,
  bias: tf.Tensor1D,
  member: tf.Tensor2D,
  normalize: boolean,
): tf.Tensor {
  const [examples, height, width, channels] = x.shape;
  const flat: tf.Tensor3D = tf.reshape(x, [examples, height * width, channels]);
  const means = tf.reshape(tf.mean(flat, 1, true), [examples, channels, 1]);
  // Matrix products read x once and create no tensor of its size. A product with the broadcast
  // means and a sum would create one, in the gradients too.
  const similarity = tf.matMul(flat, tf.mul(means, member)) as tf.Tensor3D;
  return sigmoid(tf.add(scaled(similarity, weight, normalize), bias));
}

function check(x: tf.Tensor4D, vectors: Record<string, tf.Tensor>, groups: number): void {
  checkFloats("an activation", x);
  checkTensors("spatial group-wise enhance", vectors);
  if (x.rank !== 4) {
    throw new TypeError(`Cannot enhance [${x.shape}]: it must be [N, H, W, C]`);
  }
  const [, height, width, channels] = x.shape;
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new RangeError(
      `Cannot enhance [${x.shape}] in ${groups} groups: it must be a whole number that divides the ` +
        `${channels} channels`,
    );
  }
  if (height * width === 1) {
    throw new RangeError(
      `Cannot enhance [${x.shape}]: there must be 2 positions or more, H * W is 1`,
    );
  }
  for (const [name, { shape }] of Object.entries(vectors)) {
    if (String(shape) !== String([groups])) {
      throw new TypeError(
        `Cannot enhance [${x.shape}] with a ${name} of shape [${shape}]: it must be [${groups}]`,
      );
    }
  }
}

/** `[channels, groups]`: 1 if the channel belongs to the group, otherwise 0. */
function membership(channels: number, groups: number): tf.Tensor2D {
  const size = channels / groups;
  const values = new Float32Array(channels * groups);
  for (let c = 0; c < channels; c++) values[c * groups + Math.floor(c / size)] = 1;
  return tf.tensor2d(values, [channels, groups]);
}

/** Similarities `[N, positions, groups]`, normalised over positions if asked, times the weight. */
function scaled(similarity: tf.Tensor3D, weight: tf.Tensor1D, normalize: boolean): tf.Tensor {
  if (!normalize) return tf.mul(similarity, weight);
  const positions = similarity.shape[1];
  const centred = tf.sub(similarity, tf.mean(similarity, 1, true)) as tf.Tensor3D;
  const biased = tf.mean(tf.square(centred), 1, true);
  const variance = tf.mul(biased, positions / (positions - 1));
  const deviation = tf.sqrt(tf.maximum(variance, leastVariance));
  return tf.mul(centred, tf.div(weight, tf.add(deviation, epsilon)));
}

/** The gradient uses the input. tfjs uses the output, which cannot be differentiated again. */
const sigmoid: (x: tf.Tensor) => tf.Tensor = tf.customGrad((x, save) => {
  (save as tf.GradSaveFunc)([x as tf.Tensor]);
  return {
    value: tf.sigmoid(x as tf.Tensor),
    gradFunc: (dy: tf.Tensor, [x]: tf.Tensor[]) => {
      const y = sigmoid(x as tf.Tensor);
      return tf.mul(dy, tf.sub(y, tf.square(y)));
    },
  };
});

/**
 * Applies SGE in a block, if the network uses it.
 *
 * @param key The block's key.
 * @param inputs Gets what SGE takes, by the block's key.
 */
export function enhance(
  x: tf.Tensor4D,
  params: Params,
  key: string,
  sge: SgeOptions | undefined,
  inputs: Record<string, tf.Tensor4D>,
): tf.Tensor4D {
  if (!sge) return x;
  inputs[key] = x;
  const { weight, bias } = sgeParams(params, key);
  return spatialGroupEnhance(x, weight, bias, sge.groups, sge);
}

/** The parameters of a block's SGE: `<key>.sge.weight` and `<key>.sge.bias`, both `[groups]`. */
export function sgeParams(params: Params, key: string): { weight: tf.Tensor1D; bias: tf.Tensor1D } {
  return { weight: param(params, `${key}.sge.weight`), bias: param(params, `${key}.sge.bias`) };
}

/** {@linkcode ModelOutput.gateInputs}, from what SGE took in the last block of each group. */
export function gateInputs(
  inputs: Readonly<Record<string, tf.Tensor4D>>,
  lastBlocks: readonly string[],
): Pick<ModelOutput, "gateInputs"> {
  const last = lastBlocks.flatMap((key) => inputs[key] ?? []);
  return last.length === 0 ? {} : { gateInputs: last };
}

/**
 * The SGE options read from a network's parameters, given the key of its first block and the
 * channels of SGE in each group; empty if SGE is not possible.
 */
export function readSge(
  params: Params,
  key: string,
  channels: readonly number[],
): { sge?: SgeOptions } {
  const groups = shapeOf(params, `${key}.sge.weight`)?.[0];
  if (!groups || channels.some((count) => count % groups !== 0)) return {};
  return { sge: { groups } };
}
