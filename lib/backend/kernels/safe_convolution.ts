/**
 * Convolutions and their gradients, protected from bugs of TensorFlow (2.20) on CPUs, where oneDNN
 * writes outside its memory, crashes or gives wrong numbers.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import {
  checkReach,
  type ConvAttrs,
  convInfo,
  type Info,
  inOrder,
  paddingsOf,
  type Windows,
  windowsOf,
} from "../../autodiff/windows.ts";
import { cut, explicitPadding, onPadded, unpadded } from "./explicit_padding.ts";
import type { Guard, KernelParams } from "./kernel.ts";

/** The sizes of a call of a kernel, in two or three dimensions. */
function infoOf(
  x: readonly number[],
  filter: readonly number[],
  { attrs }: KernelParams,
  depthwise = isDepthwise(attrs),
): Info {
  return convInfo(x, filter, attrs as unknown as ConvAttrs, depthwise);
}

/**
 * The forward pass. TensorFlow gives an empty result the input's shape. In bfloat16, oneDNN reads
 * outside its memory if a dilated filter only covers padding. It gives wrong numbers for one channel
 * with strides and a result of one column.
 */
export const convolution: Guard = convolve(false);

/** The forward pass of a depthwise convolution. */
export const depthwiseConvolution: Guard = convolve(true);

function convolve(depthwise: boolean): Guard {
  return (params, run) => {
    const { x, filter } = params.inputs as Record<"x" | "filter", tf.TensorInfo>;
    const info = infoOf(x.shape, filter.shape, params, depthwise);
    const around = explicitPadding(info);
    if (around) return onPadded(params, "x", around, 0, (then) => convolve(depthwise)(then, run));
    const sizes = windowsOf(info);
    // TensorFlow rejects these.
    if (sizes.some(({ stride, dilation }) => !(stride > 0 && dilation > 0))) return run(params);
    checkReach(x, filter, sizes);
    if (isEmpty(x.shape) && !isEmpty(filter.shape)) {
      return tf.zeros(info.outShape.map((size) => Math.max(size, 0)));
    }
    for (const { input, size, dilation, before } of sizes) {
      const nearest = Math.min(Math.round(before / dilation), size - 1);
      if (Math.abs(nearest * dilation - before) < input) continue;
      throw new RangeError(
        `Cannot convolve [${x.shape}] with [${filter.shape}]: a dilation of ${dilation} takes all of ` +
          `the filter out of the input; use a smaller one`,
      );
    }
    return isLoneColumn(info) ? runLoneColumn(params, run, info) : run(params);
  };
}

/** True for one channel with strides and a result of one column. */
function isLoneColumn({ inChannels, outWidth, strideWidth }: Info): boolean {
  return inChannels === 1 && outWidth === 1 && strideWidth > 1;
}

/** Cuts out the input of the one output column, with padding, so that it needs no stride. */
function runLoneColumn(
  params: KernelParams,
  run: tf.KernelFunc,
  info: Info,
): ReturnType<tf.KernelFunc> {
  const windows = windowsOf(info);
  const { size, dilation } = windows.at(-1) as Windows[number];
  const others = windows.slice(0, -1);
  const sizes = inOrder(info, [...others.map(() => -1), (size - 1) * dilation + 1], -1); // -1 keeps all
  const strides = [...others.map(({ stride }) => stride), 1];
  return tf.tidy(() => {
    const padded = tf.pad(asTensor(params.inputs.x as tf.TensorInfo), paddingsOf(info));
    const x = tf.slice(padded, sizes.map(() => 0), sizes);
    const attrs = { ...params.attrs, strides, pad: "valid" } as tf.NamedAttrMap;
    return run({ ...params, inputs: { ...params.inputs, x }, attrs }) as tf.Tensor;
  });
}

/**
 * The forward pass in three dimensions. TensorFlow gives an empty result the input's shape here, too,
 * and wrong numbers for one channel with strides and one column.
 */
export const convolution3d: Guard = (params, run) => {
  const { x, filter } = params.inputs as Record<"x" | "filter", tf.TensorInfo>;
  checkHasValues(x.shape, filter.shape);
  const info = infoOf(x.shape, filter.shape, params);
  if (explicitPadding(info)) return run(params); // TensorFlow rejects it
  checkReach(x, filter, windowsOf(info));
  if (isEmpty(x.shape)) return tf.zeros(info.outShape.map((size) => Math.max(size, 0)));
  return isLoneColumn(info) ? runLoneColumn(params, run, info) : run(params);
};

/** TensorFlow only rejects such a filter in two dimensions; in three, its gradients divide by zero. */
function checkHasValues(x: readonly number[], filter: readonly number[]): void {
  if (!isEmpty(filter)) return;
  throw new TypeError(`Cannot convolve [${x}] with [${filter}]: the filter has no values`);
}

/** The gradient of the input in three dimensions, which is also `tf.conv3dTranspose`. */
export const inputGradient3d: Guard = (params, run) => {
  const { dy, filter } = params.inputs as Record<"dy" | "filter", tf.TensorInfo>;
  const { inputShape } = params.attrs as unknown as tf.Conv3DBackpropInputV2Attrs;
  return gradient3d(params, run, { x: inputShape, filter: filter.shape, dy, result: inputShape });
};

/** The gradient of the filter in three dimensions. */
export const filterGradient3d: Guard = (params, run) => {
  const { x, dy } = params.inputs as Record<"x" | "dy", tf.TensorInfo>;
  const { filterShape } = params.attrs as unknown as tf.Conv3DBackpropFilterV2Attrs;
  return gradient3d(params, run, { x: x.shape, filter: filterShape, dy, result: filterShape });
};

function gradient3d(
  params: KernelParams,
  run: tf.KernelFunc,
  { x, filter, dy, result }: { dy: tf.TensorInfo } & Record<"x" | "filter" | "result", number[]>,
): ReturnType<tf.KernelFunc> {
  checkHasValues(x, filter);
  const info = infoOf(x, filter, params);
  if (explicitPadding(info)) return run(params); // TensorFlow rejects it
  checkGradient(dy, info.outShape, x);
  return isEmpty(x) || isEmpty(dy.shape) ? tf.zeros(result) : run(params);
}

/**
 * The gradient of the filter. For a filter of size 1 with strides, oneDNN writes outside its memory on
 * some processors and gives wrong numbers on others. So this selects the used positions first.
 */
export const filterGradient: Guard = (params, run) => {
  const { x, dy } = params.inputs as Record<"x" | "dy", tf.TensorInfo>;
  const { filterShape } = params.attrs as unknown as tf.Conv2DBackpropFilterAttrs;
  const info = infoOf(x.shape, filterShape, params);
  const around = explicitPadding(info);
  if (around) return onPadded(params, "x", around, 0, (then) => filterGradient(then, run));
  checkGradient(dy, info.outShape, x.shape);
  if (isEmpty(x.shape) || isEmpty(dy.shape)) return tf.zeros(filterShape);
  const { filterHeight, filterWidth, strideHeight, strideWidth } = info;
  const isOne = filterHeight === 1 && filterWidth === 1;
  if (!isOne || (strideHeight === 1 && strideWidth === 1)) return run(params);
  const steps = inOrder(info, [strideHeight, strideWidth], 1);
  const attrs = { ...params.attrs, strides: [1, 1] as [number, number] };
  return tf.tidy(() => {
    const taken = tf.stridedSlice(asTensor(x), [0, 0, 0, 0], [...x.shape], steps);
    return run({ ...params, inputs: { ...params.inputs, x: taken }, attrs }) as tf.Tensor;
  });
};

/** The gradient of the input. */
export const inputGradient: Guard = (params, run) => {
  const { dy, filter } = params.inputs as Record<"dy" | "filter", tf.TensorInfo>;
  const { inputShape } = params.attrs as unknown as tf.Conv2DBackpropInputAttrs;
  const around = explicitPadding(infoOf(inputShape, filter.shape, params));
  if (around) {
    const wide = inputShape.map((size, i) => size + (around[i]?.[0] ?? 0) + (around[i]?.[1] ?? 0));
    const attrs = { inputShape: wide };
    return cut(inputGradient(unpadded(params, params.inputs, attrs), run), around, inputShape);
  }
  return isEmpty(dy.shape) || isEmpty(inputShape) ? tf.zeros(inputShape) : run(params);
};

/** True for a gradient of a depthwise convolution: only tfjs's kernels of these have dilations. */
function isDepthwise(attrs: tf.NamedAttrMap | undefined): boolean {
  return attrs?.dilations !== undefined;
}

/** True if a tensor of this shape has no values. */
export function isEmpty(shape: readonly number[]): boolean {
  return shape.includes(0);
}

/**
 * Checks the shape of `dy`. TensorFlow does not always check it, and would read outside its memory.
 *
 * @throws {TypeError} If `dy` does not have the shape of the result.
 */
export function checkGradient(
  dy: tf.TensorInfo,
  result: readonly number[],
  x: readonly number[],
): void {
  if (String(dy.shape) === String(result)) return;
  throw new TypeError(
    `Cannot take a gradient by [${x}] from [${dy.shape}]: the result was [${result}]`,
  );
}

function asTensor(info: tf.TensorInfo): tf.Tensor {
  return info as tf.Tensor; // tfjs passes tensors to its kernels
}
