/**
 * Padding given as numbers. tfjs-node's kernels only take "same" and "valid", so this pads first.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { windowsOf } from "../../autodiff/windows.ts";
import type { KernelParams } from "./kernel.ts";

/** The numbers to add before and after each axis. */
export type Around = [before: number, after: number][];

/** The padding of each axis of a convolution's or pooling's input, if it is given as numbers. */
export function explicitPadding(
  info: tf.backend_util.Conv2DInfo | tf.backend_util.Conv3DInfo,
): Around | undefined {
  if (info.padInfo.type === "SAME" || info.padInfo.type === "VALID") return undefined;
  const axes = windowsOf(info).map((
    { input, output, size, dilation, stride, before },
  ): Around[number] => {
    const seen = (output - 1) * stride + (size - 1) * dilation + 1;
    return [before, Math.max(0, seen - before - input)];
  });
  return info.dataFormat === "channelsFirst"
    ? [[0, 0], [0, 0], ...axes]
    : [[0, 0], ...axes, [0, 0]];
}

/** Runs an op without padding on an input that has it. */
export function onPadded(
  params: KernelParams,
  name: string,
  around: Around,
  value: number,
  run: tf.KernelFunc,
): ReturnType<tf.KernelFunc> {
  const wide = tf.pad(params.inputs[name] as tf.Tensor, around, value);
  try {
    return run(unpadded(params, { ...params.inputs, [name]: wide }));
  } finally {
    wide.dispose();
  }
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
