/**
 * Graphs under construction.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { DataType } from "../../../lib/tensorflow/data_types.ts";
import { Graph, type Output } from "../../../lib/tensorflow/graph.ts";
import { openLibrary, TensorFlowError } from "../../../lib/tensorflow/library.ts";
import type { Values } from "../../../lib/tensorflow/tensor_values.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";

const library = openLibrary((await useTensorFlow({ gpu: false })).library);
const floatType = { name: "T", type: 4, value: DataType.float32 };

function withGraph(f: (graph: Graph) => void): void {
  const graph = new Graph(library);
  try {
    f(graph);
  } finally {
    graph.delete();
  }
}

function placeholder(graph: Graph, shape: number[]): Output {
  const attrs = [
    { name: "dtype", type: 4, value: DataType.float32 },
    { name: "shape", type: 5, value: shape },
  ];
  return { operation: graph.add("Placeholder", attrs, []), index: 0 };
}

function constant(graph: Graph, dtype: number, shape: number[], values: Values): Output {
  const attrs = [{ name: "dtype", type: 4, value: dtype }];
  return { operation: graph.add("Const", attrs, [], { dtype, shape, values }), index: 0 };
}

Deno.test("Graph.add() infers types and shapes", () => {
  withGraph((graph) => {
    const [x, y] = [placeholder(graph, [2, 3]), placeholder(graph, [3, 5])];
    const { outputs } = graph.add("MatMul", [floatType], [x, y]);
    assertEquals(outputs, [{ dtype: DataType.float32, shape: [2, 5] }]);
  });
});

Deno.test("Graph.add() knows the values of constants that shapes depend on", () => {
  withGraph((graph) => {
    const shape = constant(graph, DataType.int32, [2], Int32Array.of(3, -1));
    const { outputs } = graph.add("Reshape", [floatType], [placeholder(graph, [2, 6]), shape]);
    assertEquals(outputs[0]?.shape, [3, 4]);
  });
});

Deno.test("Graph.add() gives null for a shape that depends on values", () => {
  withGraph((graph) => {
    const x = placeholder(graph, [4]);
    const { outputs } = graph.add("Unique", [floatType], [x]);
    assertEquals(outputs.map(({ shape }) => shape), [null, [4]]);
  });
});

Deno.test("Graph.add() takes constants of every type", () => {
  withGraph((graph) => {
    const cases: [number, Values][] = [
      [DataType.float32, Float32Array.of(1, 2)],
      [DataType.int32, Int32Array.of(1, 2)],
      [DataType.int64, BigInt64Array.of(1n, 2n)],
      [DataType.bool, Uint8Array.of(0, 1)],
      [DataType.uint8, Uint8Array.of(1, 2)],
      [DataType.complex64, Float32Array.of(1, 2, 3, 4)],
      [DataType.string, ["", "ü"]],
    ];
    for (const [dtype, values] of cases) {
      const { operation } = constant(graph, dtype, [2], values);
      assertEquals(operation.outputs, [{ dtype, shape: [2] }]);
    }
  });
});

Deno.test("Graph.add() names the op and its inputs' shapes where they do not fit", () => {
  withGraph((graph) => {
    const x = placeholder(graph, [2, 3]);
    assertThrows(
      () => graph.add("MatMul", [floatType], [x, x]),
      TensorFlowError,
      "Cannot run MatMul([2,3], [2,3]) in a trace: invalid argument",
    );
    const { outputs } = graph.add("Neg", [floatType], [x]);
    assertEquals(outputs[0]?.shape, [2, 3], "the graph goes on");
  });
});

Deno.test("Graph.add() names an attribute's value that does not fit", () => {
  withGraph((graph) => {
    const attrs = [floatType, { name: "padding", type: 0, value: "NOWHERE" }];
    const [x, filter] = [placeholder(graph, [1, 4, 4, 1]), placeholder(graph, [3, 3, 1, 1])];
    assertThrows(() => graph.add("Conv2D", attrs, [x, filter]), TensorFlowError, "NOWHERE");
  });
});
