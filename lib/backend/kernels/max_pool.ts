/**
 * The gradient of max pooling's gradient as one op.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { AttrType, typeAttr } from "../../tensorflow/attributes.ts";
import { DataType } from "../../tensorflow/data_types.ts";
import { kernelOf } from "./kernel.ts";

/** Inputs: max pooling's input and output, and the values to take at the positions of the maxima. */
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

export const kernels: tf.KernelConfig[] = [maxPoolGradGrad];
