/**
 * Turns a trace into a function of TensorFlow's that a context can execute by name.
 *
 * @module
 */
import type { Context } from "./context.ts";
import { Graph, type Operation, type Output } from "./graph.ts";
import type { OpInputs } from "./op_inputs.ts";
import type { Ref, Trace } from "./trace.ts";

/** Adds the traced function to the context under `name`. */
export function lower(trace: Trace, name: string, context: Context, opInputs: OpInputs): void {
  const graph = new Graph(context.library, opInputs);
  try {
    const operations: Operation[] = [];
    const outputOf = ({ node, output }: Ref): Output => ({
      operation: operations[node] as Operation,
      index: output,
    });
    for (const { op, attrs, inputs, constant } of trace.nodes) {
      operations.push(graph.add(op, attrs, inputs.map(outputOf), constant));
    }
    const fn = graph.toFunction(
      name,
      trace.inputs.map((node) => outputOf({ node, output: 0 })),
      trace.outputs.map(outputOf),
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
