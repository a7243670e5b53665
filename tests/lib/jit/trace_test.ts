/**
 * Traces: lists of nodes.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { DataType } from "../../../lib/tensorflow/data_types.ts";
import type { Constant } from "../../../lib/tensorflow/graph.ts";
import { openLibrary } from "../../../lib/tensorflow/library.ts";
import { printTrace, rewrite, type Trace, TraceRecorder } from "../../../lib/jit/trace.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { node } from "./nodes.ts";

const library = openLibrary((await useTensorFlow({ gpu: false })).library);

Deno.test("printTrace() writes a line a node, with attributes, small constants and types", () => {
  const constant = { dtype: DataType.int32, shape: [2], values: Int32Array.of(0, 1) };
  const large = { dtype: DataType.float32, shape: [9], values: new Float32Array(9) };
  const trace: Trace = {
    nodes: [
      node("Placeholder"),
      { ...node("Const"), outputs: [{ dtype: DataType.int32, shape: [2] }], constant },
      { ...node("Const"), outputs: [{ dtype: DataType.float32, shape: [9] }], constant: large },
      {
        ...node("Split", [0, 1], 2),
        attrs: [{ name: "num_split", type: 1, value: 2 }, {
          name: "padding",
          type: 0,
          value: "SAME",
        }],
      },
      {
        op: "Unique",
        attrs: [],
        inputs: [{ node: 3, output: 1 }],
        outputs: [{ dtype: DataType.float32, shape: null }],
      },
    ],
    inputs: [0],
    outputs: [{ node: 4, output: 0 }, { node: 3, output: 1 }],
  };
  assertEquals(printTrace(trace).split("\n"), [
    "%0 = Placeholder() : float32[2]",
    "%1 = Const() {value=[0,1]} : int32[2]",
    "%2 = Const() : float32[9]",
    '%3 = Split(%0, %1) {num_split=2 padding="SAME"} : float32[2], float32[2]',
    "%4 = Unique(%3:1) : float32[?]",
    "return %4, %3:1",
  ]);
});

Deno.test("printTrace() writes constants of every type", () => {
  const { float32, int64, string, bool } = DataType;
  const bytes = new TextEncoder().encode("ü");
  const constants: Constant[] = [
    { dtype: float32, shape: [3], values: Float32Array.of(-Infinity, NaN, 0.5) },
    { dtype: int64, shape: [1], values: BigInt64Array.of(7n) },
    { dtype: bool, shape: [2], values: Uint8Array.of(1, 0) },
    { dtype: string, shape: [2], values: ["a", bytes] },
  ];
  const nodes = constants.map((constant) => ({ ...node("Const"), outputs: [constant], constant }));
  assertEquals(printTrace({ nodes, inputs: [], outputs: [] }).split("\n").slice(0, -1), [
    "%0 = Const() {value=[-Infinity,NaN,0.5]} : float32[3]",
    "%1 = Const() {value=[7]} : int64[1]",
    "%2 = Const() {value=[1,0]} : bool[2]",
    '%3 = Const() {value=["a","ü"]} : string[2]',
  ]);
});

Deno.test("printTrace() writes a function without outputs", () => {
  assertEquals(printTrace({ nodes: [], inputs: [], outputs: [] }), "return ");
});

Deno.test("TraceRecorder records nodes and knows their types", () => {
  const recorder = new TraceRecorder(library);
  try {
    const type = { dtype: DataType.float32, shape: [2, 3] };
    const x = recorder.addInput(type);
    const axis = recorder.addConstant({ dtype: 3, shape: [], values: Int32Array.of(0) });
    const attrs = [{ name: "T", type: 4, value: 1 }, { name: "num_split", type: 1, value: 2 }];
    const parts = recorder.add("Split", attrs, [axis, x]);
    assertEquals(parts, [{ node: 2, output: 0 }, { node: 2, output: 1 }]);
    assertEquals(recorder.typeOf(parts[1]!), { dtype: DataType.float32, shape: [1, 3] });
    assertEquals(recorder.nodes.map(({ op }) => op), ["Placeholder", "Const", "Split"]);
    assertEquals(recorder.inputs, [0]);
  } finally {
    recorder.delete();
  }
});

Deno.test("rewrite() moves inputs, arguments and results to what takes the place of their nodes", () => {
  const nodes = [node("Relu"), node("Placeholder"), node("Split", [1, 0], 2), node("Add", [2])];
  const outputs = [{ node: 2, output: 1 }, { node: 3, output: 0 }, { node: 0, output: 0 }];
  const types: unknown[] = [];
  const doubled = rewrite({ nodes, inputs: [1], outputs }, (one, add, typeOf) => {
    types.push(...one.inputs.map(typeOf));
    const first = one.op === "Relu" ? add({ ...one, op: "Const" }) : undefined;
    add(first ? { ...one, inputs: [first] } : one);
  });
  assertEquals(doubled.nodes.map(({ op, inputs }) => `${op}(${inputs.map(({ node }) => node)})`), [
    ...["Const()", "Relu(0)", "Placeholder()", "Split(2,1)", "Add(3)"],
  ]);
  assertEquals(types, Array.from({ length: 3 }, () => ({ dtype: DataType.float32, shape: [2] })));
  assertEquals([doubled.inputs, doubled.outputs], [
    [2],
    [{ node: 3, output: 1 }, { node: 4, output: 0 }, { node: 1, output: 0 }],
  ]);
});
