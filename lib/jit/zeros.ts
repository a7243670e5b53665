/**
 * A pass that removes sums with zero. They are frequent in second derivatives, because tfjs requests
 * gradients for all inputs, even for those that a result does not depend on.
 *
 * @module
 */
import { constantOf, keyOf, type Node, type Ref, type Trace, typeOf } from "./trace.ts";

/** For each op, the inputs of which a single zero makes its outputs zero: the op is linear in each. */
const linearIn: Readonly<Record<string, readonly number[]>> = {
  BatchMatMulV2: [0, 1],
  BroadcastTo: [0],
  Cast: [0],
  Conv2D: [0, 1],
  Conv2DBackpropFilter: [0, 2],
  Conv2DBackpropInput: [1, 2],
  FusedBatchNormGradV3: [0],
  MatMul: [0, 1],
  MaxPoolGrad: [2],
  MaxPoolGradGrad: [2],
  Mean: [0],
  Mul: [0, 1],
  Neg: [0],
  RealDiv: [0],
  ReluGrad: [0],
  Reshape: [0],
  Slice: [0],
  StridedSlice: [0],
  Sum: [0],
  Tile: [0],
  Transpose: [0],
};

/**
 * Replaces `x + 0`, `x - 0` and `addN(x, 0)` by `x`. The node of the zero stays, unused. Products with
 * a zero only count as zero if a gradient created that zero. If a function itself multiplies by zero,
 * infinity or NaN must stay visible, because zero times these is NaN.
 */
export function withoutZeroSums(trace: Trace): Trace {
  /** Zeros created by gradients, and values computed from them that are also zero. */
  const zeros = new Set<string>();
  const sources = new Map<number, Ref>();
  const source = (ref: Ref): Ref => sources.get(ref.node) ?? ref;
  /** True for a zero that a gradient made. */
  const isStrong = (ref: Ref | undefined): boolean => ref !== undefined && zeros.has(keyOf(ref));
  const isZero = (ref: Ref | undefined): boolean =>
    isStrong(ref) || ref !== undefined && isZeroAlone(trace, ref);
  const nodes = trace.nodes.map((original, index) => {
    const node = { ...original, inputs: original.inputs.map(source) };
    const strong = node.ofGradient && isZeroAlone(trace, { node: index, output: 0 })
      ? [0]
      : zeroOutputs(node, isStrong, isZero);
    for (const output of strong) zeros.add(keyOf({ node: index, output }));
    if (!sums.has(node.op)) return node;
    const left = node.inputs.filter((ref, i) => !isZero(ref) || (i === 0 && node.op === "Sub"));
    const [kept = node.inputs[0] as Ref] = left;
    if (left.length < 2 && haveSameShape(trace, kept, { node: index, output: 0 })) {
      sources.set(index, kept);
      if (isStrong(kept)) zeros.add(keyOf({ node: index, output: 0 }));
    }
    return node.op === "AddN" && left.length > 1 ? addN(node, left) : node;
  });
  return { ...trace, nodes, outputs: trace.outputs.map(source) };
}

const sums = new Set(["Add", "AddV2", "AddN", "Sub"]);

/** The outputs of a node that are zero and count as created by a gradient. */
function zeroOutputs(
  { op, inputs, outputs }: Node,
  isStrong: (ref: Ref | undefined) => boolean,
  isZero: (ref: Ref | undefined) => boolean,
): number[] {
  const [x, second, third] = inputs;
  if (op === "FusedBatchNormV3") return isStrong(second) && isZero(third) ? [0] : [];
  if (linearIn[op]?.some((input) => isStrong(inputs[input]))) {
    return outputs.map((_, output) => output);
  }
  if (op === "FusedBatchNormGradV3" && isStrong(third)) return [0];
  if (op === "PadV2") return isStrong(x) && isZero(third) ? [0] : [];
  return [];
}

/** True if a node always gives zeros, for any inputs. */
function isZeroAlone(trace: Trace, ref: Ref): boolean {
  const node = trace.nodes[ref.node];
  if (node?.op === "ZerosLike") return true;
  const value = node?.inputs[1];
  return node?.op === "Fill" && value ? isZeroConstant(trace, value) : isZeroConstant(trace, ref);
}

function isZeroConstant(trace: Trace, ref: Ref): boolean {
  const values = constantOf(trace, ref);
  return values !== undefined && Array.prototype.every.call(values, (value) => value === 0);
}

function haveSameShape(trace: Trace, a: Ref, b: Ref): boolean {
  const [shape, other] = [typeOf(trace, a)?.shape, typeOf(trace, b)?.shape];
  return !!shape && !!other && String(shape) === String(other);
}

function addN(node: Node, inputs: readonly Ref[]): Node {
  const attrs = node.attrs.map((attr) =>
    attr.name === "N" ? { ...attr, value: inputs.length } : attr
  );
  return { ...node, inputs, attrs };
}
