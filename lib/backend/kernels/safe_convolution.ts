/**
 * Convolutions and their gradients, protected from bugs of TensorFlow (2.20) on CPUs, where oneDNN
 * writes outside its memory, crashes or gives wrong numbers.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { type Windows, windowsOf } from "../../autodiff/windows.ts";
import { cut, explicitPadding, onPadded, unpadded } from "./explicit_padding.ts";
import type { Guard, KernelParams } from "./kernel.ts";

type Attrs = tf.Conv2DAttrs & { filterShape: [number, number, number, number] };
type Info = tf.backend_util.Conv2DInfo;

function infoOf(
  x: readonly number[],
  filter: readonly number[],
  attrs: tf.NamedAttrMap | undefined,
  depthwise = false,
): Info {
  const { strides, dilations, pad, dimRoundingMode, dataFormat } = attrs as unknown as Attrs;
  return tf.backend_util.computeConv2DInfo(
    x as [number, number, number, number],
    filter as [number, number, number, number],
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    depthwise,
    tf.backend_util.convertConv2DDataFormat(dataFormat ?? "NHWC"),
  );
}

/**
 * The forward pass. TensorFlow gives an empty result the input's shape. In bfloat16, oneDNN reads
 * outside its memory if a dilated filter only covers padding. It gives wrong numbers for one channel
 * with strides and a result of one column.
 */
export const convolution: Guard = (params, run) => convolve(params, run, false);

/** The forward pass of a depthwise convolution. */
export const depthwiseConvolution: Guard = (params, run) => convolve(params, run, true);

function convolve(
  params: KernelParams,
  run: tf.KernelFunc,
  depthwise: boolean,
): ReturnType<tf.KernelFunc> {
  const { x, filter } = params.inputs as Record<"x" | "filter", tf.TensorInfo>;
  const info = infoOf(x.shape, filter.shape, params.attrs, depthwise);
  const around = explicitPadding(info);
  if (around) return onPadded(params, "x", around, 0, (then) => convolve(then, run, depthwise));
  const sizes = windowsOf(info);
  const isKnown = isKnownPadding(info) &&
    sizes.every(({ stride, dilation }) => stride > 0 && dilation > 0);
  if (!isKnown) return run(params); // TensorFlow rejects it
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
  return isLoneColumn(info) ? convolveLoneColumn(params, run, info) : run(params);
}

/**
 * Checks that the filter is not larger than the input.
 *
 * @throws {TypeError} If it is.
 */
function checkReach(x: tf.TensorInfo, filter: tf.TensorInfo, sizes: Windows): void {
  if (sizes.every(({ input, output }) => input === 0 || output > 0)) return;
  throw new TypeError(
    `Cannot convolve [${x.shape}] with [${filter.shape}]: the filter is larger than the input; ` +
      `use a larger input, or padding "same"`,
  );
}

/** True if TensorFlow's kernels have this padding. They reject others. */
function isKnownPadding({ padInfo: { type } }: { padInfo: { type: string } }): boolean {
  return type === "SAME" || type === "VALID";
}

/** True for one channel with strides and a result of one column. */
function isLoneColumn(
  { inChannels, outWidth, strideWidth }: Pick<Info, "inChannels" | "outWidth" | "strideWidth">,
): boolean {
  return inChannels === 1 && outWidth === 1 && strideWidth > 1;
}

/** {@linkcode runLoneColumn} in two dimensions. */
function convolveLoneColumn(
  params: KernelParams,
  run: tf.KernelFunc,
  info: Info,
): ReturnType<tf.KernelFunc> {
  const { top, bottom, left, right } = info.padInfo;
  const inOrder = <T>(rest: T, height: T, width: T) =>
    info.dataFormat === "channelsLast" ? [rest, height, width, rest] : [rest, rest, height, width];
  return runLoneColumn(params, run, {
    paddings: inOrder<Range>([0, 0], [top, bottom], [left, right]),
    sizes: inOrder(-1, -1, (info.filterWidth - 1) * info.dilationWidth + 1),
    strides: [info.strideHeight, 1],
  });
}

type Range = [before: number, after: number];

/** The input of the one output column. */
interface LoneColumn {
  /** Zeros to add, by axis. */
  paddings: Range[];
  /** The sizes to keep of the padded input, by axis; -1 keeps all. */
  sizes: number[];
  /** The strides of the remaining convolution. */
  strides: number[];
}

/** Cuts out the input of the one output column, with padding, so that it needs no stride. */
function runLoneColumn(
  params: KernelParams,
  run: tf.KernelFunc,
  { paddings, sizes, strides }: LoneColumn,
): ReturnType<tf.KernelFunc> {
  const padded = tf.pad(asTensor(params.inputs.x as tf.TensorInfo), paddings);
  const cut = tf.slice(padded, sizes.map(() => 0), sizes);
  const attrs = { ...params.attrs, strides, pad: "valid" };
  try {
    return run({
      ...params,
      inputs: { ...params.inputs, x: cut },
      attrs: attrs as tf.NamedAttrMap,
    });
  } finally {
    tf.dispose([padded, cut]);
  }
}

/**
 * The forward pass in three dimensions. It has the first and last of these bugs. Its gradients divide
 * by zero if a filter has no values.
 */
export const convolution3d: Guard = (params, run) => {
  const { x, filter } = params.inputs as Record<"x" | "filter", tf.TensorInfo>;
  if (isEmpty(filter.shape)) { // TensorFlow only rejects this in two dimensions
    throw new TypeError(
      `Cannot convolve [${x.shape}] with [${filter.shape}]: the filter has no values`,
    );
  }
  const { strides, dilations, pad } = params.attrs as unknown as tf.Conv3DAttrs;
  const info = tf.backend_util.computeConv3DInfo(
    x.shape as [number, number, number, number, number],
    filter.shape as [number, number, number, number, number],
    strides,
    dilations,
    pad,
  );
  if (!isKnownPadding(info)) return run(params); // TensorFlow rejects it
  checkReach(x, filter, windowsOf(info));
  if (isEmpty(x.shape)) return tf.zeros(info.outShape.map((size) => Math.max(size, 0)));
  if (!isLoneColumn(info)) return run(params);
  const { front, back, top, bottom, left, right } = info.padInfo;
  const around: Range[] = [[0, 0], [front, back], [top, bottom], [left, right], [0, 0]];
  return runLoneColumn(params, run, {
    // tfjs's padding is negative if a stride is larger than the filter.
    paddings: around.map(([before, after]) => [Math.max(before, 0), Math.max(after, 0)]),
    sizes: [-1, -1, -1, info.effectiveFilterWidth, -1],
    strides: [info.strideDepth, info.strideHeight, 1],
  });
};

/**
 * The gradient of the filter. For a filter of size 1 with strides, oneDNN writes outside its memory on
 * some processors and gives wrong numbers on others. So this selects the used positions first.
 */
export const filterGradient: Guard = (params, run) => {
  const { x, dy } = params.inputs as Record<"x" | "dy", tf.TensorInfo>;
  const attrs = params.attrs as unknown as Attrs;
  const info = infoOf(x.shape, attrs.filterShape, params.attrs, isDepthwise(params.attrs));
  const around = explicitPadding(info);
  if (around) return onPadded(params, "x", around, 0, (then) => filterGradient(then, run));
  checkGradient(dy, info.outShape, x);
  if (isEmpty(x.shape) || isEmpty(dy.shape)) return tf.zeros(attrs.filterShape);
  const { filterHeight, filterWidth, strideHeight, strideWidth } = info;
  const isOne = filterHeight === 1 && filterWidth === 1 && isKnownPadding(info);
  if (!isOne || (strideHeight === 1 && strideWidth === 1)) return run(params);
  const steps = info.dataFormat === "channelsLast"
    ? [1, strideHeight, strideWidth, 1]
    : [1, 1, strideHeight, strideWidth];
  const taken = tf.stridedSlice(asTensor(x), [0, 0, 0, 0], [...x.shape], steps);
  const attrsThen = { ...params.attrs, strides: [1, 1] as [number, number] };
  try {
    return run({ ...params, inputs: { ...params.inputs, x: taken }, attrs: attrsThen });
  } finally {
    taken.dispose();
  }
};

/** The gradient of the input. */
export const inputGradient: Guard = (params, run) => {
  const { dy, filter } = params.inputs as Record<"dy" | "filter", tf.TensorInfo>;
  const { inputShape } = params.attrs as unknown as tf.Conv2DBackpropInputAttrs;
  const around = explicitPadding(
    infoOf(inputShape, filter.shape, params.attrs, isDepthwise(params.attrs)),
  );
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
  x: tf.TensorInfo,
): void {
  if (String(dy.shape) === String(result)) return;
  throw new TypeError(
    `Cannot take a gradient by [${x.shape}] from [${dy.shape}]: the result was [${result}]`,
  );
}

function asTensor(info: tf.TensorInfo): tf.Tensor {
  return info as tf.Tensor; // tfjs passes tensors to its kernels
}
