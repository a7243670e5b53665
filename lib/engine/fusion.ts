/**
 * Passes that join nodes into the fused ops that TensorFlow has for CPUs with oneDNN.
 *
 * @module
 */
import { AttrType, type OpAttr } from "./attributes.ts";
import { DataType } from "./data_types.ts";
import type { Node, Ref, Trace } from "./trace.ts";

/** Fuses convolutions with what follows them, and batch norm with relu. */
export function fuse(trace: Trace): Trace {
  return fuseBatchNorms(fuseConvolutions(trace));
}

/** Conv2D, BiasAdd and Relu become one `_FusedConv2D`; so do the first two alone. */
export function fuseConvolutions(trace: Trace): Trace {
  const uses = countUses(trace);
  const nodes = trace.nodes.map((node) => {
    const relu = node.op === "Relu";
    const biasAdd = relu ? onlyUsed(trace, uses, node.inputs[0], "BiasAdd") : node;
    if (biasAdd?.op !== "BiasAdd") return node;
    const [x, bias] = biasAdd.inputs;
    const conv = onlyUsed(trace, uses, x, "Conv2D");
    if (!conv || !bias) return node;
    return {
      ...node,
      op: "_FusedConv2D",
      inputs: [...conv.inputs, bias],
      attrs: [
        ...conv.attrs,
        { name: "num_args", type: AttrType.int, value: 1 },
        { name: "num_host_args", type: AttrType.int, value: 0 },
        { name: "TArgs", type: AttrType.type, value: [DataType.float32] },
        {
          name: "fused_ops",
          type: AttrType.string,
          value: relu ? ["BiasAdd", "Relu"] : ["BiasAdd"],
        },
      ],
    };
  });
  return { ...trace, nodes };
}

/** A batch norm whose output only a relu takes becomes one `_FusedBatchNormEx` with it. */
export function fuseBatchNorms(trace: Trace): Trace {
  const uses = countUses(trace);
  const fused = new Set<number>();
  const sources = new Map<number, Ref>();
  trace.nodes.forEach((node, index) => {
    const [x] = node.inputs;
    const norm = node.op === "Relu" && x && x.output === 0 &&
      (onlyUsed(trace, uses, x, "FusedBatchNormV3") ?? onlyUsed(trace, uses, x, "FusedBatchNorm"));
    if (!norm || !x) return;
    fused.add(x.node);
    sources.set(index, x);
  });
  const move = (ref: Ref) => sources.get(ref.node) ?? ref;
  const nodes = trace.nodes.map((node, index) => ({
    ...(fused.has(index) ? withRelu(node) : node),
    inputs: node.inputs.map(move),
  }));
  return { ...trace, nodes, outputs: trace.outputs.map(move) };
}

function withRelu(node: Node): Node {
  const attrs: OpAttr[] = [
    ...node.attrs.filter(({ name }) => name !== "U"),
    { name: "U", type: AttrType.type, value: DataType.float32 },
    { name: "num_side_inputs", type: AttrType.int, value: 0 },
    { name: "activation_mode", type: AttrType.string, value: "Relu" },
  ];
  return { ...node, op: "_FusedBatchNormEx", attrs };
}

/** How often each output is taken, as `node:output`. */
function countUses(trace: Trace): Map<string, number> {
  const uses = new Map<string, number>();
  for (const { node, output } of [...trace.nodes.flatMap((n) => n.inputs), ...trace.outputs]) {
    const key = `${node}:${output}`;
    uses.set(key, (uses.get(key) ?? 0) + 1);
  }
  return uses;
}

/** The node behind a reference where it is of that op, and nothing else takes its output. */
function onlyUsed(
  trace: Trace,
  uses: Map<string, number>,
  ref: Ref | undefined,
  op: string,
): Node | undefined {
  if (!ref || uses.get(`${ref.node}:${ref.output}`) !== 1) return undefined;
  const node = trace.nodes[ref.node];
  return node?.op === op ? node : undefined;
}
