/**
 * Sums many numbers in parts, for backends that add them one by one and so lose precision.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/** The number of values that a kernel may add. Then the error is at most 1e-6 of the sum. */
const longest = 128;

/** Wraps a backend's kernel, which does part of the work. */
export type Mend = (original: tf.KernelFunc) => tf.KernelFunc;

/** A reduction of `length` numbers for each number of the result, of this shape. */
type Reduce = (x: tf.Tensor, axes: number[], length: number, shape: number[]) => tf.Tensor;

/**
 * Computes a reduction otherwise where the kernel would add too many numbers, or none: then wasm leaves
 * the result as it finds it in memory.
 */
function inParts(ofNothing: number, reduce: Reduce): Mend {
  return (original) => (call) => {
    const x = call.inputs.x as tf.Tensor;
    const axes = tf.util.parseAxisParam(call.attrs?.axis as number[], x.shape);
    const length = axes.reduce((product, axis) => product * (x.shape[axis] as number), 1);
    const shape = call.attrs?.keepDims === true
      ? x.shape.map((size, axis) => axes.includes(axis) ? 1 : size)
      : x.shape.filter((_, axis) => !axes.includes(axis));
    if (length === 0) return tf.fill(shape, ofNothing, x.dtype as "float32");
    if (x.dtype !== "float32" || length <= longest) return original(call);
    return tf.tidy(() => reduce(x, axes, length, shape));
  };
}

/** `tf.sum` from a kernel that is accurate for few numbers. */
export const sumInParts: Mend = inParts(0, (x, axes, length, shape) => {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const outer = x.size / length;
  const rows = tf.reshape(tf.transpose(x, [...kept, ...axes]), [outer, length]);
  const parts = Math.ceil(length / longest);
  const padded = tf.pad(rows, [[0, 0], [0, parts * longest - length]]);
  const sums = tf.sum(tf.sum(tf.reshape(padded, [outer, parts, longest]), 2), 1);
  return tf.reshape(sums, shape);
});

/** `tf.mean` from an accurate `tf.sum`. */
export const meanInParts: Mend = inParts(
  NaN,
  (x, axes, length, shape) => tf.reshape(tf.div(tf.sum(x, axes), length), shape),
);
