/**
 * What moves in windows over an image, as plain ops: the values at each position of the window.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { everyNth, indicator, spread } from "./gradient.ts";

/** Of one axis of an image `[N, ..., C]`. */
interface Axis {
  /** Positions of the image, and of the result. */
  input: number;
  output: number;
  /** Positions of the window, and how far they are apart. */
  size: number;
  dilation: number;
  stride: number;
  /** What is added before the first position of the image. */
  before: number;
}

/** How windows move over an image: an entry for each of its axes, batch and channels left out. */
export type Windows = readonly Axis[];

type Info =
  & Partial<tf.backend_util.Conv3DInfo>
  & Omit<tf.backend_util.Conv2DInfo, "inShape" | "outShape" | "filterShape" | "padInfo">
  & { padInfo: { front?: number; top: number; left: number } };

/** The windows that tfjs computed for a pooling op or a dilation. */
export function windowsOf(info: tf.backend_util.Conv2DInfo | tf.backend_util.Conv3DInfo): Windows {
  const of = info as unknown as Info;
  const height = {
    input: of.inHeight,
    output: of.outHeight,
    size: of.filterHeight,
    dilation: of.dilationHeight,
    stride: of.strideHeight,
    before: of.padInfo.top,
  };
  const width = {
    input: of.inWidth,
    output: of.outWidth,
    size: of.filterWidth,
    dilation: of.dilationWidth,
    stride: of.strideWidth,
    before: of.padInfo.left,
  };
  if (of.inDepth === undefined) return [height, width];
  const depth = {
    input: of.inDepth,
    output: of.outDepth as number,
    size: of.filterDepth as number,
    dilation: of.dilationDepth as number,
    stride: of.strideDepth as number,
    before: of.padInfo.front as number,
  };
  return [depth, height, width];
}

/** All positions of a window, the last axis fastest. */
export function positionsOf(windows: Windows): number[][] {
  return windows.reduce<number[][]>(
    (positions, { size }) =>
      positions.flatMap((position) => Array.from({ length: size }, (_, i) => [...position, i])),
    [[]],
  );
}

/** How many values an axis has with what is added to it, before and after. */
function paddedSize({ input, output, size, dilation, stride, before }: Axis): number {
  return Math.max(before + input, (output - 1) * stride + (size - 1) * dilation + 1);
}

/** What every window has at a position: `[N, ..., C]` of the result's size. */
export function valuesAt(
  x: tf.Tensor,
  windows: Windows,
  position: readonly number[],
  beyond: number,
): tf.Tensor {
  const padded = tf.pad(x, [
    [0, 0],
    ...windows.map((axis): [number, number] => [
      axis.before,
      paddedSize(axis) - axis.before - axis.input,
    ]),
    [0, 0],
  ], beyond);
  return windows.reduce(
    (values, { output, stride, dilation }, i) =>
      everyNth(values, i + 1, position[i] as number * dilation, output, stride),
    padded,
  );
}

/** The reverse of {@link valuesAt}: puts values at their places in an image of zeros. */
export function placeAt(
  values: tf.Tensor,
  windows: Windows,
  position: readonly number[],
): tf.Tensor {
  const padded = windows.reduce(
    (x, axis, i) =>
      spread(x, i + 1, position[i] as number * axis.dilation, paddedSize(axis), axis.stride),
    values,
  );
  const begin = [0, ...windows.map(({ before }) => before), 0];
  const size = [-1, ...windows.map(({ input }) => input), -1];
  return tf.slice(padded, begin, size);
}

/** For each of several tensors 1 where it is the first that holds the largest value, else 0. */
export function firstMaxima(values: readonly tf.Tensor[]): tf.Tensor[] {
  const largest = values.reduce((a, b) => tf.maximum(a, b));
  let free = tf.onesLike(largest);
  return values.map((value) => {
    const isFirst = tf.mul(indicator(tf.equal(value, largest)), free);
    free = tf.sub(free, isFirst);
    return isFirst;
  });
}
