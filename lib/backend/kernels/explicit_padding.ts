/**
 * Padding given as numbers. tfjs-node's kernels only take "same" and "valid", so this pads first.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { type Info, windowsOf } from "../../autodiff/windows.ts";
import type { KernelParams } from "./kernel.ts";

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

/** The padding of each axis, if it is given as numbers. */
export function explicitPadding(info: Info): Around | undefined {
  return ["SAME", "VALID"].includes(info.padInfo.type) ? undefined : paddingsOf(info);
}

/** Runs an op without padding on an input that has it. */
export function onPadded(
  params: KernelParams,
  name: string,
  around: Around,
  value: number,
  run: tf.KernelFunc,
): ReturnType<tf.KernelFunc> {
  return tf.tidy(() => {
    const wide = tf.pad(params.inputs[name] as tf.Tensor, around, value);
    return run(unpadded(params, { ...params.inputs, [name]: wide })) as tf.Tensor;
  });
}

/** The call without padding. */
export function unpadded(
  params: KernelParams,
  inputs: KernelParams["inputs"],
  attrs: tf.NamedAttrMap = {},
): KernelParams {
  const { dimRoundingMode: _, ...others } = { ...params.attrs, ...attrs } as tf.NamedAttrMap;
  return { ...params, inputs, attrs: { ...others, pad: "valid" } };
}

/** A gradient without what it has of the padding. */
export function cut(
  wide: ReturnType<tf.KernelFunc>,
  around: Around,
  shape: number[],
): tf.Tensor {
  try {
    return tf.slice(wide as tf.Tensor, around.map(([before]) => before), shape);
  } finally {
    tf.dispose(wide as tf.Tensor);
  }
}
