/**
 * Composes kernels that training needs and that are missing or wrong in tfjs's backends.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import {
  composedDepthwiseFilterGradient,
  composedDepthwiseInputGradient,
} from "./depthwise_gradient.ts";
import { composedFilterGradient } from "./filter_gradient.ts";
import { membership } from "./gradient.ts";
import { mended } from "./mended_kernels.ts";
import type { ConvAttrs } from "./windows.ts";

/** Computes a kernel's result from its inputs and attributes. */
export type Compose = (
  inputs: Record<string, tf.Tensor>,
  attributes: Record<string, unknown>,
) => tf.Tensor;

type Shape = [number, number, number, number];

/** Kernels to add to any backend that lacks them. tfjs's wasm backend lacks them all. */
const composed: Record<string, Compose> = {
  Conv2DBackpropFilter({ x, dy }, attributes) {
    const { dataFormat, ...attrs } = attributes as unknown as ConvAttrs;
    const shape = attributes.filterShape as Shape;
    const [from, back] = [x, dy].map((y) =>
      dataFormat === "NCHW" ? tf.transpose(y as tf.Tensor4D, [0, 2, 3, 1]) : y
    ) as [tf.Tensor4D, tf.Tensor4D];
    return composedFilterGradient(from, back, shape, attrs);
  },
  DepthwiseConv2dNativeBackpropFilter({ x, dy }, attributes) {
    const attrs = attributes as unknown as ConvAttrs;
    const shape = attributes.filterShape as Shape;
    const [from, back] = [x as tf.Tensor4D, dy as tf.Tensor4D];
    return composedDepthwiseFilterGradient(from, back, shape, attrs);
  },
  DepthwiseConv2dNativeBackpropInput({ dy, filter }, attributes) {
    const attrs = attributes as unknown as ConvAttrs;
    const shape = attributes.inputShape as Shape;
    const [back, by] = [dy as tf.Tensor4D, filter as tf.Tensor4D];
    return composedDepthwiseInputGradient(shape, back, by, attrs);
  },
  /** Needed by the gradient of `tf.gather`. */
  UnsortedSegmentSum({ x, segmentIds }, { numSegments }) {
    const [values, segments] = [x as tf.Tensor, segmentIds as tf.Tensor1D];
    const member = membership(segments, numSegments as number);
    const sums = tf.matMul(member, tf.reshape(values, [segments.size, -1]), true);
    return tf.reshape(sums, [numSegments as number, ...values.shape.slice(segments.rank)]);
  },
};

const completeBackends = new Set<string>();

/**
 * Adds missing kernels to tfjs's current backend, and corrects wrong ones of all loaded backends. Done
 * once per backend, for the whole program, including the user's own networks.
 */
export function completeKernels(): void {
  for (const backendName of Object.keys(mended)) mendKernels(backendName);
  const backendName = tf.getBackend();
  if (!backendName || completeBackends.has(backendName)) return;
  completeBackends.add(backendName);
  for (const [kernelName, compose] of Object.entries(composed)) {
    if (tf.getKernel(kernelName, backendName)) continue;
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) =>
        tf.tidy(() => compose(inputs as unknown as Record<string, tf.Tensor>, { ...attrs })),
    });
  }
}

const mendedBackends = new Set<string>();

function mendKernels(backendName: string): void {
  if (mendedBackends.has(backendName) || !tf.getKernel("Add", backendName)) return;
  mendedBackends.add(backendName);
  for (const [kernelName, mend] of Object.entries(mended[backendName] ?? {})) {
    const original = tf.getKernel(kernelName, backendName);
    if (!original) continue;
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({ ...original, kernelFunc: mend(original.kernelFunc) });
  }
}

/** Turns the error about a missing kernel into one with advice. Returns other errors unchanged. */
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
