/**
 * Relu's gradient in one pass, which can be differentiated again.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
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

const reluGradGradient: tf.GradConfig = {
  kernelName: "ReluGrad",
  inputsToSave: ["features"],
  gradFunc: (ddy, saved) => {
    const [features] = saved as [tf.Tensor];
    return {
      dy: () => tf.engine().runKernel("ReluGrad", { dy: ddy as tf.Tensor, features }),
      features: () => tf.zerosLike(features),
    };
  },
};

/**
 * Replaces tfjs's relu gradient, which needs seven passes over the activation. Uses the output, so that
 * the input's memory is free again early.
 */
const reluGradient: tf.GradConfig = {
  kernelName: "Relu",
  outputsToSave: [true],
  gradFunc: (dy, saved) => {
    const [features] = saved as [tf.Tensor];
    return {
      x: () =>
        tf.getKernel("ReluGrad", tf.getBackend())
          ? tf.engine().runKernel("ReluGrad", { dy: dy as tf.Tensor, features })
          : tf.mul(dy as tf.Tensor, tf.step(features)),
    };
  },
};

export const kernels: tf.KernelConfig[] = [reluGrad];
export const gradients: tf.GradConfig[] = [reluGradient, reluGradGradient];
