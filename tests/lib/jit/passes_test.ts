/**
 * Passes over traces.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { DataType } from "../../../lib/tensorflow/data_types.ts";
import { optimize, withoutDeadNodes, withoutIdleNodes } from "../../../lib/jit/passes.ts";
import type { Node, Trace } from "../../../lib/jit/trace.ts";
import { node } from "./nodes.ts";

Deno.test("withoutDeadNodes() drops what no output needs, and renumbers the rest", () => {
  const trace: Trace = {
    nodes: [
      node("Placeholder"),
      node("Const"), // dead
      node("Exp", [1]), // dead: only a dead node needs it
      node("Split", [0], 2),
      { ...node("Neg"), inputs: [{ node: 3, output: 1 }] },
      node("Log", [3]), // dead
    ],
    inputs: [0],
    outputs: [{ node: 4, output: 0 }, { node: 3, output: 1 }],
  };
  const { nodes, inputs, outputs } = withoutDeadNodes(trace);
  assertEquals(nodes.map(({ op }) => op), ["Placeholder", "Split", "Neg"]);
  assertEquals(nodes.map((node) => node.inputs), [
    [],
    [{ node: 0, output: 0 }],
    [{ node: 1, output: 1 }],
  ]);
  assertEquals(inputs, [0]);
  assertEquals(outputs, [{ node: 2, output: 0 }, { node: 1, output: 1 }]);
});

Deno.test("withoutDeadNodes() keeps arguments that nothing uses, in their order", () => {
  const trace: Trace = {
    nodes: [node("Const"), node("Placeholder"), node("Exp", [0]), node("Placeholder")],
    inputs: [3, 1],
    outputs: [],
  };
  const { nodes, inputs } = withoutDeadNodes(trace);
  assertEquals(nodes.map(({ op }) => op), ["Placeholder", "Placeholder"]);
  assertEquals(inputs, [1, 0]);
});

Deno.test("withoutDeadNodes() leaves its argument and a trace without dead nodes as they are", () => {
  const trace: Trace = {
    nodes: [node("Placeholder"), node("Exp", [0])],
    inputs: [0],
    outputs: [{ node: 1, output: 0 }],
  };
  const before = structuredClone(trace);
  assertEquals(withoutDeadNodes(trace), trace);
  assertEquals(trace, before);
});

Deno.test("withoutDeadNodes() follows long chains without recursion", () => {
  const length = 50_000;
  const nodes = Array.from({ length }, (_, i) => node("Neg", i === 0 ? [] : [i - 1]));
  const trace = { nodes, inputs: [], outputs: [{ node: length - 1, output: 0 }] };
  assertEquals(withoutDeadNodes(trace).nodes.length, length);
});

/** A node with one output of that type. */
function typed(op: string, inputs: number[], dtype: number, shape: number[] | null): Node {
  return { ...node(op, inputs), outputs: [{ dtype, shape }] };
}

const { float32, int32 } = DataType;

Deno.test("withoutIdleNodes() passes by casts to the same type and reshapes to the same shape", () => {
  const trace: Trace = {
    nodes: [
      typed("Placeholder", [], float32, [2, 3]),
      typed("Cast", [0], float32, [2, 3]),
      typed("Const", [], int32, [2]),
      typed("Reshape", [1, 2], float32, [2, 3]),
      typed("Neg", [3], float32, [2, 3]),
    ],
    inputs: [0],
    outputs: [{ node: 4, output: 0 }, { node: 3, output: 0 }],
  };
  const { nodes, outputs } = withoutIdleNodes(trace);
  assertEquals(nodes[4]?.inputs, [{ node: 0, output: 0 }]);
  assertEquals(outputs, [{ node: 4, output: 0 }, { node: 0, output: 0 }]);
  assertEquals(optimize(trace, true).nodes.map(({ op }) => op), [
    "Placeholder",
    "Neg",
  ]);
});

Deno.test("withoutIdleNodes() keeps casts and reshapes that change something, or may", () => {
  const trace: Trace = {
    nodes: [
      typed("Placeholder", [], float32, [2, 3]),
      typed("Cast", [0], int32, [2, 3]),
      typed("Cast", [1], float32, [2, 3]),
      typed("Reshape", [2], float32, [6]),
      typed("Reshape", [3], float32, [2, 3]),
      typed("Reshape", [4], float32, null),
      typed("Reshape", [5], float32, null),
      typed("Relu", [6], float32, [2, 3]),
    ],
    inputs: [0],
    outputs: [{ node: 7, output: 0 }],
  };
  assertEquals(withoutIdleNodes(trace), trace);
});

Deno.test("withoutIdleNodes() passes by a cast of a node's second output", () => {
  const trace: Trace = {
    nodes: [
      node("Split", [], 2),
      { ...node("Cast"), inputs: [{ node: 0, output: 1 }] },
      node("Neg", [1]),
    ],
    inputs: [],
    outputs: [{ node: 2, output: 0 }],
  };
  assertEquals(withoutIdleNodes(trace).nodes[2]?.inputs, [{ node: 0, output: 1 }]);
});
