/**
 * Helpers of the gradients in this folder.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

// deno-lint-ignore no-explicit-any -- tfjs's types know a union of values only
export type Attributes = any;

/** The inputs of these names, then the outputs, if they are saved. */
type Saved<Names extends readonly string[]> = readonly [
  ...{ [Index in keyof Names]: tf.Tensor },
  ...tf.Tensor[],
];

/** A gradient function of the output's gradient, the saved tensors, and the op's attributes. */
type GradientOf<Names extends readonly string[]> = (
  dy: tf.Tensor,
  saved: Saved<Names>,
  attrs: Attributes,
) => Record<string, () => tf.Tensor>;

/** The gradient of an op with one output. `inputsToSave` names the inputs that `gradFunc` needs. */
export function gradient<const Names extends readonly string[]>(
  kernelName: string,
  inputsToSave: Names,
  gradFunc: GradientOf<Names>,
): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: [...inputsToSave],
    gradFunc: (dy, saved, attrs) =>
      gradFunc(dy as tf.Tensor, saved as unknown as Saved<Names>, attrs),
  };
}

/** As floats: gradients are floats, whatever the input is. */
export function float(x: tf.Tensor): tf.Tensor {
  return tf.cast(x, "float32");
}

/** The gradient of an op of one input `x`, by the input's value. */
export function ofInput(
  kernelName: string,
  slope: (dy: tf.Tensor, x: tf.Tensor, attrs: Attributes) => tf.Tensor,
): tf.GradConfig {
  return gradient(kernelName, ["x"], (dy, [x], attrs) => ({ x: () => slope(dy, x, attrs) }));
}

/** The gradient of an op of one input `x`, by the output's value. */
export function ofOutput(
  kernelName: string,
  slope: (dy: tf.Tensor, y: tf.Tensor) => tf.Tensor,
): tf.GradConfig {
  return {
    ...gradient(kernelName, [], (dy, [y]) => ({ x: () => slope(dy, y as tf.Tensor) })),
    outputsToSave: [true],
  };
}

/** The gradient of an op of two inputs that are broadcast to each other. */
export function ofPair(
  kernelName: string,
  slopes: (
    dy: tf.Tensor,
    a: tf.Tensor,
    b: tf.Tensor,
  ) => { a: () => tf.Tensor; b: () => tf.Tensor },
): tf.GradConfig {
  return gradient(kernelName, ["a", "b"], (dy, [a, b]) => {
    const of = slopes(dy, float(a), float(b));
    return { a: () => sumTo(of.a(), a.shape), b: () => sumTo(of.b(), b.shape) };
  });
}

/** Runs a tfjs op by name, because gradient ops have no function. */
export function run<T extends tf.Tensor>(
  kernelName: string,
  inputs: Record<string, tf.Tensor>,
  attrs?: object,
): T {
  return tf.engine().runKernel(kernelName, inputs, attrs as tf.NamedAttrMap) as T;
}

/** Sums `x` over the axes along which a tensor of `shape` was broadcast. */
export function sumTo(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  if (x.size === 0) return tf.zeros([...shape]);
  const axes = tf.broadcast_util.getReductionAxes([...shape], x.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(x, axes) : x, [...shape]);
}

/** 1 where the condition is true, else 0. */
export function indicator(condition: tf.Tensor): tf.Tensor {
  return tf.cast(condition, "float32");
}

/** `[indices, count]`: 1 where an index is the column's number, else 0. Like `tf.oneHot`, also for 1. */
export function membership(indices: tf.Tensor, count: number): tf.Tensor2D {
  const column = tf.reshape(tf.cast(indices, "int32"), [-1, 1]);
  return indicator(tf.equal(column, tf.range(0, count, 1, "int32"))) as tf.Tensor2D;
}

/** The sizes before, along and after an axis. */
export function aroundAxis(
  shape: readonly number[],
  axis: number,
): [outer: number, size: number, inner: number] {
  const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
  return [product(shape.slice(0, axis)), shape[axis] as number, product(shape.slice(axis + 1))];
}

/** The shape with a different size along an axis. */
export function withSize(shape: readonly number[], axis: number, size: number): number[] {
  return shape.map((old, i) => i === axis ? size : old);
}

/**
 * Applies a linear map to the values along an axis.
 *
 * @param matrix `[to, from]`, where `from` is the size of `x` along the axis.
 */
export function mapAxis(x: tf.Tensor, axis: number, matrix: tf.Tensor2D): tf.Tensor {
  const [outer, from, inner] = aroundAxis(x.shape, axis);
  const to = matrix.shape[0];
  const last = tf.reshape(tf.transpose(tf.reshape(x, [outer, from, inner]), [0, 2, 1]), [-1, from]);
  const mapped = tf.reshape(tf.matMul(last, matrix, false, true), [outer, inner, to]);
  return tf.reshape(tf.transpose(mapped, [0, 2, 1]), withSize(x.shape, axis, to));
}

/**
 * `count` slices along an axis, `stride` apart: `start`, `start + stride` and so on; zeros beyond the
 * end. Like `tf.stridedSlice`, which has no gradient in tfjs.
 */
export function everyNth(
  x: tf.Tensor,
  axis: number,
  start: number,
  count: number,
  stride: number,
): tf.Tensor {
  const [outer, size, inner] = aroundAxis(x.shape, axis);
  // Copy whole rows of matrices, which is several times faster on the wasm backend.
  const rows = tf.reshape(x, [outer, size * inner]);
  if (stride === 1 && start + count <= size) {
    const taken = tf.slice(rows, [0, start * inner], [outer, count * inner]);
    return tf.reshape(taken, withSize(x.shape, axis, count));
  }
  const first = Math.floor(start / stride);
  const groups = Math.max(first + count, Math.ceil(size / stride));
  const missing = groups * stride - size;
  const whole = missing === 0 ? rows : tf.pad(rows, [[0, 0], [0, missing * inner]]);
  const nth = tf.slice(
    tf.reshape(whole, [outer, groups, stride * inner]),
    [0, first, (start % stride) * inner],
    [outer, count, inner],
  );
  return tf.reshape(nth, withSize(x.shape, axis, count));
}

/**
 * The reverse of {@link everyNth}: puts the slices at their places among `size`, with zeros between,
 * and drops slices outside.
 */
export function spread(
  x: tf.Tensor,
  axis: number,
  start: number,
  size: number,
  stride: number,
): tf.Tensor {
  const [outer, count, inner] = aroundAxis(x.shape, axis);
  const [from, end] = [Math.max(0, -start), Math.min(count * stride, size - start)];
  if (end <= from) return tf.zeros(withSize(x.shape, axis, size));
  const slices = tf.reshape(x, [outer * count, inner]);
  const apart = stride === 1 ? slices : tf.pad(slices, [[0, 0], [0, (stride - 1) * inner]]);
  const rows = tf.reshape(apart, [outer, count * stride * inner]);
  const taken = tf.slice(rows, [0, from * inner], [outer, (end - from) * inner]);
  const around = [(start + from) * inner, (size - start - end) * inner] as [number, number];
  return tf.reshape(tf.pad(taken, [[0, 0], around]), withSize(x.shape, axis, size));
}
