/**
 * Sums with zero are left out, and nothing else is.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals } from "@std/assert";
import { AttrType } from "../../../lib/tensorflow/attributes.ts";
import { DataType } from "../../../lib/tensorflow/data_types.ts";
import { jit } from "../../../lib/jit/jit.ts";
import { withoutDeadNodes } from "../../../lib/jit/passes.ts";
import type { Node, Trace } from "../../../lib/jit/trace.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { withoutZeroSums } from "../../../lib/jit/zeros.ts";
import { node } from "./nodes.ts";

await useTensorFlow({ gpu: false });

function constant(...values: number[]): Node {
  const type = { dtype: DataType.float32, shape: [values.length] };
  return {
    ...node("Const"),
    outputs: [type],
    constant: { ...type, values: Float32Array.from(values) },
  };
}

/** What is left of a trace whose last node is its output. */
function left(...nodes: Node[]): string[] {
  const trace: Trace = { nodes, inputs: [0], outputs: [{ node: nodes.length - 1, output: 0 }] };
  return withoutDeadNodes(withoutZeroSums(trace)).nodes.map(({ op }) => op);
}

const x = node("Placeholder");
const zero = constant(0, 0);

for (const op of ["Add", "AddV2", "Sub"]) {
  Deno.test(`withoutZeroSums() takes x in place of ${op}(x, 0)`, () => {
    assertEquals(left(x, zero, node(op, [0, 1]), node("Exp", [2])), ["Placeholder", "Exp"]);
  });
}

Deno.test("withoutZeroSums() takes x in place of Add(0, x), and keeps Sub(0, x)", () => {
  assertEquals(left(x, zero, node("Add", [1, 0]), node("Exp", [2])), ["Placeholder", "Exp"]);
  const negated = left(x, zero, node("Sub", [1, 0]), node("Exp", [2]));
  assertEquals(negated, ["Placeholder", "Const", "Sub", "Exp"]);
});

Deno.test("withoutZeroSums() keeps sums with anything else", () => {
  const other = constant(0, 1e-30);
  assertEquals(left(x, other, node("Add", [0, 1])), ["Placeholder", "Const", "Add"]);
});

Deno.test("withoutZeroSums() keeps a sum that gives x another shape", () => {
  const wide = { ...node("Add", [0, 1]), outputs: [{ dtype: DataType.float32, shape: [3, 2] }] };
  assertEquals(left(x, zero, wide), ["Placeholder", "Const", "Add"]);
});

Deno.test("withoutZeroSums() follows zeros through what is linear", () => {
  const nodes = [
    x,
    { ...node("ZerosLike", [0]), ofGradient: true },
    node("Mul", [0, 1]),
    node("Reshape", [2]),
    node("ReluGrad", [3, 0]),
    node("Add", [0, 4]),
    node("Exp", [5]),
  ];
  assertEquals(left(...nodes), ["Placeholder", "Exp"]);
  const notLinear = nodes.with(4, node("Exp", [3]));
  assertEquals(left(...notLinear).at(-2), "Add");
  // Of the second input relu's gradient is no linear function.
  const features = nodes.with(4, node("ReluGrad", [0, 3]));
  assertEquals(left(...features).at(-2), "Add");
});

Deno.test("withoutZeroSums() leaves the zeros out of AddN, and AddN where one is left", () => {
  const sum = (...inputs: number[]): Node => ({
    ...node("AddN", inputs),
    attrs: [{ name: "N", type: AttrType.int, value: inputs.length }],
  });
  const trace: Trace = {
    nodes: [x, zero, sum(0, 1, 0), sum(1, 0)],
    inputs: [0],
    outputs: [{ node: 2, output: 0 }, { node: 3, output: 0 }],
  };
  const { nodes, outputs } = withoutDeadNodes(withoutZeroSums(trace));
  assertEquals(nodes.map(({ op }) => op), ["Placeholder", "AddN"]);
  assertEquals(nodes[1]!.inputs.length, 2);
  assertEquals(nodes[1]!.attrs[0]!.value, 2);
  assertEquals(outputs.map(({ node }) => node), [1, 0]);
});

Deno.test("withoutZeroSums() keeps a sum of zeros where it is wanted", () => {
  assertEquals(left(x, zero, node("Add", [1, 1])), ["Placeholder", "Const"]);
});

Deno.test("a compiled second derivative adds no zeros", async () => {
  const relu = jit((x: tf.Tensor) => {
    const gradient = tf.grad((x: tf.Tensor) => tf.sum(tf.square(tf.relu(x))));
    return tf.grad((x: tf.Tensor) => tf.sum(tf.mul(gradient(x), x)))(x);
  });
  const result = await relu(tf.tensor1d([-1, 0, 2]));
  assertEquals([...result.dataSync()], [0, 0, 8]);
  const [trace] = relu.printTraces();
  assertEquals(trace!.match(/= ZerosLike/g), null);
});

Deno.test("withoutZeroSums() follows no zeros that the function itself makes", () => {
  for (const made of [zero, node("ZerosLike", [0])]) {
    const nodes = [x, made, node("Mul", [0, 1]), node("Add", [0, 2])];
    assertEquals(left(...nodes).at(-1), "Add");
    const ofGradient = nodes.with(1, { ...made, ofGradient: true });
    assertEquals(left(...ofGradient), ["Placeholder"]);
  }
});

Deno.test("withoutZeroSums() takes x in place of a sum with a fill of zeros", () => {
  const fill = (value: number) => [x, zero, constant(value), node("Fill", [1, 2])];
  assertEquals(left(...fill(0), node("Add", [0, 3]), node("Exp", [4])), ["Placeholder", "Exp"]);
  assertEquals(left(...fill(1), node("Add", [0, 3]), node("Exp", [4])).at(-2), "Add");
});

/** What a NaN or an infinity makes NaN op by op. */
const notFinite: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  "1 + 0 x": (x) => tf.add(1, tf.mul(x, 0)),
  "1 - 0 log(x)": (x) => tf.sub(1, tf.mul(0, tf.log(x))),
  "x + zeros * log(x)": (x) => tf.add(tf.ones([4]), tf.mul(tf.zerosLike(x), tf.log(x))),
  "1 + 0 / (x - x)": (x) => tf.add(1, tf.div(tf.zeros([4]), tf.sub(x, x))),
  "addN(1, 0 x)": (x) => tf.addN([tf.ones([4]), tf.mul(x, tf.zeros([4]))]),
  "1 + zeros . x": (x) => tf.add(1, tf.dot(tf.zeros([4]), x)),
  "a gradient of a loss with weight 0": (x) =>
    tf.grad((x) => tf.add(tf.sum(x), tf.mul(tf.sum(tf.log(x)), 0)))(x),
};

for (const [name, f] of Object.entries(notFinite)) {
  Deno.test(`jit() makes no good number of NaN: ${name}`, async () => {
    const x = tf.tensor1d([0, NaN, Infinity, 1]);
    const compiled = jit(f);
    const result = await compiled(x);
    assertEquals(result.dataSync(), f(x).dataSync());
    assert(result.dataSync().some(Number.isNaN));
    compiled.dispose();
  });
}
