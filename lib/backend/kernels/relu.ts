/**
 * Relu's gradient in one pass, which can be differentiated again.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { gradient, ofOutput, run } from "../../autodiff/gradient.ts";
import { typeAttr } from "../../tensorflow/attributes.ts";
import { DataType } from "../../tensorflow/data_types.ts";
import { kernelOf } from "./kernel.ts";

/** Inputs: dy and, as features, the relu's output (or input). */
const reluGrad = kernelOf(
  "ReluGrad",
  ["dy", "features"],
  () => [typeAttr("T", DataType.float32)],
  1,
);

const reluGradGradient = gradient("ReluGrad", ["features"], (ddy, [features]) => ({
  dy: () => run("ReluGrad", { dy: ddy, features }),
  features: () => tf.zerosLike(features),
}));

/**
 * Replaces tfjs's relu gradient, which needs seven passes over the activation. Uses the output, so that
 * the input's memory is free again early.
 */
const reluGradient = ofOutput(
  "Relu",
  (dy, features) =>
    tf.getKernel("ReluGrad", tf.getBackend())
      ? run("ReluGrad", { dy, features })
      : tf.mul(dy, tf.step(features)),
);

export const kernels: tf.KernelConfig[] = [reluGrad];
export const gradients: tf.GradConfig[] = [reluGradient, reluGradGradient];
