/**
 * Sums many numbers in parts, for backends that add them one by one and so lose precision.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/** The number of values that a kernel may add. Then the error is at most 1e-6 of the sum. */
const longest = 128;

/** `tf.sum` from a kernel that is accurate for few numbers. */
export function sumInParts(original: tf.KernelFunc): tf.KernelFunc {
  return (call) => {
    const { x, axes, length } = reduction(call);
    if (x.dtype !== "float32" || length <= longest) return original(call);
    return tf.tidy(() => sumOfRows(x, axes, call.attrs?.keepDims === true));
  };
}

/** `tf.mean` from an accurate `tf.sum`. */
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
