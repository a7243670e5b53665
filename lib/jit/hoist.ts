/**
 * A pass that takes out of a trace what is the same at every call: what is computed of captured
 * tensors alone, such as the filters of a frozen teacher with its batch norm folded into them. Ops that
 * have a state, as those that draw random numbers, run at every call.
 *
 * @module
 */
import { AttrType, typeAttr } from "../tensorflow/attributes.ts";
import { sizeOf } from "../tensorflow/data_types.ts";
import type { TensorType } from "../tensorflow/graph.ts";
import { withoutDeadNodes } from "./passes.ts";
import { keyOf, type Node, type Ref, type Trace, typeOf } from "./trace.ts";

/** A trace in two. */
export interface Hoisted {
  /** From all captured tensors to what `rest` takes in their place; to be run once. */
  once: Trace;
  /** From the arguments and the results of `once` to the results. */
  rest: Trace;
}

/**
 * Parts a trace whose inputs are so many arguments and after them captured tensors.
 *
 * @param isStateful whether an op may give something else each time that it runs.
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

/** The captured tensors, and the nodes that depend on at least one of them and on nothing else. */
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
    // What is larger than what it is made of is better made anew.
    const size = (type: TensorType | undefined) => type?.shape ? sizeOf(type.shape) : Infinity;
    const taken = known.reduce(
      (sum, { node, output }) => sum + size(nodes[node]?.outputs[output]),
      0,
    );
    if (outputs.every((output) => size(output) <= taken)) fixed.add(index);
  });
  return fixed;
}

/** The trace with arguments, and then new inputs in the place of these values. */
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
