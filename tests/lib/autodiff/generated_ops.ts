/**
 * Random calls of every op of tfjs that has a gradient: small, and away from where a function has a
 * kink or a jump, so that finite differences tell its derivatives.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { type Draw, type F, kernel, type Make } from "./draw.ts";
import { imageOps } from "./generated_images.ts";

const unary = (f: F, low = -2, high = 2): Make => (d) => ({
  inputs: [d.between(d.shape(), low, high)],
  f,
});

/** Of a function with kinks or jumps at 0 or where two values are the same. */
const kinked = (f: F): Make => (d) => ({ inputs: [d.distinct(d.shape())], f });

/** Two shapes that broadcast to one. */
function broadcastShapes(d: Draw): [number[], number[]] {
  const shape = d.shape(d.integer(1, 3));
  const narrow = (sizes: number[]) => sizes.map((size) => d.one(size, size, 1));
  const [a, b] = [narrow(shape), narrow(shape)];
  return d.one<[number[], number[]]>([a, b], [a, b.slice(1)], [a.slice(1), b]);
}

const binary = (f: F, low = -2, high = 2): Make => (d) => {
  const [a, b] = broadcastShapes(d);
  return { inputs: [d.between(a, low, high), d.between(b, low, high)], f };
};

/** Of a function with a kink where both are equal. */
const kinkedBinary = (f: F): Make => (d) => {
  const [a, b] = broadcastShapes(d);
  return { inputs: [tf.mul(d.distinct(a), 4), tf.add(tf.mul(d.distinct(b), 4), 0.26)], f };
};

/** The op's result is added to x with no weight: what passes no gradient must not be in the way. */
const passesNothing = (f: F): Make => (d) => ({
  inputs: [d.distinct(d.shape())],
  f: (x) =>
    tf.add(tf.square(x as tf.Tensor), tf.mul(tf.sum(tf.cast(f(x as tf.Tensor), "float32")), 0)),
});

/** Of a function that moves in steps of a half; x gives the result a derivative. */
const flat = (f: F): Make => (d) => ({
  inputs: [d.betweenHalves(d.shape())],
  f: (x) => tf.mul(tf.square(x as tf.Tensor), f(x as tf.Tensor)),
});

const reduction = (
  f: (x: tf.Tensor, axes: number[] | undefined, keepDims: boolean) => tf.Tensor,
): Make =>
(d) => {
  const x = d.distinct(d.shape());
  const axes = d.one(undefined, x.shape.map((_, i) => i).filter(() => d.one(true, false)));
  const keepDims = d.one(true, false);
  return { inputs: [x], f: (x) => f(x as tf.Tensor, axes, keepDims) };
};

const gather: Make = (d) => {
  const x = d.between(d.shape(d.integer(1, 3)), -1, 1);
  const axis = d.integer(-x.rank, x.rank - 1);
  const count = d.one([], [1], [3], [2, 2]) as number[];
  const length = tf.util.sizeFromShape(count);
  const indices = Array.from({ length }, () => d.integer(0, (x.shape.at(axis) as number) - 1));
  return {
    inputs: [x],
    f: (x) => tf.gather(x as tf.Tensor, tf.tensor(indices, count, "int32"), axis),
  };
};

const segmentSum: Make = (d) => {
  const x = d.between(d.shape(d.integer(1, 3)), -1, 1);
  const ids = Array.from({ length: x.shape[0] as number }, () => d.integer(0, 2));
  return {
    inputs: [x],
    f: (x) => tf.unsortedSegmentSum(x as tf.Tensor, tf.tensor1d(ids, "int32"), 3),
  };
};

const mirrorPad: Make = (d) => {
  const x = d.between([d.integer(2, 4), d.integer(2, 4)], -1, 1);
  const mode = d.one<"reflect" | "symmetric">("reflect", "symmetric");
  const most = (size: number) => mode === "reflect" ? size - 1 : size;
  const paddings = x.shape.map((size): [number, number] => [
    d.integer(0, most(size)),
    d.integer(0, most(size)),
  ]);
  return { inputs: [x], f: (x) => tf.mirrorPad(x as tf.Tensor, paddings, mode) };
};

const matMul: Make = (d) => {
  const [n, m, k] = [d.integer(1, 3), d.integer(1, 3), d.integer(1, 3)];
  const [ta, tb] = [d.one(true, false), d.one(true, false)];
  const [ofA, ofB] = d.one([[], []], [[2], [2]], [[2], [1]], [[2, 1], [1, 3]]) as [
    number[],
    number[],
  ];
  return {
    inputs: [
      d.between([...ofA, ...(ta ? [m, n] : [n, m])], -1, 1),
      d.between([...ofB, ...(tb ? [k, m] : [m, k])], -1, 1),
    ],
    f: (a, b) => tf.matMul(a as tf.Tensor, b as tf.Tensor, ta, tb),
  };
};

const x4: Make = (d) => ({ inputs: [d.between([4, 2, 4, 1], -1, 1)], f: (x) => x as tf.Tensor });
const of = (make: Make, f: F): Make => (d) => ({ inputs: make(d).inputs, f });

const concat: Make = (d) => {
  const shape = d.shape(d.integer(1, 3));
  const axis = d.integer(0, shape.length - 1);
  const part = () => d.between(shape.map((s, i) => i === axis ? d.integer(1, 3) : s), -1, 1);
  return { inputs: [part(), part(), part()], f: (...parts) => tf.concat(parts, axis) };
};

const split: Make = (d) => {
  const sizes = Array.from({ length: d.integer(1, 3) }, () => d.integer(1, 2));
  const total = sizes.reduce((a, b) => a + b, 0);
  const x = d.between([d.integer(1, 2), total, d.integer(1, 2)], -1, 1);
  return {
    inputs: [x],
    f: (x) => tf.square(tf.split(x as tf.Tensor, sizes, 1).at(-1) as tf.Tensor),
  };
};

const select: Make = (d) => {
  const shape = d.shape();
  const condition = d.distinct(shape);
  return {
    inputs: [d.between(shape, -1, 1), d.between(shape, -1, 1)],
    f: (a, b) => tf.where(tf.greater(condition, 0), a as tf.Tensor, b as tf.Tensor),
  };
};

const slice: Make = (d) => {
  const x = d.between(d.shape(), -1, 1);
  const begin = x.shape.map((size) => d.integer(0, size - 1));
  const size = x.shape.map((size, i) => d.integer(1, size - (begin[i] as number)));
  return { inputs: [x], f: (x) => tf.slice(x as tf.Tensor, begin, size) };
};

const cumsum: Make = (d) => {
  const x = d.between(d.shape(), -1, 1);
  const [axis, exclusive, reverse] = [
    d.integer(0, x.rank - 1),
    d.one(true, false),
    d.one(true, false),
  ];
  return { inputs: [x], f: (x) => tf.cumsum(x as tf.Tensor, axis, exclusive, reverse) };
};

const tile: Make = (d) => {
  const x = d.between(d.shape(d.integer(1, 5)), -1, 1);
  const reps = x.shape.map(() => d.integer(1, 2));
  return { inputs: [x], f: (x) => tf.tile(x as tf.Tensor, reps) };
};

const transpose: Make = (d) => {
  const x = d.between(d.shape(), -1, 1);
  const order = x.shape.map((_, i) => i);
  const turned = d.one(order.toReversed(), [...order.slice(1), 0]);
  return { inputs: [x], f: (x) => tf.transpose(x as tf.Tensor, turned) };
};

/** Of every kernel that has a gradient; a kernel that is missing here fails the test. */
export const ops: Readonly<Record<string, Make>> = {
  ...imageOps,
  Abs: kinked((x) => tf.abs(x as tf.Tensor)),
  Acos: unary((x) => tf.acos(x as tf.Tensor), -0.8, 0.8),
  Acosh: unary((x) => tf.acosh(x as tf.Tensor), 1.5, 3),
  Add: binary((a, b) => tf.add(a as tf.Tensor, b as tf.Tensor)),
  AddN: (d) => {
    const shape = d.shape();
    return {
      inputs: [d.between(shape, -1, 1), d.between(shape, -1, 1)],
      f: (a, b) => tf.addN([a as tf.Tensor, b as tf.Tensor, a as tf.Tensor]),
    };
  },
  ArgMax: passesNothing((x) => tf.argMax(x as tf.Tensor, 0)),
  ArgMin: passesNothing((x) => tf.argMin(x as tf.Tensor, 0)),
  Asin: unary((x) => tf.asin(x as tf.Tensor), -0.8, 0.8),
  Asinh: unary((x) => tf.asinh(x as tf.Tensor)),
  Atan: unary((x) => tf.atan(x as tf.Tensor)),
  Atan2: binary((a, b) => tf.atan2(a as tf.Tensor, b as tf.Tensor), 0.5, 2),
  Atanh: unary((x) => tf.atanh(x as tf.Tensor), -0.6, 0.6),
  BatchMatMul: matMul,
  BatchToSpaceND: of(x4, (x) => tf.batchToSpaceND(x as tf.Tensor, [2, 2], [[0, 1], [1, 0]])),
  Cast: passesNothing((x) => tf.cast(x as tf.Tensor, "int32")),
  Ceil: flat((x) => tf.ceil(x as tf.Tensor)),
  ClipByValue: kinked((x) => tf.clipByValue(x as tf.Tensor, -0.26, 0.39)),
  Concat: concat,
  Cos: unary((x) => tf.cos(x as tf.Tensor)),
  Cosh: unary((x) => tf.cosh(x as tf.Tensor)),
  Cumsum: cumsum,
  Elu: kinked((x) => tf.elu(x as tf.Tensor)),
  Erf: unary((x) => tf.erf(x as tf.Tensor)),
  Exp: unary((x) => tf.exp(x as tf.Tensor)),
  ExpandDims: unary((x) => tf.expandDims(x as tf.Tensor, 1)),
  Expm1: unary((x) => tf.expm1(x as tf.Tensor)),
  Floor: flat((x) => tf.floor(x as tf.Tensor)),
  FloorDiv: flat((x) => tf.cast(tf.floorDiv(x as tf.Tensor, 0.5), "float32")),
  GatherV2: gather,
  GreaterEqual: passesNothing((x) => tf.greaterEqual(x as tf.Tensor, 0)),
  Identity: unary((x) => tf.clone(x as tf.Tensor)),
  IsFinite: passesNothing((x) => tf.isFinite(x as tf.Tensor)),
  IsInf: passesNothing((x) => tf.isInf(x as tf.Tensor)),
  IsNan: passesNothing((x) => tf.isNaN(x as tf.Tensor)),
  LeakyRelu: kinked((x) => tf.leakyRelu(x as tf.Tensor, 0.3)),
  Log: unary((x) => tf.log(x as tf.Tensor), 0.4, 3),
  Log1p: unary((x) => tf.log1p(x as tf.Tensor), -0.5, 2),
  Max: reduction((x, axes, keepDims) => tf.max(x, axes, keepDims)),
  Maximum: kinkedBinary((a, b) => tf.maximum(a as tf.Tensor, b as tf.Tensor)),
  Mean: reduction((x, axes, keepDims) => tf.mean(x, axes, keepDims)),
  Min: reduction((x, axes, keepDims) => tf.min(x, axes, keepDims)),
  Minimum: kinkedBinary((a, b) => tf.minimum(a as tf.Tensor, b as tf.Tensor)),
  MirrorPad: mirrorPad,
  Mod: (d) => {
    const quotient = tf.tensor([1.3, -2.6, 0.45, 3.7]);
    const b = d.between([4], 0.8, 1.6);
    return {
      inputs: [tf.mul(quotient, b), b],
      f: (a, b) => tf.mod(a as tf.Tensor, b as tf.Tensor),
    };
  },
  Multiply: binary((a, b) => tf.mul(a as tf.Tensor, b as tf.Tensor)),
  Neg: unary((x) => tf.neg(x as tf.Tensor)),
  OneHot: passesNothing((x) => tf.oneHot(tf.cast(tf.abs(x as tf.Tensor), "int32"), 3)),
  OnesLike: flat((x) => tf.onesLike(x as tf.Tensor)),
  Pack: (d) => {
    const shape = d.shape(d.integer(0, 3));
    const axis = d.integer(0, shape.length);
    return {
      inputs: [d.between(shape, -1, 1), d.between(shape, -1, 1)],
      f: (...parts) => tf.stack(parts, axis),
    };
  },
  PadV2: (d) => {
    const x = d.between(d.shape(d.integer(1, 5)), -1, 1);
    const paddings = x.shape.map((): [number, number] => [d.integer(0, 2), d.integer(0, 2)]);
    return { inputs: [x], f: (x) => tf.pad(x as tf.Tensor, paddings, 0.5) };
  },
  Pow: binary((a, b) => tf.pow(a as tf.Tensor, b as tf.Tensor), 0.5, 2),
  Prelu: (d) => {
    const shape = d.shape(2);
    return {
      inputs: [d.distinct(shape), d.between([shape[1] as number], 0.1, 0.5)],
      f: (x, alpha) => tf.prelu(x as tf.Tensor, alpha as tf.Tensor),
    };
  },
  Prod: reduction((x, axes, keepDims) => tf.prod(tf.add(x, 1.5), axes, keepDims)),
  RealDiv: binary((a, b) => tf.div(a as tf.Tensor, b as tf.Tensor), 0.5, 2),
  Reciprocal: unary((x) => tf.reciprocal(x as tf.Tensor), 0.5, 2),
  Relu: kinked((x) => tf.relu(x as tf.Tensor)),
  // A number times what is drawn is never near 6.
  Relu6: kinked((x) => tf.relu6(tf.mul(x as tf.Tensor, 6 / 2.08))),
  ReluGrad: kinked((x) =>
    kernel("ReluGrad", ["dy", "features"], {})(tf.sin(x as tf.Tensor), x as tf.Tensor)
  ),
  Reshape: unary((x) => tf.reshape(x as tf.Tensor, [-1])),
  Reverse: unary((x) => tf.reverse(x as tf.Tensor, 0)),
  Round: flat((x) => tf.round(x as tf.Tensor)),
  Rsqrt: unary((x) => tf.rsqrt(x as tf.Tensor), 0.5, 2),
  Select: select,
  Selu: kinked((x) => tf.selu(x as tf.Tensor)),
  Sigmoid: unary((x) => tf.sigmoid(x as tf.Tensor)),
  Sign: flat((x) => tf.sign(x as tf.Tensor)),
  Sin: unary((x) => tf.sin(x as tf.Tensor)),
  Sinh: unary((x) => tf.sinh(x as tf.Tensor)),
  Slice: slice,
  Softmax: unary((x) => tf.softmax(x as tf.Tensor)),
  Softplus: unary((x) => tf.softplus(x as tf.Tensor)),
  SpaceToBatchND: of(x4, (x) => tf.spaceToBatchND(x as tf.Tensor, [2, 2], [[0, 0], [1, 1]])),
  SparseSoftmaxCrossEntropyWithLogits: (d) => ({
    inputs: [d.between([3, 4], -2, 2)],
    f: (logits) =>
      kernel("SparseSoftmaxCrossEntropyWithLogits", ["logits", "labels"], {})(
        logits,
        tf.tensor1d([0, 3, 1], "int32"),
      ),
  }),
  SplitV: split,
  Sqrt: unary((x) => tf.sqrt(x as tf.Tensor), 0.5, 2),
  Square: unary((x) => tf.square(x as tf.Tensor)),
  SquaredDifference: binary((a, b) => tf.squaredDifference(a as tf.Tensor, b as tf.Tensor)),
  Step: flat((x) => tf.step(x as tf.Tensor, 0.2)),
  Sub: binary((a, b) => tf.sub(a as tf.Tensor, b as tf.Tensor)),
  Sum: reduction((x, axes, keepDims) => tf.sum(x, axes, keepDims)),
  Tan: unary((x) => tf.tan(x as tf.Tensor), -1, 1),
  Tanh: unary((x) => tf.tanh(x as tf.Tensor)),
  Tile: tile,
  Transpose: transpose,
  Unpack: (d) => {
    const x = d.between(d.shape(d.integer(1, 3)), -1, 1);
    const axis = d.integer(0, x.rank - 1);
    return { inputs: [x], f: (x) => tf.unstack(x as tf.Tensor, axis)[0] as tf.Tensor };
  },
  UnsortedSegmentSum: segmentSum,
  ZerosLike: flat((x) => tf.add(tf.zerosLike(x as tf.Tensor), 1)),
};
