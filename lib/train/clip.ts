/**
 * Gradient clipping by norm.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { tidy } from "../../models/layers.ts";
import { total } from "../autodiff/total.ts";
import { flatten, unflatten } from "../tree.ts";

/**
 * Gradients whose norm, over all of them together, is at most `maxNorm`: if it is larger, all are
 * multiplied by `maxNorm / (norm + 1e-6)`, as `torch.nn.utils.clip_grad_norm_` does.
 *
 * @typeParam Gradients a tree of float32 tensors: arrays and plain objects of them.
 * @returns the gradients, and their norm before.
 * @throws {RangeError} If `maxNorm` is not above 0.
 * @throws {TypeError} If the tree holds no tensor, or something else.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { clipGradients } from "@attention-transfer/core";
 *
 * const { gradients, norm } = clipGradients({ w: tf.tensor1d([3, 4]) }, 1);
 * console.log(norm.dataSync()[0], gradients.w.dataSync()); // 5, [0.6, 0.8]
 * ```
 */
export function clipGradients<Gradients>(
  gradients: Gradients,
  maxNorm: number,
): { gradients: Gradients; norm: tf.Scalar } {
  checkMaxNorm(maxNorm);
  const { tree, tensors } = flatten(gradients, "the gradients");
  if (tensors.length === 0) throw new TypeError("Cannot clip gradients: there are none");
  return tidy(() => {
    const squares = tensors.map((gradient) => tf.sum(tf.square(gradient)));
    const norm = tf.sqrt(total(squares)) as tf.Scalar;
    const factor = tf.minimum(1, tf.div(maxNorm, tf.add(norm, 1e-6)));
    const clipped = tensors.map((gradient) => tf.mul(gradient, factor));
    return { gradients: unflatten(tree, clipped) as Gradients, norm };
  });
}

/** Throws a RangeError unless gradients can be clipped at this norm. */
export function checkMaxNorm(maxNorm: number): void {
  if (maxNorm > 0 && maxNorm < Infinity) return;
  throw new RangeError(`Cannot clip gradients at the norm ${maxNorm}: it must be above 0`);
}
