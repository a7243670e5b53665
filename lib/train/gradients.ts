/**
 * Gradients of a function of a dictionary of parameters.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { ModelOutput } from "../../models/model.ts";
import { checkFunction } from "../arguments.ts";
import { checkBatch, checkOutput } from "./checks.ts";
import { correctGradients } from "../autodiff/correct_gradients.ts";
import { crossEntropy } from "../losses/cross_entropy.ts";
import { addPrefix, type Params, underPrefix } from "../params.ts";
import type { TeacherOutput, TensorBatch } from "./loss.ts";

/** What a function to be differentiated gives: the loss, and tensors that are wanted beside it. */
export interface LossWithExtras {
  loss: tf.Scalar;
  /** Not differentiated. */
  extras: Params;
}

/**
 * The value of `f`, its gradients with respect to all `params`, and what it gives besides (as
 * `jax.value_and_grad` with `has_aux`).
 */
export function valueAndGradients(
  f: (params: Params) => LossWithExtras,
  params: Params,
): LossWithExtras & { gradients: Params } {
  correctGradients();
  const keys = Object.keys(params);
  let kept: Params = {};
  try {
    const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) => {
      const { loss, extras } = f(
        Object.fromEntries(keys.map((key, i) => [key, tensors[i] as tf.Tensor])),
      );
      // tfjs disposes what is made in here, but for the loss.
      kept = mapValues(extras, (tensor) => tf.keep(tf.clone(tensor)));
      return loss;
    })(Object.values(params));
    return {
      loss: value as tf.Scalar,
      gradients: Object.fromEntries(keys.map((key, i) => [key, grads[i] as tf.Tensor])),
      extras: mapValues(kept, (tensor) => tf.clone(tensor)), // belongs to the caller's scope again
    };
  } finally {
    Object.values(kept).forEach((tensor) => tensor.dispose());
  }
}

/**
 * What a network gives for a batch, and the gradient of its mean cross entropy by the images, from one
 * forward pass: what a teacher shows in gradient-based attention transfer.
 *
 * @param f the network, its parameters and mode fixed.
 * @throws {TypeError} where labels are not int32 `[N]`, logits not `[N, classes]`, or a tensor is missing
 * or disposed.
 */
export function withInputGradient(
  f: (images: tf.Tensor4D) => ModelOutput,
  batch: TensorBatch,
): TeacherOutput {
  checkFunction("the network", f);
  checkBatch(batch);
  const { images, labels } = batch;
  const { loss, gradients, extras } = valueAndGradients(({ images }) => {
    const output = f(images as tf.Tensor4D);
    checkOutput("the network", output, labels.shape[0]);
    const { logits, groups, stats } = output;
    return {
      loss: crossEntropy(logits, labels),
      extras: {
        logits,
        ...Object.fromEntries(groups.map((group, i) => [`groups/${i}`, group])),
        ...addPrefix("stats/", stats),
      },
    };
  }, { images });
  loss.dispose();
  return {
    logits: extras.logits as tf.Tensor2D,
    groups: Object.values(underPrefix("groups/", extras)) as tf.Tensor4D[],
    stats: underPrefix("stats/", extras),
    inputGradient: gradients.images as tf.Tensor4D,
  };
}

function mapValues(params: Params, f: (tensor: tf.Tensor) => tf.Tensor): Params {
  return Object.fromEntries(Object.entries(params).map(([key, tensor]) => [key, f(tensor)]));
}
