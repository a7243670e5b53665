/**
 * A pass that computes convolutions, and ops between them, in bfloat16.
 *
 * @module
 */
import { AttrType, type OpAttr, typeAttr } from "../tensorflow/attributes.ts";
import { DataType } from "../tensorflow/data_types.ts";
import type { TensorType } from "../tensorflow/graph.ts";
import { keyOf, type Node, type Ref, type Trace } from "./trace.ts";

/** The inputs that have an op's type `T`, like its first output: all floats, or the listed ones. */
type Typed = "all" | readonly number[];

/** Ops that always compute in bfloat16, because they are worth the cost of the casts. */
const lowered: ReadonlyMap<string, Typed> = new Map<string, Typed>([
  ["Conv2D", "all"],
  ["Conv2DBackpropFilter", [0, 2]],
  ["Conv2DBackpropInput", [1, 2]],
  ["_FusedConv2D", "all"],
]);

/**
 * Ops that compute in bfloat16 if one of these inputs is bfloat16, else in float32. Batch norm's
 * statistics, weights and their gradients always stay float32.
 */
const following: ReadonlyMap<string, Typed> = new Map<string, Typed>([
  ...[
    ...["Add", "AddN", "BiasAdd", "Identity", "MaxPool", "MaxPoolGrad", "PadV2", "Relu"],
    ...["ReluGrad", "Reshape", "ReverseV2", "Slice"],
  ].map((op): [string, Typed] => [op, "all"]),
  ["FusedBatchNormGradV3", [0, 1]],
  ["FusedBatchNormV3", [0]],
  ["_FusedBatchNormEx", [0]],
]);

/**
 * Makes nodes with precision bfloat16 compute in it if they are in the tables above, like PyTorch's
 * autocast. Adds casts before and after. Arguments and results keep their types.
 */
export function autocast(trace: Trace): Trace {
  const nodes: Node[] = [];
  /** The new positions of the old nodes. */
  const places: number[] = [];
  const casts = new Map<string, Ref>();
  const typeOf = ({ node, output }: Ref) => nodes[node]?.outputs[output] as TensorType;
  const place = ({ node, output }: Ref): Ref => ({ node: places[node] as number, output });
  const cast = (ref: Ref, dtype: number): Ref => {
    const before = typeOf(ref);
    if (!isFloat(before) || before.dtype === dtype) return ref;
    const known = casts.get(keyOf(ref));
    if (known) return known;
    const made = { node: nodes.length, output: 0 };
    nodes.push(castNode(ref, before, dtype));
    casts.set(keyOf(ref), made);
    return made;
  };
  for (const node of trace.nodes) {
    const inputs = node.inputs.map(place);
    const narrow = narrowInputs(node, inputs.map(typeOf));
    const cleared = inputs.map((ref, i) =>
      cast(ref, narrow.includes(i) ? DataType.bfloat16 : DataType.float32)
    );
    const made = { node: nodes.length, output: 0 };
    nodes.push({ ...(narrow.length > 0 ? narrowed(node) : node), inputs: cleared });
    // Cast back here, or the update of the parameter would also be computed in bfloat16.
    const result = node.op === "Conv2DBackpropFilter" ? cast(made, DataType.float32) : made;
    places.push(result.node);
  }
  const outputs = trace.outputs.map((ref) => cast(place(ref), DataType.float32));
  return { nodes, inputs: trace.inputs.map((node) => places[node] as number), outputs };
}

/** The inputs of a node that should be bfloat16. */
function narrowInputs({ op, precision }: Node, inputs: readonly TensorType[]): number[] {
  const typed = lowered.get(op) ?? following.get(op);
  if (!typed || precision !== "bfloat16") return [];
  const floats = [...inputs.keys()].filter((i) =>
    isFloat(inputs[i] as TensorType) && (typed === "all" || typed.includes(i))
  );
  const isNarrow = lowered.has(op) || floats.some((i) => inputs[i]?.dtype === DataType.bfloat16);
  return isNarrow ? floats : [];
}

// The definition of `_FusedConv2D` does not allow bfloat16, but that of oneDNN's op behind it does. Its
// kernel is registered under a separate label.
const oneDnnFused = "_MklNativeFusedConv2D";
const byName: OpAttr = { name: "_kernel", type: AttrType.string, value: "MklNameChangeOp" };

/** The node with bfloat16 as its type, and as that of its first output. */
function narrowed(node: Node): Node {
  const [first, ...others] = node.outputs as [TensorType, ...TensorType[]];
  const narrowAttr = (attr: OpAttr): OpAttr => {
    if (attr.name === "T") return typeAttr("T", DataType.bfloat16);
    if (attr.name !== "TArgs") return attr;
    return { ...attr, value: (attr.value as number[]).map(() => DataType.bfloat16) };
  };
  const attrs = node.attrs.map(narrowAttr);
  return {
    ...node,
    ...(node.op === "_FusedConv2D" ? { op: oneDnnFused, attrs: [...attrs, byName] } : { attrs }),
    outputs: [{ ...first, dtype: DataType.bfloat16 }, ...others],
  };
}

function castNode(ref: Ref, before: TensorType, dtype: number): Node {
  return {
    op: "Cast",
    attrs: [
      typeAttr("SrcT", before.dtype),
      typeAttr("DstT", dtype),
      { name: "Truncate", type: AttrType.bool, value: false },
    ],
    inputs: [ref],
    outputs: [{ ...before, dtype }],
  };
}

function isFloat({ dtype }: TensorType): boolean {
  return dtype === DataType.float32 || dtype === DataType.bfloat16;
}
