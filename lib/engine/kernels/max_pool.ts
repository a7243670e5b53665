/**
 * Max pooling's gradient, made differentiable: tfjs leaves it out.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { AttrType, typeAttr } from "../attributes.ts";
import { DataType } from "../data_types.ts";
import { kernelOf } from "./kernel.ts";

/** Inputs of max pooling, its output, and what to take at the positions of the maxima. */
const maxPoolGradGrad = kernelOf(
  "MaxPoolGradGrad",
  ["input", "output", "ddx"],
  (attrs) => {
    const { filterSize, strides, pad } = attrs as unknown as tf.MaxPoolGradAttrs;
    const window = (size: number | [number, number]) =>
      typeof size === "number" ? [1, size, size, 1] : [1, ...size, 1];
    return [
      typeAttr("T", DataType.float32),
      { name: "ksize", type: AttrType.int, value: window(filterSize) },
      { name: "strides", type: AttrType.int, value: window(strides) },
      { name: "padding", type: AttrType.string, value: String(pad).toUpperCase() },
      { name: "data_format", type: AttrType.string, value: "NHWC" },
    ];
  },
  1,
);

const maxPoolGradGradient: tf.GradConfig = {
  kernelName: "MaxPoolGrad",
  inputsToSave: ["input", "output"],
  gradFunc: (ddx, saved, attrs) => {
    const [input, output] = saved as [tf.Tensor, tf.Tensor];
    const inputs = { input, output, ddx: ddx as tf.Tensor };
    return {
      dy: () => tf.engine().runKernel("MaxPoolGradGrad", inputs, attrs),
      // The positions of the maxima stay where they are.
      input: () => tf.zerosLike(input),
      output: () => tf.zerosLike(output),
    };
  },
};

/** The kernels of this file. */
export const kernels: tf.KernelConfig[] = [maxPoolGradGrad];
/** The gradients of this file. */
export const gradients: tf.GradConfig[] = [maxPoolGradGradient];
