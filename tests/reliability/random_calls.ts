/**
 * Random calls of tfjs's ops, eager or in a trace, with gradients or without.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Random } from "../../lib/random.ts";
import { type Call, Draw, type Make } from "./draw.ts";
import { networkMakers } from "./random_network_calls.ts";

type Ops = Record<string, (...args: unknown[]) => tf.Tensor>;
const ops = tf as unknown as Ops;

function each(
  names: string,
  make: (op: (...args: unknown[]) => tf.Tensor) => Make,
): [string, Make][] {
  return names.split(" ").map((name) => [name, make(ops[name]!)]);
}

const unary =
  "abs acos acosh asin asinh atan atanh ceil cos cosh elu erf exp expm1 floor isFinite " +
  "isInf isNaN leakyRelu log log1p logSigmoid logicalNot neg onesLike reciprocal relu relu6 round " +
  "rsqrt selu sigmoid sign sin sinh softmax softplus sqrt square squeeze step tan tanh zerosLike";
const binary =
  "add atan2 div divNoNan equal floorDiv greater greaterEqual less lessEqual logicalAnd " +
  "logicalOr logicalXor maximum minimum mod mul notEqual pow prelu squaredDifference sub matMul dot";
const reductions =
  "all any argMax argMin logSumExp logSoftmax max mean min prod sum cumsum cumprod " +
  "euclideanNorm reverse expandDims unstack unique";

const makers: [string, Make][] = [
  ...each(unary, (op) => (d) => ({ inputs: [d.tensor()], run: ([x]) => op(x) })),
  ...each(binary, (op) => (d) => {
    const a = d.tensor();
    return { inputs: [a, d.like(a.shape)], run: ([a, b]) => op(a, b) };
  }),
  ...each(reductions, (op) => (d) => {
    const axis = d.chance(0.8) ? d.one(0, 0, 1, -1) : d.number();
    return { inputs: [d.tensor()], run: ([x]) => op(x, axis) };
  }),
  ["reshape", (d) => {
    const [x, shape] = [d.tensor(), d.chance(0.5) ? [-1] : d.numbers(d.one(1, 2, 3))];
    return { inputs: [x], run: ([x]) => tf.reshape(x!, shape) };
  }],
  ["transpose", (d) => {
    const x = d.tensor();
    const perm = d.chance(0.6) ? x.shape.map((_, i) => i).reverse() : d.numbers(x.rank);
    return { inputs: [x], run: ([x]) => tf.transpose(x!, perm) };
  }],
  ["slice", (d) => {
    const x = d.tensor();
    const [begin, size] = [d.numbers(x.rank), d.numbers(x.rank)];
    return { inputs: [x], run: ([x]) => tf.slice(x!, begin, size) };
  }],
  ["stridedSlice", (d) => {
    const x = d.tensor();
    const [begin, end, strides] = [d.numbers(x.rank), [...x.shape], d.numbers(x.rank)];
    return { inputs: [x], run: ([x]) => tf.stridedSlice(x!, begin, end, strides) };
  }],
  ["pad", (d) => {
    const x = d.tensor();
    const paddings = x.shape.map(() => [d.number(), d.one(0, 1)] as [number, number]);
    return { inputs: [x], run: ([x]) => tf.pad(x!, paddings) };
  }],
  ["mirrorPad", (d) => {
    const x = d.tensor();
    const paddings = x.shape.map(() => [d.number(), d.one(0, 1)] as [number, number]);
    const mode = d.one<"reflect" | "symmetric">("reflect", "symmetric");
    return { inputs: [x], run: ([x]) => tf.mirrorPad(x!, paddings, mode) };
  }],
  ["tile", (d) => {
    const x = d.tensor();
    const reps = d.numbers(d.chance(0.9) ? x.rank : 2);
    return { inputs: [x], run: ([x]) => tf.tile(x!, reps) };
  }],
  ["broadcastTo", (d) => {
    const [x, shape] = [d.tensor(), d.numbers(d.one(1, 2, 3))];
    return { inputs: [x], run: ([x]) => tf.broadcastTo(x!, shape) };
  }],
  ["fill", (d) => {
    const shape = d.numbers(d.one(0, 1, 2, 3));
    return { inputs: [], run: () => tf.fill(shape, 1) };
  }],
  ["concat", (d) => {
    const x = d.tensor();
    const axis = d.number();
    return { inputs: [x, d.like(x.shape)], run: (all) => tf.concat(all, axis) };
  }],
  ["stack", (d) => {
    const [x, axis] = [d.tensor(), d.number()];
    return { inputs: [x, d.like(x.shape)], run: (all) => tf.stack(all, axis) };
  }],
  ["split", (d) => {
    const [x, parts] = [d.tensor(), d.chance(0.5) ? d.number() : d.numbers(2)];
    const axis = d.number();
    return { inputs: [x], run: ([x]) => tf.split(x!, parts, axis) };
  }],
  ["gather", (d) => {
    const inputs = [d.tensor(), d.tensor(d.shape(d.one(0, 1, 2)), "int32")];
    const [axis, batchDims] = [d.one(0, 0, 1, d.number()), d.one(0, 0, 1, d.number())];
    return { inputs, run: ([x, i]) => tf.gather(x!, i as tf.Tensor1D, axis, batchDims) };
  }],
  ["gatherND", (d) => {
    const inputs = [d.tensor(), d.tensor(d.shape(2), "int32")];
    return { inputs, run: ([x, i]) => tf.gatherND(x!, i!) };
  }],
  ["scatterND", (d) => {
    const [i, x] = [d.tensor([d.one(0, 1, 3), 1], "int32"), d.tensor(d.shape(1), "float32")];
    const shape = [d.number()];
    return { inputs: [i, x], run: ([i, x]) => tf.scatterND(i!, x!, shape as unknown as [number]) };
  }],
  ["sparseToDense", (d) => {
    const inputs = [d.tensor(d.shape(1), "int32"), d.tensor(d.shape(1), "float32")];
    const shape = [d.number()];
    return {
      inputs,
      run: ([i, x]) => tf.sparseToDense(i!, x!, shape as unknown as [number], tf.scalar(0)),
    };
  }],
  ["unsortedSegmentSum", (d) => {
    const x = d.tensor();
    const ids = d.tensor([x.shape[0] ?? 1], "int32");
    const segments = d.number();
    return {
      inputs: [x, ids],
      run: ([x, ids]) => tf.unsortedSegmentSum(x!, ids as tf.Tensor1D, segments),
    };
  }],
  ["bincount", (d) => {
    const inputs = [d.tensor(d.shape(1), "int32"), d.tensor(d.shape(1), "float32")];
    const size = d.number();
    return {
      inputs,
      run: ([x, weights]) => tf.bincount(x as tf.Tensor1D, weights as tf.Tensor1D, size),
    };
  }],
  ["oneHot", (d) => {
    const depth = d.number();
    return { inputs: [d.tensor(d.shape(), "int32")], run: ([x]) => tf.oneHot(x!, depth) };
  }],
  ["topk", (d) => {
    const k = d.number();
    return { inputs: [d.tensor()], run: ([x]) => ({ ...tf.topk(x!, k) }) };
  }],
  ["cast", (d) => {
    const dtype = d.one<tf.DataType>("float32", "int32", "bool", "complex64", "string");
    return { inputs: [d.tensor()], run: ([x]) => tf.cast(x!, dtype) };
  }],
  ["where", (d) => {
    const x = d.tensor();
    const condition = d.tensor(d.chance(0.8) ? x.shape : d.shape(), "bool");
    return { inputs: [condition, x, d.like(x.shape)], run: ([c, x, y]) => tf.where(c!, x!, y!) };
  }],
  ["clipByValue", (d) => {
    const [low, high] = d.numbers(2) as [number, number];
    return { inputs: [d.tensor()], run: ([x]) => tf.clipByValue(x!, low, high) };
  }],
  ["linspace", (d) => {
    const count = d.number();
    return { inputs: [], run: () => tf.linspace(0, 1, count) };
  }],
  ["multinomial", (d) => {
    const [count, logits] = [d.number(), d.tensor(d.shape(d.one(1, 2)), "float32")];
    return { inputs: [logits], run: ([x]) => tf.multinomial(x as tf.Tensor2D, count, 1) };
  }],
  ...networkMakers,
];

const makeByName = new Map(makers);

/** The names of the ops. */
export const opNames: readonly string[] = [...makeByName.keys()];

/** A call of an op; the caller disposes its inputs. */
export function randomCall(op: string, random: Random): Call {
  const make = makeByName.get(op) as Make;
  const draw = new Draw(random);
  const call = make(draw);
  return draw.chance(0.3) ? withGradients(call) : call;
}

/** The gradients of a call by those of its inputs that are float32. */
function withGradients({ inputs, run }: Call): Call {
  const isFloat = inputs.map(({ dtype }) => dtype === "float32");
  const gradients = (given: tf.Tensor[]) => {
    const others = given.filter((_, i) => !isFloat[i]);
    return tf.grads((...floats) => {
      const [left, rest] = [[...floats], [...others]];
      const all = given.map((_, i) => (isFloat[i] ? left : rest).shift() as tf.Tensor);
      const [first] = [run(all)].flat() as tf.Tensor[];
      return tf.sum(tf.cast(first as tf.Tensor, "float32"));
    })(given.filter((_, i) => isFloat[i]));
  };
  return { inputs, run: gradients };
}
