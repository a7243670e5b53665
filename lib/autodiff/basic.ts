/**
 * Gradients of the basic ops. tfjs-core has none: its package `@tensorflow/tfjs` registers them, but a
 * program with tfjs-core and a backend needs no more than these. They are only registered where there
 * are none, and can be differentiated again.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import {
  aroundAxis,
  type Attributes,
  float,
  gradient,
  indicator,
  mapAxis,
  membership,
  ofInput,
  ofOutput,
  ofPair,
  run,
  sumTo,
} from "./gradient.ts";

const elementwise = [
  ofPair("Add", (dy) => ({ a: () => dy, b: () => dy })),
  ofPair("Sub", (dy) => ({ a: () => dy, b: () => tf.neg(dy) })),
  ofPair("Multiply", (dy, a, b) => ({ a: () => tf.mul(dy, b), b: () => tf.mul(dy, a) })),
  ofPair("RealDiv", (dy, a, b) => ({
    a: () => tf.div(dy, b),
    b: () => tf.neg(tf.div(tf.mul(dy, a), tf.square(b))),
  })),
  ofInput("Cast", float),
  ofInput("Identity", float),
  ofInput("Neg", (dy) => tf.neg(dy)),
  ofInput("Square", (dy, x) => tf.mul(dy, tf.mul(float(x), 2))),
  ofInput("Sqrt", (dy, x) => tf.div(dy, tf.mul(tf.sqrt(float(x)), 2))),
  ofInput("Rsqrt", (dy, x) => tf.mul(dy, tf.mul(tf.pow(float(x), -1.5), -0.5))),
  ofInput("Reciprocal", (dy, x) => tf.neg(tf.div(dy, tf.square(float(x))))),
  ofInput("Log", (dy, x) => tf.div(dy, float(x))),
  ofInput("Softplus", (dy, x) => tf.mul(dy, tf.sigmoid(x))),
  ofInput("Relu", (dy, x) => tf.mul(dy, indicator(tf.greater(x, 0)))),
  ofInput("Relu6", (dy, x) => {
    const inside = tf.logicalAnd(tf.greater(x, 0), tf.lessEqual(x, 6));
    return tf.mul(dy, indicator(inside));
  }),
  ofInput("LeakyRelu", (dy, x, { alpha }) => {
    const isPositive = indicator(tf.greater(x, 0));
    return tf.mul(dy, tf.add(tf.mul(isPositive, 1 - alpha), alpha));
  }),
  ofInput("ClipByValue", (dy, x, { clipValueMin, clipValueMax }) => {
    const inside = tf.logicalAnd(tf.greaterEqual(x, clipValueMin), tf.lessEqual(x, clipValueMax));
    return tf.where(inside, dy, tf.zerosLike(dy));
  }),
  ofOutput("Exp", (dy, y) => tf.mul(dy, y)),
  ofOutput("Sigmoid", (dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y)))),
  ofOutput("Tanh", (dy, y) => tf.mul(dy, tf.sub(1, tf.square(y)))),
  // Values that change in steps, or not at all.
  ...["OnesLike", "Sign", "Step", "ZerosLike"].map((name) =>
    ofInput(name, (dy) => tf.zerosLike(dy))
  ),
  gradient("OneHot", ["indices"], (_, [indices]) => ({
    indices: () => tf.zeros(indices.shape),
  })),
  gradient("Select", ["condition"], (dy, [condition]) => ({
    condition: () => tf.zeros(condition.shape),
    t: () => tf.mul(dy, indicator(condition)),
    e: () => tf.mul(dy, indicator(tf.logicalNot(condition))),
  })),
];

/** The gradient of an op of a list of inputs. */
function ofList(
  kernelName: string,
  parts: (dy: tf.Tensor, inputs: readonly tf.Tensor[], attrs: Attributes) => tf.Tensor[],
): tf.GradConfig {
  return {
    kernelName,
    saveAllInputs: true,
    gradFunc: (dy, saved, attrs) => {
      // At once: tfjs frees what one of the functions makes and does not return.
      const all = parts(dy as tf.Tensor, saved, attrs);
      return Object.fromEntries(all.map((part, i) => [i, () => part]));
    },
  };
}

const shapes = [
  ofList("AddN", (dy, inputs) => inputs.map(() => tf.clone(dy))),
  ofList("Concat", (dy, inputs, { axis }) => {
    const at = axis < 0 ? axis + dy.rank : axis;
    return tf.split(dy, inputs.map(({ shape }) => shape[at] as number), at);
  }),
  ofList("Pack", (dy, _, { axis }) => tf.unstack(dy, axis)),
  ofInput("Reshape", (dy, x) => tf.reshape(dy, x.shape)),
  ofInput("BroadcastTo", (dy, x) => sumTo(dy, x.shape)),
  ofInput(
    "PadV2",
    (dy, x, { paddings }) =>
      tf.slice(dy, paddings.map(([before]: [number, number]) => before), x.shape),
  ),
  ofInput("Slice", (dy, x, { begin, size }) => {
    const [from, taken] = tf.slice_util.parseSliceParams(x, begin, size) as [number[], number[]];
    return tf.pad(
      dy,
      x.shape.map((all, axis) => {
        const before = from[axis] as number;
        return [before, all - before - (taken[axis] as number)] as [number, number];
      }),
    );
  }),
  gradient("ExpandDims", ["input"], (dy, [input]) => ({
    input: () => tf.reshape(dy, input.shape),
  })),
  gradient("Reverse", [], (dy, _, { dims }) => ({ x: () => tf.reverse(dy, dims) })),
  gradient("Transpose", [], (dy, _, { perm }) => ({
    x: () => tf.transpose(dy, perm.map((_: number, axis: number) => perm.indexOf(axis))),
  })),
  gradient("GatherV2", ["x", "indices"], (dy, [x, indices], { axis, batchDims }) => {
    if (batchDims !== 0) throw new TypeError(`Cannot take the gradient of a gather in batches`);
    const at = axis < 0 ? axis + x.rank : axis;
    const [outer, size, inner] = aroundAxis(x.shape, at);
    const flat = tf.reshape(dy, [outer, indices.size, inner]);
    return {
      x: () => tf.reshape(mapAxis(flat, 1, tf.transpose(membership(indices, size))), x.shape),
      indices: () => tf.zeros(indices.shape),
    };
  }),
];

/** tfjs does not sum over batches that are broadcast. */
export const matMul: tf.GradConfig = gradient(
  "BatchMatMul",
  ["a", "b"],
  (dy, [a, b], { transposeA, transposeB }) => ({
    a: () =>
      sumTo(
        transposeA ? tf.matMul(b, dy, transposeB, true) : tf.matMul(dy, b, false, !transposeB),
        a.shape,
      ),
    b: () =>
      sumTo(
        transposeB ? tf.matMul(dy, a, true, transposeA) : tf.matMul(a, dy, !transposeA, false),
        b.shape,
      ),
  }),
);

const softmax: tf.GradConfig = {
  ...gradient("Softmax", [], (dy, [y], { dim }) => ({
    logits: () => {
      const weighted = tf.mul(dy, y as tf.Tensor);
      return tf.sub(weighted, tf.mul(tf.sum(weighted, dim, true), y as tf.Tensor));
    },
  })),
  outputsToSave: [true],
};

const maxPool: tf.GradConfig = {
  ...gradient("MaxPool", ["x"], (dy, [input, output], attrs) => ({
    x: () => run("MaxPoolGrad", { dy, input, output } as Record<string, tf.Tensor>, attrs),
  })),
  outputsToSave: [true],
};

export const basic: tf.GradConfig[] = [
  ...elementwise,
  ...shapes,
  matMul,
  softmax,
  maxPool,
];
