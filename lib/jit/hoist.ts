/**
 * A pass that moves constant work out of a trace: all that depends only on captured tensors. An example
 * is a frozen teacher's filters with folded batch norm. Stateful ops, such as random numbers, still run
 * at every call.
 *
 * @module
 */
import { AttrType, typeAttr } from "../tensorflow/attributes.ts";
import { sizeOf } from "../tensorflow/data_types.ts";
import type { TensorType } from "../tensorflow/graph.ts";
import { withoutDeadNodes } from "./passes.ts";
import { keyOf, type Node, type Ref, type Trace, typeOf } from "./trace.ts";

/** A trace in two parts. */
export interface Hoisted {
  /** Computes from all captured tensors the values that `rest` needs. Run this once. */
  once: Trace;
  /** Computes the results from the arguments and the results of `once`. */
  rest: Trace;
}

/**
 * Splits a trace. Its inputs are `argumentCount` arguments, then captured tensors.
 *
 * @param isStateful true for an op that may give another result each time.
 */
export function hoist(
  trace: Trace,
  argumentCount: number,
  isStateful: (op: string) => boolean,
): Hoisted {
  const captured = trace.inputs.slice(argumentCount);
  const fixed = fixedNodes(trace, new Set(captured), isStateful);
  const isFixed = ({ node }: Ref) => fixed.has(node);
  const needed = new Map<string, Ref>();
  const take = (ref: Ref) => {
    if (isFixed(ref)) needed.set(keyOf(ref), ref);
  };
  trace.nodes.forEach((node, index) => fixed.has(index) || node.inputs.forEach(take));
  trace.outputs.forEach(take);
  const results = [...needed.values()];
  return {
    once: withoutDeadNodes({ nodes: trace.nodes, inputs: captured, outputs: results }),
    rest: withoutDeadNodes(withInputs(trace, trace.inputs.slice(0, argumentCount), results)),
  };
}

/** The captured tensors, and the nodes that depend only on these (at least one). */
function fixedNodes(
  { nodes }: Trace,
  captured: ReadonlySet<number>,
  isStateful: (op: string) => boolean,
): Set<number> {
  const fixed = new Set(captured);
  nodes.forEach(({ op, inputs, outputs }, index) => {
    const known = inputs.filter(({ node }) => fixed.has(node));
    const ofConstants = inputs.every(({ node }) => fixed.has(node) || nodes[node]?.op === "Const");
    if (op === "Placeholder" || known.length === 0 || !ofConstants || isStateful(op)) return;
    // If a result is larger than its inputs, it is better to compute it again.
    const size = (type: TensorType | undefined) => type?.shape ? sizeOf(type.shape) : Infinity;
    const taken = known.reduce(
      (sum, { node, output }) => sum + size(nodes[node]?.outputs[output]),
      0,
    );
    if (outputs.every((output) => size(output) <= taken)) fixed.add(index);
  });
  return fixed;
}

/** The trace with its arguments, then new inputs in place of these values. */
function withInputs(trace: Trace, args: readonly number[], values: readonly Ref[]): Trace {
  const places = new Map(values.map((ref, index) => [keyOf(ref), { node: index, output: 0 }]));
  const shift = ({ node, output }: Ref): Ref => ({ node: node + values.length, output });
  const move = (ref: Ref) => places.get(keyOf(ref)) ?? shift(ref);
  return {
    nodes: [
      ...values.map((ref) => placeholder(typeOf(trace, ref) as TensorType)),
      ...trace.nodes.map((node) => ({ ...node, inputs: node.inputs.map(move) })),
    ],
    inputs: [...args.map((node) => node + values.length), ...values.keys()],
    outputs: trace.outputs.map(move),
  };
}

function placeholder(type: TensorType): Node {
  const attrs = [
    typeAttr("dtype", type.dtype),
    { name: "shape", type: AttrType.shape, value: [...(type.shape ?? [])] },
  ];
  return { op: "Placeholder", attrs, inputs: [], outputs: [type] };
}
