/**
 * Kernels that tfjs's backends lack or have wrong, and that training needs: composed of others.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import {
  composedDepthwiseFilterGradient,
  composedDepthwiseInputGradient,
} from "./depthwise_gradient.ts";
import { composedFilterGradient, type Padding, type Rounding } from "./filter_gradient.ts";
import { composedMaxPoolGradient } from "./max_pool_gradient.ts";
import { meanInParts, sumInParts } from "./sum_in_parts.ts";

/** A kernel's work, given its inputs and its attributes. */
export type Compose = (
  inputs: Record<string, tf.Tensor>,
  attributes: Record<string, unknown>,
) => tf.Tensor;

/** A kernel's work, where the backend's own does part of it. */
export type Mend = (original: tf.KernelFunc) => tf.KernelFunc;

type Shape = [number, number, number, number];

/** What convolutions and poolings say of themselves. */
interface Window {
  strides: number | [number, number];
  pad: Padding;
  dimRoundingMode: Rounding;
  dataFormat?: "NHWC" | "NCHW";
}

/** By kernel, for any backend that lacks it. tfjs has none of these on wasm. */
const composed: Record<string, Compose> = {
  Conv2DBackpropFilter({ x, dy }, attributes) {
    const { strides, pad, dimRoundingMode, dataFormat } = attributes as unknown as Window;
    const shape = attributes.filterShape as Shape;
    const [from, back] = [x, dy].map((y) =>
      dataFormat === "NCHW" ? tf.transpose(y as tf.Tensor4D, [0, 2, 3, 1]) : y
    ) as [tf.Tensor4D, tf.Tensor4D];
    return composedFilterGradient(from, back, shape, strides, pad, dimRoundingMode);
  },
  DepthwiseConv2dNativeBackpropFilter({ x, dy }, attributes) {
    const { strides, pad, dimRoundingMode } = attributes as unknown as Window;
    const shape = attributes.filterShape as Shape;
    const [from, back] = [x as tf.Tensor4D, dy as tf.Tensor4D];
    return composedDepthwiseFilterGradient(from, back, shape, strides, pad, dimRoundingMode);
  },
  DepthwiseConv2dNativeBackpropInput({ dy, filter }, attributes) {
    const { strides, pad, dimRoundingMode } = attributes as unknown as Window;
    const shape = attributes.inputShape as Shape;
    const [back, by] = [dy as tf.Tensor4D, filter as tf.Tensor4D];
    return composedDepthwiseInputGradient(shape, back, by, strides, pad, dimRoundingMode);
  },
  /** What `tf.gather` needs for its gradient. */
  UnsortedSegmentSum({ x, segmentIds }, { numSegments }) {
    const [values, segments] = [x as tf.Tensor, segmentIds as tf.Tensor1D];
    const member = tf.cast(tf.oneHot(segments, numSegments as number, 1, 0, "int32"), "float32");
    const sums = tf.matMul(member, tf.reshape(values, [segments.size, -1]), true);
    return tf.reshape(sums, [numSegments as number, ...values.shape.slice(segments.rank)]);
  },
};

/** By backend and kernel: what is wrong there. */
const mended: Record<string, Record<string, Mend>> = {
  wasm: {
    // Adds up one by one: the mean of a million times 0.1 is 0.101.
    Sum: sumInParts,
    Mean: meanInParts,
    // Takes 0 for the largest of a window where all are negative.
    MaxPoolGrad: () => ({ inputs, attrs }) => {
      const { input, output, dy } = inputs as unknown as Record<string, tf.Tensor4D>;
      const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as Window & {
        filterSize: number | [number, number];
      };
      const [x, y, back] = [input, output, dy] as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
      return composedMaxPoolGradient(x, y, back, filterSize, strides, pad, dimRoundingMode);
    },
  },
};

const complete = new Set<string>();

/**
 * Adds to tfjs's current backend the kernels that training needs and it lacks, and replaces those
 * known to be wrong: once for a backend, for the whole program, the user's own networks included.
 */
export function addMissingKernels(): void {
  const backendName = tf.getBackend();
  if (!backendName || complete.has(backendName)) return;
  complete.add(backendName);
  for (const [kernelName, compose] of Object.entries(composed)) {
    if (tf.getKernel(kernelName, backendName)) continue;
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) =>
        tf.tidy(() => compose(inputs as unknown as Record<string, tf.Tensor>, { ...attrs })),
    });
  }
  for (const [kernelName, mend] of Object.entries(mended[backendName] ?? {})) {
    const original = tf.getKernel(kernelName, backendName);
    if (!original) continue;
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({ ...original, kernelFunc: mend(original.kernelFunc) });
  }
}

/**
 * What to throw in place of an error: where a backend lacks a kernel, one that says what to do; any
 * other as it is.
 */
export function explainMissingKernel(error: unknown): unknown {
  const [, kernel, backend] = error instanceof Error
    ? /Kernel '(\w+)' not registered for backend '(\w+)'/.exec(error.message) ?? []
    : [];
  if (kernel === undefined) return error;
  return new Error(
    `Cannot take the gradient: tfjs has no kernel ${kernel} on its ${backend} backend; use other ` +
      `ops, or another backend, such as by tf.setBackend("cpu")`,
    { cause: error },
  );
}
