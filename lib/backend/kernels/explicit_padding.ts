/**
 * Padding given as numbers. tfjs-node's kernels only take "same" and "valid", so this pads first.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { type Around, type Info, paddingsOf } from "../../autodiff/windows.ts";
import type { KernelParams } from "./kernel.ts";

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
