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
  const attrs = new Map(trace.nodes.at(-1)?.attrs.map(({ name, value }) => [name, value]));
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

Deno.test("fuse() keeps a batch norm whose channels are not by fours", () => {
  const nodes = [node("X"), node("FusedBatchNormV3", [0], 6), node("Relu", [1], 6)];
  assertEquals(fused(nodes, [2]).slice(1), ["FusedBatchNormV3(0)", "Relu(1)"]);
});

Deno.test("fuse() joins a convolution and the sum after it, with a bias of zeros", () => {
  const nodes = [...sources, node("Conv2D", [0, 1]), node("Add", [0, 3])];
  assertEquals(fused(nodes, [4]), ["Const()", "X()", "Filter()", "_FusedConv2D(1,2,0,1)"]);
});

Deno.test("fuse() keeps a sum with another shape, and one whose convolution others take", () => {
  const nodes = [...sources, node("Conv2D", [0, 1]), node("Add", [3, 0])];
  assertEquals(fused(nodes, [4, 3]).slice(2), ["Conv2D(0,1)", "Add(2,0)"]);
  const scalar = { ...node("X"), outputs: [{ dtype: DataType.float32, shape: [] }] };
  const broadcast = [...sources, scalar, node("Conv2D", [0, 1]), node("Add", [4, 3])];
  assertEquals(fused(broadcast, [5]).slice(3), ["Conv2D(0,1)", "Add(3,2)"]);
});

/** X, filter, widths, the padded value, PadV2, and a convolution of it. */
function padded(value: number, padding: string): Node[] {
  const constant = (values: Float32Array | Int32Array, dtype: number): Node => ({
    ...node("Const"),
    constant: { dtype, shape: [values.length], values },
  });
  const conv = node("Conv2D", [4, 1]);
  return [
    node("X"),
    node("Filter"),
    constant(Int32Array.of(0, 0, 1, 1, 1, 1, 0, 0), DataType.int32),
    constant(Float32Array.of(value), DataType.float32),
    node("PadV2", [0, 2, 3]),
    { ...conv, attrs: [...conv.attrs, { name: "padding", type: 0, value: padding }] },
  ];
}

Deno.test("fuse() joins a pad of zeros and the convolution that alone takes it", () => {
  const trace = fuse({ nodes: padded(0, "VALID"), inputs: [], outputs: [{ node: 5, output: 0 }] });
  const conv = trace.nodes.at(-1) as Node;
  const attrs = new Map(conv.attrs.map(({ name, value }) => [name, value]));
  assertEquals(trace.nodes[conv.inputs[0]?.node ?? -1]?.op, "X");
  assertEquals(attrs.get("padding"), "EXPLICIT");
  assertEquals(attrs.get("explicit_paddings"), [0, 0, 1, 1, 1, 1, 0, 0]);
});

Deno.test("fuse() keeps a pad of other values, of another padding, and one that others take", () => {
  const ops = (nodes: Node[], outputs = [5]) => fused(nodes, outputs).map((op) => op.split("(")[0]);
  assertEquals(ops(padded(1, "VALID")).includes("PadV2"), true);
  assertEquals(ops(padded(0, "SAME")).includes("PadV2"), true);
  assertEquals(ops(padded(0, "VALID"), [5, 4]).includes("PadV2"), true);
  assertEquals(ops(padded(0, "VALID")).includes("PadV2"), false);
});
