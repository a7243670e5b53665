/**
 * The pass that lets the gradients of relus work on the bits of bfloat16.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals } from "@std/assert";
import { DataType } from "../../../lib/tensorflow/data_types.ts";
import { withIntegerReluGrads } from "../../../lib/jit/integer_relu.ts";
import { jit } from "../../../lib/jit/jit.ts";
import type { Node } from "../../../lib/jit/trace.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { narrows } from "./narrows.ts";
import { node } from "./nodes.ts";

await useTensorFlow({ gpu: false });

const narrow = (op: string, inputs: number[]): Node => ({
  ...node(op, inputs),
  outputs: [{ dtype: DataType.bfloat16, shape: [2] }],
});

/** The ops of a trace after the pass, each with its inputs. */
function passed(nodes: Node[]): string[] {
  const trace = withIntegerReluGrads({ nodes, inputs: [0], outputs: [{ node: 2, output: 0 }] });
  const ops = trace.nodes.map(({ op, inputs }) => `${op}(${inputs.map(({ node }) => node)})`);
  return [...ops, `return ${trace.outputs.map(({ node }) => node)}`];
}

Deno.test("withIntegerReluGrads() takes bits of bfloat16, and keeps what a result is made of", () => {
  const nodes = [narrow("G", []), narrow("Y", []), narrow("ReluGrad", [0, 1])];
  assertEquals(passed(nodes), [
    ...["G()", "Y()", "Bitcast(0)", "Bitcast(1)", "ReluGrad(2,3)", "IdentityN(4,2,3)"],
    ...["Bitcast(5)", "return 6"],
  ]);
});

Deno.test("withIntegerReluGrads() leaves float32 alone", () => {
  assertEquals(passed([node("G"), node("Y"), node("ReluGrad", [0, 1])]), [
    ...["G()", "Y()", "ReluGrad(0,1)", "return 2"],
  ]);
});

Deno.test("the gradient of a relu in bfloat16 passes where it must, to the bit", {
  ignore: !narrows,
}, async () => {
  const values = [1, -1, 0, -0, 0.5, -0.5, 3e38, -3e38, 2e-38, -2e-38, 2, -2];
  const x = tf.tensor4d(values, [1, 3, 4, 1]);
  const pulls = tf.tensor4d([1, 2, 3, 4, -5, 6, -7, 8, -9, 10, 0, 12], [1, 3, 4, 1]);
  const filter = tf.ones<tf.Rank.R4>([1, 1, 1, 1]);
  const gradient = jit((x: tf.Tensor4D) => {
    const y = (x: tf.Tensor4D) => tf.relu(tf.conv2d(x, filter, 1, "same"));
    return tf.grad((x) => tf.sum(tf.mul(y(x as tf.Tensor4D), pulls)))(x);
  }, { precision: "bfloat16" });
  const result = await gradient(x);
  const expected = [1, 0, 0, 0, -5, 0, -7, 0, -9, 0, 0, 0];
  assertEquals([...result.dataSync()].map((value) => value + 0), expected);
  assert(gradient.printTraces()[0]!.includes("ReluGrad"));
  tf.dispose([x, pulls, filter, result]);
  gradient.dispose();
});
