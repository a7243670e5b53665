/**
 * Windows that move over an image, as plain ops: the values at each position of the window.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { everyNth, indicator, spread } from "./gradient.ts";

/** One axis of an image `[N, ..., C]`. */
interface Axis {
  /** The numbers of positions of the image and of the result. */
  input: number;
  output: number;
  /** The number of positions of the window, and the distance between them. */
  size: number;
  dilation: number;
  stride: number;
  /** The padding before the first position of the image. */
  before: number;
}

/** How windows move over an image: one entry per axis, without batch and channels. */
export type Windows = readonly Axis[];

/** The sizes that tfjs computes for a convolution, a pooling or a dilation. */
export type Info = tf.backend_util.Conv2DInfo | tf.backend_util.Conv3DInfo;

/** How tfjs describes the way of windows over an image. */
export interface WindowAttrs {
  strides: number | number[];
  pad: "valid" | "same" | number | [number, number][];
  dimRoundingMode?: "floor" | "round" | "ceil" | undefined;
}

/** The attributes of a convolution that decide its sizes. */
export interface ConvAttrs extends WindowAttrs {
  dilations?: number | number[] | null;
  /** In two dimensions. Default "NHWC". */
  dataFormat?: "NHWC" | "NCHW";
}

/** The sizes of a convolution in two or three dimensions, from the shapes of its input and filter. */
export function convInfo(
  x: readonly number[],
  filter: readonly number[],
  { strides, pad, dilations, dimRoundingMode, dataFormat = "NHWC" }: ConvAttrs,
  depthwise = false,
): Info {
  // deno-lint-ignore no-explicit-any -- the two functions differ in the lengths of their lists only
  const { computeConv2DInfo, computeConv3DInfo, convertConv2DDataFormat } = tf.backend_util as any;
  if (x.length === 5) return computeConv3DInfo(x, filter, strides, dilations ?? 1, pad);
  const format = convertConv2DDataFormat(dataFormat);
  return computeConv2DInfo(
    ...[x, filter, strides, dilations ?? 1, pad, dimRoundingMode, depthwise, format],
  );
}

const axes = [["Depth", "front"], ["Height", "top"], ["Width", "left"]] as const;

/** The windows of these sizes. */
export function windowsOf(info: Info): Windows {
  const all = { ...info, ...info.padInfo } as unknown as Readonly<Record<string, number>>;
  const of = (name: string) => all[name] as number;
  // In three dimensions, tfjs's is negative if a stride is larger than the filter. Only TensorFlow then
  // starts at the first position.
  const isExact = tf.getBackend() === "tensorflow";
  return axes.filter(([axis]) => `in${axis}` in all).map(([axis, before]) => ({
    input: of(`in${axis}`),
    output: of(`out${axis}`),
    size: of(`filter${axis}`),
    dilation: of(`dilation${axis}`),
    stride: of(`stride${axis}`),
    before: isExact ? Math.max(0, of(before)) : of(before),
  }));
}

/**
 * Checks that the filter is not larger than the input.
 *
 * @throws {TypeError} If it is.
 */
export function checkReach(x: tf.TensorInfo, filter: tf.TensorInfo, sizes: Windows): void {
  if (sizes.every(({ input, output }) => input === 0 || output > 0)) return;
  throw new TypeError(
    `Cannot convolve [${x.shape}] with [${filter.shape}]: the filter is larger than the input; ` +
      `use a larger input, or padding "same"`,
  );
}

/** The numbers to add before and after each axis. */
export type Around = [before: number, after: number][];

/** One value for each axis of an image, and one for examples and channels, in the order of the axes. */
export function inOrder<T>({ dataFormat }: Info, axes: readonly T[], other: T): T[] {
  return dataFormat === "channelsFirst" ? [other, other, ...axes] : [other, ...axes, other];
}

/** The padding of each axis of a convolution's or pooling's input. */
export function paddingsOf(info: Info): Around {
  const axes = windowsOf(info).map((
    { input, output, size, dilation, stride, before },
  ): Around[number] => {
    const seen = (output - 1) * stride + (size - 1) * dilation + 1;
    return [before, Math.max(0, seen - before - input)];
  });
  return inOrder<Around[number]>(info, axes, [0, 0]);
}

/** All positions of a window. The last axis changes fastest. */
export function positionsOf(windows: Windows): number[][] {
  return windows.reduce<number[][]>(
    (positions, { size }) =>
      positions.flatMap((position) => Array.from({ length: size }, (_, i) => [...position, i])),
    [[]],
  );
}

/**
 * A function that returns the values of all windows at one position.
 *
 * @param x `[N, ..., C]`.
 * @param beyond the value outside the image.
 * @returns for a position, a tensor with the sizes of the result.
 */
export function look<T extends tf.Tensor>(
  x: T,
  windows: Windows,
  beyond = 0,
): (position: readonly number[]) => T {
  /** How many strides cover the padded axis. */
  const counts = windows.map(({ input, output, size, dilation, stride, before }) =>
    Math.max(
      Math.ceil((before + input) / stride),
      Math.floor((size - 1) * dilation / stride) + output,
    )
  );
  const padding = windows.map(({ input, stride, before }, i): [number, number] => [
    before,
    (counts[i] as number) * stride - before - input,
  ]);
  const padded = tf.pad(x, [[0, 0], ...padding, [0, 0]], beyond);
  const seen = new Map<string, tf.Tensor>();
  return (position) => {
    const cuts = windows.map(({ output, stride, dilation }, i) => {
      const start = position[i] as number * dilation;
      const [phase, first] = [start % stride, Math.floor(start / stride)];
      return { axis: i + 1, phase, first, count: counts[i] as number, output, stride };
    });
    let [values, key]: [tf.Tensor, string] = [padded, ""];
    const cut = (axis: number, start: number, count: number, stride: number) => {
      key += `${start},`;
      values = seen.get(key) ?? everyNth(values, axis, start, count, stride);
      seen.set(key, values);
    };
    for (const { axis, phase, count, stride } of cuts) {
      if (stride > 1) cut(axis, phase, count, stride);
    }
    // Cut the last axis first: the other cuts then read contiguous data and copy fewer pieces.
    for (const { axis, first, output } of cuts.reverse()) cut(axis, first, output, 1);
    return values as T;
  };
}

/** The reverse of {@link look}: puts values at their places in an image of zeros. */
export function placeAt<T extends tf.Tensor>(
  values: T,
  windows: Windows,
  position: readonly number[],
): T {
  return windows.reduceRight<tf.Tensor>((x, { input, dilation, stride, before }, i) => {
    const start = position[i] as number * dilation - before;
    return spread(x, i + 1, start, input, stride);
  }, values) as T;
}

/** For each of several tensors: 1 where it is the first with the largest value, else 0. */
export function firstMaxima(
  values: readonly tf.Tensor[],
  largest: tf.Tensor = values.reduce((a, b) => tf.maximum(a, b)),
): tf.Tensor[] {
  let free = tf.onesLike(largest);
  return values.map((value) => {
    const isFirst = tf.mul(indicator(tf.equal(value, largest)), free);
    free = tf.sub(free, isFirst);
    return isFirst;
  });
}
