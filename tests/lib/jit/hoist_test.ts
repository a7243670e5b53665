/**
 * The pass that takes what never changes out of a trace.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals } from "@std/assert";
import { DataType } from "../../../lib/tensorflow/data_types.ts";
import { hoist } from "../../../lib/jit/hoist.ts";
import { jit } from "../../../lib/jit/jit.ts";
import type { Node, Trace } from "../../../lib/jit/trace.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { take } from "./counts.ts";
import { node } from "./nodes.ts";

await useTensorFlow({ gpu: false });

/** The ops of both parts, each with its inputs, of a trace with one argument and one captured tensor. */
function parts(nodes: Node[], outputs: number[]): [string[], string[]] {
  const whole = [node("Placeholder"), node("Placeholder"), ...nodes];
  const trace = {
    nodes: whole,
    inputs: [0, 1],
    outputs: outputs.map((node) => ({ node, output: 0 })),
  };
  const { once, rest } = hoist(trace, 1, (op) => op === "Draw");
  const list = ({ nodes, outputs }: Trace) => [
    ...nodes.map(({ op, inputs }) => `${op}(${inputs.map(({ node }) => node)})`),
    `return ${outputs.map(({ node }) => node)}`,
  ];
  return [list(once), list(rest)];
}

Deno.test("hoist() takes out what depends on captured tensors and constants alone", () => {
  const nodes = [node("Const"), node("Mul", [1, 2]), node("Neg", [3]), node("Add", [0, 4])];
  assertEquals(parts(nodes, [5]), [
    ["Placeholder()", "Const()", "Mul(0,1)", "Neg(2)", "return 3"],
    ["Placeholder()", "Placeholder()", "Add(1,0)", "return 2"],
  ]);
});

Deno.test("hoist() leaves ops with a state, and what is computed of them", () => {
  const nodes = [node("Mul", [1, 1]), node("Draw", [2]), node("Neg", [3]), node("Add", [0, 4])];
  assertEquals(parts(nodes, [5]), [
    ["Placeholder()", "Mul(0,0)", "return 1"],
    ["Placeholder()", "Placeholder()", "Draw(0)", "Neg(2)", "Add(1,3)", "return 4"],
  ]);
});

Deno.test("hoist() hands a captured tensor on where nothing is computed of it alone", () => {
  const nodes = [node("Mul", [0, 1]), node("Const"), node("Mul", [2, 3])];
  assertEquals(parts(nodes, [4]), [
    ["Placeholder()", "return 0"],
    ["Placeholder()", "Placeholder()", "Mul(1,0)", "Const()", "Mul(2,3)", "return 4"],
  ]);
});

Deno.test("hoist() leaves what is larger than what it is made of", () => {
  const large = { ...node("Tile", [1]), outputs: [{ dtype: DataType.float32, shape: [200] }] };
  const [once, rest] = parts([large, node("Add", [2, 0])], [3]);
  assertEquals(once, ["Placeholder()", "return 0"]);
  assert(rest.includes("Tile(0)"));
});

Deno.test("jit() computes what it captured once, whatever is disposed afterwards", async () => {
  const scale = tf.tensor1d([1, 4]);
  const f = jit((x: tf.Tensor) => tf.mul(x, tf.sqrt(tf.add(scale, scale))));
  for (const x of [1, 2]) {
    const [values] = take(await f(tf.scalar(x)));
    assertEquals(values!.map((value) => value / x), [
      Math.fround(Math.SQRT2),
      Math.fround(Math.sqrt(8)),
    ]);
    if (!scale.isDisposed) scale.dispose();
  }
  const trace = f.printTraces()[0]!;
  assert(trace.includes("Mul") && !trace.includes("Sqrt") && !trace.includes("Add"), trace);
  f.dispose();
});
