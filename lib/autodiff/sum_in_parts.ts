/**
 * Sums of many numbers in parts, for backends that add them up one by one and lose what is small
 * beside the sum so far.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/** How many numbers a kernel is trusted to add up: 1e-6 of the sum is lost then, at most. */
const longest = 128;

/** `tf.sum` by a kernel that is right for few numbers. */
export function sumInParts(original: tf.KernelFunc): tf.KernelFunc {
  return (call) => {
    const { x, axes, length } = reduction(call);
    if (x.dtype !== "float32" || length <= longest) return original(call);
    return tf.tidy(() => sumOfRows(x, axes, call.attrs?.keepDims === true));
  };
}

/** `tf.mean` by a `tf.sum` that is right. */
export function meanInParts(original: tf.KernelFunc): tf.KernelFunc {
  return (call) => {
    const { x, axes, length } = reduction(call);
    if (x.dtype !== "float32" || length <= longest) return original(call);
    return tf.tidy(() => tf.div(tf.sum(x, axes, call.attrs?.keepDims === true), length));
  };
}

type Call = Parameters<tf.KernelFunc>[0];

function reduction({ inputs, attrs }: Call): { x: tf.Tensor; axes: number[]; length: number } {
  const x = inputs.x as tf.Tensor;
  const axes = tf.util.parseAxisParam(attrs?.axis as number[], x.shape);
  return {
    x,
    axes,
    length: axes.reduce((product, axis) => product * (x.shape[axis] as number), 1),
  };
}

function sumOfRows(x: tf.Tensor, axes: number[], keepDims: boolean): tf.Tensor {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const outer = kept.reduce((product, axis) => product * (x.shape[axis] as number), 1);
  const length = x.size / outer;
  const rows = tf.reshape(tf.transpose(x, [...kept, ...axes]), [outer, length]);
  const parts = Math.ceil(length / longest);
  const padded = tf.pad(rows, [[0, 0], [0, parts * longest - length]]);
  const sums = tf.sum(tf.sum(tf.reshape(padded, [outer, parts, longest]), 2), 1);
  return tf.reshape(
    sums,
    keepDims
      ? x.shape.map((size, axis) => axes.includes(axis) ? 1 : size)
      : kept.map((axis) => x.shape[axis] as number),
  );
}
