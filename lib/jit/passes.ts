/**
 * Passes over a trace. Each turns a list of nodes into a better one with the same results.
 *
 * @module
 */
import { AttrType, typeAttr } from "../tensorflow/attributes.ts";
import { autocast } from "./autocast.ts";
import { DataType } from "../tensorflow/data_types.ts";
import { fuseBatchNorms, fuseConvolutions, fusePads, fuseSums } from "./fusion.ts";
import { withIntegerReluGrads } from "./integer_relu.ts";
import { withoutZeroSums } from "./zeros.ts";
import { type Node, type Ref, type Trace, typeOf } from "./trace.ts";

/** The passes in order, by name. `fusing` passes need a machine where fused ops work correctly. */
const passes: readonly { name: string; run: (trace: Trace) => Trace; fusing?: boolean }[] = [
  { name: "withoutIdleNodes", run: withoutIdleNodes },
  { name: "withoutZeroSums", run: withoutZeroSums },
  { name: "withBiasAdds", run: withBiasAdds },
  { name: "withoutDeadNodes", run: withoutDeadNodes },
  { name: "fusePads", run: fusePads, fusing: true },
  { name: "fuseConvolutions", run: fuseConvolutions, fusing: true },
  { name: "fuseSums", run: fuseSums, fusing: true },
  { name: "fuseBatchNorms", run: fuseBatchNorms, fusing: true },
  { name: "autocast", run: autocast },
  { name: "withoutDeadNodes", run: withoutDeadNodes },
  { name: "withIntegerReluGrads", run: withIntegerReluGrads, fusing: true },
];

/** The names of all passes. */
export const passNames: readonly string[] = [...new Set(passes.map(({ name }) => name)), "hoist"];

/**
 * Applies all passes except the skipped ones. `hoist`, which splits a trace, runs after them.
 *
 * @param fuses true if fused ops work correctly on this machine; see `probes.ts`.
 */
export function optimize(trace: Trace, fuses: boolean, skipped: readonly string[] = []): Trace {
  return passes
    .filter(({ name, fusing }) => !skipped.includes(name) && (fuses || !fusing))
    .reduce((result, { run }) => run(result), trace);
}

/**
 * Bypasses casts to the same type and reshapes to the same shape, which are frequent in tfjs's
 * gradients. The bypassed nodes stay in the trace, unused.
 */
export function withoutIdleNodes(trace: Trace): Trace {
  const sources = new Map<number, Ref>();
  const source = (ref: Ref): Ref => sources.get(ref.node) ?? ref;
  const nodes = trace.nodes.map((node, index) => {
    const [first] = node.inputs;
    if ((node.op === "Cast" || node.op === "Reshape") && first) {
      const [before, after] = [typeOf(trace, first), node.outputs[0]];
      const isIdle = before?.dtype === after?.dtype &&
        before?.shape && after?.shape && String(before.shape) === String(after.shape);
      if (isIdle) sources.set(index, source(first));
    }
    return { ...node, inputs: node.inputs.map(source) };
  });
  return { ...trace, nodes, outputs: trace.outputs.map(source) };
}

/**
 * Uses `BiasAdd` to add vectors over the last axis, because TensorFlow fuses it with the convolution
 * before it and the relu after it.
 */
function withBiasAdds(trace: Trace): Trace {
  const nodes = trace.nodes.map((node) => {
    const [x, bias] = node.inputs;
    if (node.op !== "Add" || !x || !bias) return node;
    const [wide, vector] = [typeOf(trace, x), typeOf(trace, bias)];
    const fits = wide?.dtype === DataType.float32 && wide.shape && wide.shape.length >= 2 &&
      vector?.shape?.length === 1 && vector.shape[0] === wide.shape.at(-1);
    return fits ? { ...node, op: "BiasAdd", attrs: biasAttrs } : node;
  });
  return { ...trace, nodes };
}

const biasAttrs = [
  typeAttr("T", DataType.float32),
  { name: "data_format", type: AttrType.string, value: "NHWC" },
];

/** Removes nodes that no output needs, but keeps arguments. */
export function withoutDeadNodes(trace: Trace): Trace {
  const live = new Set(trace.inputs);
  const visit = trace.outputs.map(({ node }) => node);
  while (visit.length > 0) {
    const index = visit.pop() as number;
    if (live.has(index)) continue;
    live.add(index);
    visit.push(...(trace.nodes[index] as Node).inputs.map(({ node }) => node));
  }
  const kept = [...live].sort((a, b) => a - b);
  const renumbered = new Map(kept.map((old, index) => [old, index]));
  const renumber = (node: number) => renumbered.get(node) as number;
  const move = ({ node, output }: Ref) => ({ node: renumber(node), output });
  return {
    nodes: kept.map((old) => {
      const node = trace.nodes[old] as Node;
      return { ...node, inputs: node.inputs.map(move) };
    }),
    inputs: trace.inputs.map(renumber),
    outputs: trace.outputs.map(move),
  };
}
