/**
 * The passes that join nodes into fused ops.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals } from "@std/assert";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { jit } from "../../../lib/jit/jit.ts";
import { DataType } from "../../../lib/tensorflow/data_types.ts";
import { fuse } from "../../../lib/jit/fusion.ts";
import { withoutDeadNodes } from "../../../lib/jit/passes.ts";
import type { Node, Trace } from "../../../lib/jit/trace.ts";

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

Deno.test("fuse() joins a convolution and its bias, but not its relu, which would hide NaN", () => {
  const nodes = [...sources, node("Conv2D", [0, 1]), node("BiasAdd", [3, 2]), node("Relu", [4])];
  assertEquals(fused(nodes, [5]).slice(2), ["Bias()", "_FusedConv2D(0,1,2)", "Relu(3)"]);
});

Deno.test("fuse() moves no pad into a dilated convolution, where padding can be all that it sees", async () => {
  await useTensorFlow({ gpu: false });
  for (const [dilation, padded] of [[1, false], [2, true]] as const) {
    const f = jit((x: tf.Tensor4D, filter: tf.Tensor4D) => {
      const wide = tf.pad(x, [[0, 0], [4, 4], [4, 4], [0, 0]]);
      return tf.conv2d(wide, filter, 1, "valid", "NHWC", dilation);
    });
    await f(tf.ones([1, 4, 4, 1]), tf.ones([2, 2, 1, 1]));
    assertEquals(/Pad/.test(f.printTraces().join()), padded);
    f.dispose();
  }
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
  const attrs = new Map(trace.nodes.at(-2)?.attrs.map(({ name, value }) => [name, value]));
  assertEquals(attrs.get("fused_ops"), ["BiasAdd"]);
  assertEquals([attrs.get("T"), attrs.get("num_args")], [DataType.float32, 1]);
});

Deno.test("fuse() joins a batch norm and its relu, and moves the relu's users", () => {
  const nodes = [node("X"), node("FusedBatchNormV3", [0]), node("Relu", [1]), node("Neg", [2])];
  const gradient = node("FusedBatchNormGradV3", [3, 0]);
  assertEquals(fused([...nodes, gradient], [3, 2, 4]), [
    ...["X()", "_FusedBatchNormEx(0)", "Neg(1)", "FusedBatchNormGradV3(2,0)"],
  ]);
});

Deno.test("fuse() keeps a relu apart where no gradient of its batch norm shows NaN", () => {
  const nodes = [node("X"), node("FusedBatchNormV3", [0]), node("Relu", [1])];
  assertEquals(fused(nodes, [2]).slice(1), ["FusedBatchNormV3(0)", "Relu(1)"]);
  const ofAnother = [...nodes, node("FusedBatchNormGradV3", [0, 2])];
  assertEquals(fused(ofAnother, [2, 3])[1], "FusedBatchNormV3(0)");
});

Deno.test("fuse() keeps a batch norm that others take, and one whose statistics a relu takes", () => {
  const norm = node("FusedBatchNormV3", [0]);
  const gradient = node("FusedBatchNormGradV3", [2, 0]);
  const both = [node("X"), norm, node("Relu", [1]), gradient, node("Neg", [1])];
  assertEquals(fused(both, [3, 4]).slice(1, 3), ["FusedBatchNormV3(0)", "Relu(1)"]);
  const mean = { ...node("Relu"), inputs: [{ node: 1, output: 1 }] };
  const ofMean = fused([node("X"), norm, mean, gradient], [3]);
  assertEquals(ofMean.slice(1, 3), ["FusedBatchNormV3(0)", "Relu(1)"]);
});

Deno.test("fuse() keeps a batch norm whose channels are not by fours", () => {
  const nodes = [node("X"), node("FusedBatchNormV3", [0], 6), node("Relu", [1], 6)];
  const gradient = node("FusedBatchNormGradV3", [2, 0], 6);
  assertEquals(fused([...nodes, gradient], [2, 3]).slice(1, 3), ["FusedBatchNormV3(0)", "Relu(1)"]);
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
function padded(value: number, padding: string, widths = [0, 0, 1, 1, 1, 1, 0, 0]): Node[] {
  const constant = (values: Float32Array | Int32Array, dtype: number): Node => ({
    ...node("Const"),
    constant: { dtype, shape: [values.length], values },
  });
  const conv = node("Conv2D", [4, 1]);
  return [
    node("X"),
    node("Filter"),
    constant(Int32Array.from(widths), DataType.int32),
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

Deno.test("fuse() keeps a pad of channels, and one of the batch", () => {
  for (const widths of [[1, 0], [0, 1], [0, 0, 0, 0, 0, 0, 0, 8], [0, 0, 1, 1, 1, 1, 1, 0]]) {
    const whole = Array.from({ length: 8 }, (_, i) => widths[i] ?? 0);
    const ops = fused(padded(0, "VALID", whole), [5]).map((op) => op.split("(")[0]);
    assert(ops.includes("PadV2"), String(whole));
  }
});

/** What a change of one node makes of a convolution with bias, a sum with one, and a norm with relu. */
function left(change: (node: Node) => Node): string[] {
  const nodes = [
    ...sources,
    node("Conv2D", [0, 1]),
    node("BiasAdd", [3, 2]),
    node("Relu", [4]),
    node("Conv2D", [0, 1]),
    node("Add", [0, 6]),
    node("FusedBatchNormV3", [0]),
    node("Relu", [8]),
    ...padded(0, "VALID").map((node) => ({
      ...node,
      inputs: node.inputs.map(({ node, output }) => ({ node: node + 10, output })),
    })),
    node("FusedBatchNormGradV3", [9, 0]),
  ];
  const changed = nodes.map((node) => node.inputs.length > 0 ? change(node) : node);
  return fused(changed, [5, 7, 9, 15, 16]).map((op) => op.split("(")[0]!);
}

const others: Record<string, [op: string, change: (node: Node) => Node]> = {
  "channels first": ["Conv2D", (node) => ({
    ...node,
    attrs: [...node.attrs, { name: "data_format", type: 0, value: "NCHW" }],
  })],
  "a batch norm of channels first": ["FusedBatchNormV3", (node) => ({
    ...node,
    attrs: [...node.attrs, { name: "data_format", type: 0, value: "NCHW" }],
  })],
  "whole numbers": ["", (node) => ({
    ...node,
    outputs: node.outputs.map(({ shape }) => ({ dtype: DataType.int32, shape })),
  })],
  "five dimensions": ["", (node) => ({
    ...node,
    outputs: node.outputs.map(({ dtype }) => ({ dtype, shape: [2, 4, 4, 4, 8] })),
  })],
};

for (const [name, [op, change]] of Object.entries(others)) {
  Deno.test(`fuse() keeps what the fused ops do not compute: ${name}`, () => {
    const ops = left((node) => op === "" || node.op === op ? change(node) : node);
    if (op !== "FusedBatchNormV3") {
      assertEquals(ops.filter((op) => op === "Conv2D").length, 3);
      assert(ops.includes("PadV2") && !ops.includes("_FusedConv2D"));
    }
    if (op !== "Conv2D") assert(ops.includes("FusedBatchNormV3"));
    assertEquals(left((node) => node).filter((op) => op.startsWith("_Fused")).length, 3);
  });
}

Deno.test("fuse() joins nothing across a change of precision", () => {
  for (const op of ["Conv2D", "Relu", "Add", "FusedBatchNormV3"]) {
    const ops = left((node) => node.op === op ? { ...node, precision: "bfloat16" } : node);
    const joined = ops.filter((op) => op.startsWith("_Fused"));
    assertEquals(joined.length, { Conv2D: 1, Relu: 2, Add: 2, FusedBatchNormV3: 2 }[op], op);
  }
});
