/**
 * The ops of generated programs: those of networks, their losses and their gradients.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/** What an op of a program draws on. */
export interface Draw {
  /** The next tensor that is no result: an argument, a captured tensor or a constant. */
  leaf(...shape: number[]): tf.Tensor;
  /** One of so many numbers, from 0. */
  below(count: number): number;
  /** An earlier result of this shape, or else a leaf. */
  like(x: tf.Tensor): tf.Tensor;
}

/** An op on an earlier result; undefined where it does not fit. */
export type ProgramOp = (x: tf.Tensor, d: Draw) => tf.Tensor | undefined;

const channels = [1, 2, 3, 4, 8, 16];

function isImage(x: tf.Tensor): x is tf.Tensor4D {
  return x.rank === 4;
}

/** The axes that an op takes together: some of all. */
function axes(x: tf.Tensor, d: Draw): number[] {
  return x.shape.map((_, axis) => axis).filter(() => d.below(2) === 1);
}

function convolution(x: tf.Tensor, d: Draw): tf.Tensor | undefined {
  if (!isImage(x)) return undefined;
  const size = 1 + d.below(3);
  const filter = d.leaf(size, size, x.shape[3], channels[d.below(channels.length)]!) as tf.Tensor4D;
  const [strides, dilations] = [[1, 1], [2, 1], [1, 2]][d.below(3)] as [number, number];
  const reach = (size - 1) * dilations + 1;
  const explicit = [[0, 0], [d.below(3), d.below(2)], [d.below(2), d.below(3)], [0, 0]] as [
    [number, number],
    [number, number],
    [number, number],
    [number, number],
  ];
  const padding = (["same", "valid", explicit] as const)[d.below(3)]!;
  const around = padding === explicit
    ? Math.min(...explicit.slice(1, 3).map(([a, b]) => a + b))
    : 0;
  const least = padding === "same" && dilations === 1 ? 1 : reach;
  if (Math.min(x.shape[1], x.shape[2]) + around < least) return undefined;
  return tf.conv2d(x, filter, strides, padding, "NHWC", dilations);
}

function pad(x: tf.Tensor, d: Draw): tf.Tensor {
  const widths = x.shape.map((): [number, number] =>
    d.below(2) ? [d.below(3), d.below(3)] : [0, 0]
  );
  return tf.pad(x, widths, d.below(4) === 0 ? 1 : 0);
}

/** A pad of height and width, as before a convolution with strides. */
function padImage(x: tf.Tensor, d: Draw): tf.Tensor | undefined {
  if (!isImage(x)) return undefined;
  return tf.pad(x, [[0, 0], [d.below(3), d.below(3)], [d.below(3), d.below(3)], [0, 0]]);
}

function batchNorm(x: tf.Tensor, d: Draw): tf.Tensor | undefined {
  if (!isImage(x)) return undefined;
  const vector = () => d.leaf(x.shape[3]) as tf.Tensor1D;
  if (d.below(2)) {
    return tf.batchNorm(x, vector(), tf.add(tf.square(vector()), 1), vector(), vector());
  }
  const attrs = { epsilon: 1e-2 }; // a small one magnifies the rounding of what hardly varies
  const outputs = tf.engine().runKernel(
    "FusedBatchNormV3",
    { x, scale: vector(), offset: vector() },
    attrs,
  ) as unknown as tf.Tensor[];
  return outputs[d.below(4) === 0 ? 1 : 0];
}

/** A shape that an operand is stretched from: with ones, and without the first dimensions. */
function stretched(x: tf.Tensor, d: Draw): number[] {
  return x.shape.map((size) => d.below(2) ? size : 1).slice(d.below(x.rank + 1));
}

function reshape(x: tf.Tensor, d: Draw): tf.Tensor {
  const [first = 1, ...others] = x.shape;
  const rest = others.reduce((product, size) => product * size, 1);
  const shapes = [[...x.shape], [first, rest], [x.size], [1, ...x.shape], [first * rest, 1]];
  const shape = shapes[d.below(shapes.length)]!;
  return tf.reshape(x, shape.length > 5 ? [x.size] : shape);
}

function pooling(x: tf.Tensor, d: Draw): tf.Tensor | undefined {
  if (!isImage(x) || Math.min(x.shape[1], x.shape[2]) < 2) return undefined;
  return d.below(2)
    ? tf.avgPool(x, 2, 1 + d.below(2), "same")
    : tf.maxPool(x, 2, 1 + d.below(2), "valid");
}

function slice(x: tf.Tensor, d: Draw): tf.Tensor | undefined {
  if (x.size === 0 || x.rank === 0) return undefined;
  const begin = x.shape.map((size) => d.below(size));
  return tf.slice(x, begin, x.shape.map((size, axis) => 1 + d.below(size - begin[axis]!)));
}

function matMul(x: tf.Tensor, d: Draw): tf.Tensor | undefined {
  if (x.rank !== 2) return undefined;
  return tf.matMul(x as tf.Tensor2D, d.leaf(x.shape[1]!, 1 + d.below(4)) as tf.Tensor2D);
}

/** By their names, and as often as a program is to have them. */
export const programOps: Readonly<Record<string, ProgramOp>> = {
  convolution,
  convolutionAgain: convolution,
  padConvolution: (x, d) => {
    const padded = d.below(2) ? padImage(x, d) : pad(x, d);
    return padded && convolution(padded, d);
  },
  convolutionBias: (x, d) => {
    const y = convolution(x, d);
    return y && tf.add(y, d.leaf(y.shape.at(-1)!));
  },
  convolutionBiasRelu: (x, d) => {
    const y = convolution(x, d);
    return y && tf.relu(tf.add(y, d.leaf(y.shape.at(-1)!)));
  },
  convolutionSum: (x, d) => {
    const y = convolution(x, d);
    return y && (d.below(2) ? tf.add(y, d.like(y)) : tf.add(d.like(y), y));
  },
  batchNorm,
  batchNormRelu: (x, d) => {
    const y = batchNorm(x, d);
    return y && tf.relu(y);
  },
  pad,
  bias: (x, d) => x.rank > 0 ? tf.add(x, d.leaf(x.shape.at(-1)!)) : undefined,
  add: (x, d) => tf.add(x, d.like(x)),
  addStretched: (x, d) => tf.add(x, d.leaf(...stretched(x, d))),
  stretchedAdd: (x, d) => tf.add(d.leaf(...stretched(x, d)), x),
  addN: (x, d) => tf.addN([x, d.like(x), tf.zerosLike(x), x].slice(0, 1 + d.below(4))),
  sub: (x, d) => d.below(2) ? tf.sub(x, d.like(x)) : tf.sub(d.like(x), x),
  mul: (x, d) => tf.mul(x, d.leaf(...stretched(x, d))),
  zeroSum: (x, d) => tf.add(x, tf.mul(d.like(x), 0)),
  zeros: (x, d) => d.below(2) ? tf.add(x, tf.zerosLike(x)) : tf.sub(tf.zeros(x.shape), x),
  relu: (x) => tf.relu(x),
  reluAgain: (x) => tf.relu(x),
  reshape,
  cast: (x, d) => tf.cast(d.below(2) ? tf.cast(x, "int32") : x, "float32"),
  whole: (x, d) =>
    x.rank > 0 ? tf.add(tf.cast(x, "int32"), tf.range(0, x.shape.at(-1)!, 1, "int32")) : d.like(x),
  matMul,
  sum: (x, d) => tf.sum(x, axes(x, d), d.below(2) === 1),
  mean: (x, d) => tf.mean(x, axes(x, d), d.below(2) === 1),
  pooling,
  slice,
  reverse: (x, d) => tf.reverse(x, axes(x, d)),
  transpose: (x) => tf.transpose(x, x.shape.map((_, axis) => axis).reverse()),
  concat: (x, d) => x.rank > 0 ? tf.concat([x, d.like(x)], d.below(x.rank)) : undefined,
  tile: (x, d) => tf.tile(x, x.shape.map(() => 1 + d.below(2))),
  square: (x) => tf.square(tf.mul(x, 0.25)),
};
