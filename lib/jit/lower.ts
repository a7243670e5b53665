/**
 * Converts a trace to a TensorFlow function that a context can run by name.
 *
 * @module
 */
import type { Context, Handle } from "../tensorflow/context.ts";
import { Graph, type Operation, type Output } from "../tensorflow/graph.ts";
import type { Ref, Trace } from "./trace.ts";

/** Adds the traced function to the context under `name`, for XLA to compile if `xla` is true. */
export function lower(trace: Trace, name: string, context: Context, xla = false): void {
  const graph = new Graph(context.library);
  try {
    const operations = addNodes(graph, trace);
    const fn = graph.toFunction(
      name,
      trace.inputs.map((node) => outputOf(operations, { node, output: 0 })),
      trace.outputs.map((ref) => outputOf(operations, ref)),
      xla ? [mustCompileWithXla] : [],
    );
    try {
      context.addFunction(fn, name);
    } finally {
      context.library.TF_DeleteFunction(fn);
    }
  } finally {
    graph.delete();
  }
}

/** TensorFlow looks for this attribute of a function when it is called. */
const mustCompileWithXla = "_XlaMustCompile";

/** Runs a trace once. The caller owns the results. */
export function runOnce(
  trace: Trace,
  name: string,
  inputs: readonly Handle[],
  context: Context,
): Handle[] {
  lower(trace, name, context);
  try {
    return context.execute(name, [], inputs, trace.outputs.length);
  } finally {
    context.removeFunction(name);
  }
}

/** Adds a trace's nodes to a graph. Returns their operations in the same order. */
export function addNodes(graph: Graph, { nodes }: Trace): Operation[] {
  const operations: Operation[] = [];
  for (const { op, attrs, inputs, constant } of nodes) {
    const taken = inputs.map((ref) => outputOf(operations, ref));
    operations.push(graph.add(op, attrs, taken, constant));
  }
  return operations;
}

function outputOf(operations: readonly Operation[], { node, output }: Ref): Output {
  return { operation: operations[node] as Operation, index: output };
}
