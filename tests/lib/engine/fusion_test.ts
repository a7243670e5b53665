/**
 * The passes that join nodes into fused ops.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { DataType } from "../../../lib/engine/data_types.ts";
import { fuse } from "../../../lib/engine/fusion.ts";
import { withoutDeadNodes } from "../../../lib/engine/passes.ts";
import type { Node, Trace } from "../../../lib/engine/trace.ts";

function node(op: string, inputs: number[] = [], channels = 8): Node {
  return {
    op,
    attrs: [{ name: "T", type: 4, value: DataType.float32 }],
    inputs: inputs.map((node) => ({ node, output: 0 })),
    outputs: [{ dtype: DataType.float32, shape: [2, 4, 4, channels] }],
  };
}

/** The ops of a trace after fusion, each with its inputs: `_FusedConv2D(0, 1, 2)`. */
function fused(nodes: Node[], outputs: number[]): string[] {
  const trace: Trace = {
    nodes,
    inputs: [],
    outputs: outputs.map((node) => ({ node, output: 0 })),
  };
  return withoutDeadNodes(fuse(trace)).nodes.map(({ op, inputs }) =>
    `${op}(${inputs.map((input) => input.node)})`
  );
}

const sources = [node("X"), node("Filter"), node("Bias")];

Deno.test("fuse() joins a convolution, its bias and its relu", () => {
  const nodes = [...sources, node("Conv2D", [0, 1]), node("BiasAdd", [3, 2]), node("Relu", [4])];
  assertEquals(fused(nodes, [5]), ["X()", "Filter()", "Bias()", "_FusedConv2D(0,1,2)"]);
});

Deno.test("fuse() joins a convolution and its bias", () => {
  const nodes = [...sources, node("Conv2D", [0, 1]), node("BiasAdd", [3, 2]), node("Neg", [4])];
  assertEquals(fused(nodes, [5]).slice(3), ["_FusedConv2D(0,1,2)", "Neg(3)"]);
});

Deno.test("fuse() keeps what others take, too", () => {
  const nodes = [...sources, node("Conv2D", [0, 1]), node("BiasAdd", [3, 2]), node("Relu", [4])];
  assertEquals(fused(nodes, [5, 3]).slice(3), ["Conv2D(0,1)", "BiasAdd(3,2)", "Relu(4)"]);
  assertEquals(fused(nodes, [5, 4]).slice(3), ["_FusedConv2D(0,1,2)", "Relu(3)"]);
});

Deno.test("fuse() keeps the order of what the fused op names", () => {
  const nodes = [...sources, node("Conv2D", [0, 1]), node("BiasAdd", [3, 2]), node("Relu", [4])];
  const trace = fuse({ nodes, inputs: [], outputs: [{ node: 5, output: 0 }] });
  const attrs = new Map(trace.nodes[5]?.attrs.map(({ name, value }) => [name, value]));
  assertEquals(attrs.get("fused_ops"), ["BiasAdd", "Relu"]);
  assertEquals([attrs.get("T"), attrs.get("num_args")], [DataType.float32, 1]);
});

Deno.test("fuse() joins a batch norm and its relu, and moves the relu's users", () => {
  const nodes = [node("X"), node("FusedBatchNormV3", [0]), node("Relu", [1]), node("Neg", [2])];
  assertEquals(fused(nodes, [3, 2]), ["X()", "_FusedBatchNormEx(0)", "Neg(1)"]);
});

Deno.test("fuse() keeps a batch norm that others take, and one whose statistics a relu takes", () => {
  const norm = node("FusedBatchNormV3", [0]);
  const both = [node("X"), norm, node("Relu", [1]), node("Neg", [1])];
  assertEquals(fused(both, [2, 3]).slice(1), ["FusedBatchNormV3(0)", "Relu(1)", "Neg(1)"]);
  const mean = { ...node("Relu"), inputs: [{ node: 1, output: 1 }] };
  assertEquals(fused([node("X"), norm, mean], [2]).slice(1), ["FusedBatchNormV3(0)", "Relu(1)"]);
});
