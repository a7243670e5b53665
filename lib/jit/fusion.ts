/**
 * Passes that combine nodes into TensorFlow's fused ops for CPUs with oneDNN.
 *
 * @module
 */
import { AttrType, type OpAttr, typeAttr } from "../tensorflow/attributes.ts";
import { DataType } from "../tensorflow/data_types.ts";
import { attrOf, constantOf, keyOf, type Node, type Ref, type Trace, typeOf } from "./trace.ts";

/**
 * Fuses convolutions with the ops around them, and batch norm with relu, in the order of `passes.ts`.
 *
 * A fused relu gives 0 for NaN. So it is only fused where a gradient still shows the NaN.
 */
export function fuse(trace: Trace): Trace {
  return fuseBatchNorms(fuseSums(fuseConvolutions(fusePads(trace))));
}

/**
 * Moves a zero pad into the convolution, if nothing else uses it. A pad that a gradient also uses
 * stays, because the gradients' ops are slow with explicit padding.
 */
export function fusePads(trace: Trace): Trace {
  const uses = countUses(trace);
  const nodes = trace.nodes.map((node) => {
    const pad = isPlainConvolution(node) && onlyUsed(trace, uses, node.inputs[0], "PadV2");
    if (!pad || attrOf(node, "padding") !== "VALID" || isDilated(node)) return node;
    const [x, widths, value] = pad.inputs;
    const [paddings, zero] = [widths, value].map((ref) => ref && constantOf(trace, ref));
    if (!x || !paddings || !padsImages(paddings) || Number(zero?.[0]) !== 0) return node;
    return {
      ...node,
      inputs: [x, ...node.inputs.slice(1)],
      attrs: [
        ...node.attrs.filter(({ name }) => name !== "padding" && name !== "explicit_paddings"),
        { name: "padding", type: AttrType.string, value: "EXPLICIT" },
        { name: "explicit_paddings", type: AttrType.int, value: Array.from(paddings, Number) },
      ],
    };
  });
  return { ...trace, nodes };
}

/** oneDNN reads outside its memory where padding is all that a dilated filter sees. */
function isDilated(node: Node): boolean {
  const dilations = (attrOf(node, "dilations") ?? []) as readonly unknown[];
  return dilations.some((dilation) => Number(dilation) !== 1);
}

/** True if only height and width of `[N, H, W, C]` grow. A convolution cannot pad other axes. */
function padsImages(paddings: ArrayLike<number>): boolean {
  return paddings.length === 8 && [0, 1, 6, 7].every((i) => Number(paddings[i]) === 0);
}

/** True if a node is a convolution that the fused ops support: of `[N, H, W, C]` in float32. */
function isPlainConvolution(node: Node): boolean {
  const [type] = node.outputs;
  return node.op === "Conv2D" && isNhwc(node) && type?.dtype === DataType.float32 &&
    type.shape?.length === 4;
}

function isNhwc(node: Node): boolean {
  return (attrOf(node, "data_format") ?? "NHWC") === "NHWC";
}

/** Fuses Conv2D and BiasAdd into one `_FusedConv2D`. */
export function fuseConvolutions(trace: Trace): Trace {
  const uses = countUses(trace);
  const nodes = trace.nodes.map((node) => {
    const [x, bias] = node.inputs;
    if (node.op !== "BiasAdd" || !bias || !isNhwc(node)) return node;
    const conv = onlyUsed(trace, uses, x, "Conv2D");
    if (!conv || !isPlainConvolution(conv) || !haveSamePrecision(node, conv)) return node;
    return fusedConvolution(node, conv, [bias], ["BiasAdd"]);
  });
  return { ...trace, nodes };
}

/**
 * Fuses a convolution and a sum into one `_FusedConv2D`, if its output is only used in a sum with the
 * same shape, as at the end of a residual block. The op needs a bias, which is zero.
 */
export function fuseSums(original: Trace): Trace {
  const [trace, zeros] = withZeros(original);
  const uses = countUses(trace);
  const nodes = trace.nodes.map((node) => {
    if (node.op !== "Add") return node;
    const candidates = [node.inputs, node.inputs.toReversed()] as [Ref, Ref][];
    for (const [summand, other] of candidates) {
      const conv = onlyUsed(trace, uses, summand, "Conv2D");
      if (!conv || !isPlainConvolution(conv) || !haveSamePrecision(node, conv)) continue;
      const bias = zeros.get(conv.outputs[0]?.shape?.at(-1));
      if (bias && String(typeOf(trace, other)?.shape) === String(conv.outputs[0]?.shape)) {
        return fusedConvolution(node, conv, [bias, other], ["BiasAdd", "Add"]);
      }
    }
    return node;
  });
  return { ...trace, nodes };
}

/** Adds a constant of zeros for every number of output channels of a convolution. */
function withZeros(trace: Trace): [Trace, Map<number | undefined, Ref>] {
  const convolutions = trace.nodes.filter(({ op }) => op === "Conv2D");
  const channels = [...new Set(convolutions.map(({ outputs }) => outputs[0]?.shape?.at(-1) ?? 0))];
  const constants = channels.map((count): Node => {
    const constant = {
      dtype: DataType.float32,
      shape: [count],
      values: new Float32Array(count),
    };
    const attrs = [typeAttr("dtype", constant.dtype)];
    return { op: "Const", attrs, inputs: [], outputs: [constant], constant };
  });
  const shift = ({ node, output }: Ref) => ({ node: node + channels.length, output });
  const shifted = {
    nodes: [
      ...constants,
      ...trace.nodes.map((node) => ({ ...node, inputs: node.inputs.map(shift) })),
    ],
    inputs: trace.inputs.map((node) => node + channels.length),
    outputs: trace.outputs.map(shift),
  };
  return [shifted, new Map(channels.map((count, node) => [count, { node, output: 0 }]))];
}

function fusedConvolution(node: Node, conv: Node, args: Ref[], fusedOps: string[]): Node {
  return {
    ...node,
    op: "_FusedConv2D",
    inputs: [...conv.inputs, ...args],
    attrs: [
      ...conv.attrs,
      { name: "num_args", type: AttrType.int, value: args.length },
      { name: "num_host_args", type: AttrType.int, value: 0 },
      { name: "TArgs", type: AttrType.type, value: args.map(() => DataType.float32) },
      { name: "fused_ops", type: AttrType.string, value: fusedOps },
    ],
  };
}

/** `_FusedBatchNormEx` needs a multiple of this number of channels. */
const channelsOfFusedNorm = 4;

/**
 * Fuses a batch norm and a relu into one `_FusedBatchNormEx`, if nothing else uses its output. The batch
 * norm's gradient must be in the trace, because that is NaN where the input has NaN.
 */
export function fuseBatchNorms(trace: Trace): Trace {
  const uses = countUses(trace);
  const shown = new Set(
    trace.nodes.filter(({ op }) => op === "FusedBatchNormGradV3")
      .map(({ inputs }) => keyOf(inputs[1] as Ref)),
  );
  const fused = new Set<number>();
  const sources = new Map<number, Ref>();
  trace.nodes.forEach((node, index) => {
    const [x] = node.inputs;
    const norm = node.op === "Relu" && x && x.output === 0 &&
      (onlyUsed(trace, uses, x, "FusedBatchNormV3") ?? onlyUsed(trace, uses, x, "FusedBatchNorm"));
    if (
      !x || !norm || !shown.has(keyOf(norm.inputs[0] as Ref)) || !isNhwc(norm) ||
      !haveSamePrecision(node, norm)
    ) return;
    const [{ dtype, shape } = {}] = norm.outputs;
    const channels = shape?.length === 4 ? shape[3] : undefined;
    if (dtype !== DataType.float32 || !channels || channels % channelsOfFusedNorm !== 0) return;
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
    typeAttr("U", DataType.float32),
    { name: "num_side_inputs", type: AttrType.int, value: 0 },
    { name: "activation_mode", type: AttrType.string, value: "Relu" },
  ];
  return { ...node, op: "_FusedBatchNormEx", attrs };
}

/** True if two nodes have the same precision, which the fused node will have. */
function haveSamePrecision(a: Node, b: Node): boolean {
  return (a.precision ?? "float32") === (b.precision ?? "float32");
}

/** The number of uses of each output, by key. */
function countUses(trace: Trace): Map<string, number> {
  const uses = new Map<string, number>();
  for (const ref of [...trace.nodes.flatMap((n) => n.inputs), ...trace.outputs]) {
    const key = keyOf(ref);
    uses.set(key, (uses.get(key) ?? 0) + 1);
  }
  return uses;
}

/** The node of a reference, if it has this op and its output has no other use. */
function onlyUsed(
  trace: Trace,
  uses: Map<string, number>,
  ref: Ref | undefined,
  op: string,
): Node | undefined {
  if (!ref || uses.get(keyOf(ref)) !== 1) return undefined;
  const node = trace.nodes[ref.node];
  return node?.op === op ? node : undefined;
}
