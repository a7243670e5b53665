/**
 * A pass that computes the gradients of bfloat16 relus on their bits.
 *
 * @module
 */
import { AttrType, typeAttr } from "../tensorflow/attributes.ts";
import { DataType } from "../tensorflow/data_types.ts";
import type { TensorType } from "../tensorflow/graph.ts";
import { type Node, type Ref, rewrite, type Trace } from "./trace.ts";

const { bfloat16, int16 } = DataType;

/**
 * Makes gradients of bfloat16 relus treat the bits as 16-bit integers. A number above 0 is also above 0
 * as an integer, and a value that passes is multiplied by 1. TensorFlow's CPU kernel converts each
 * bfloat16 to float32 and back, and takes twice as long. GPUs have no integer kernel.
 */
export function withIntegerReluGrads(trace: Trace): Trace {
  return rewrite(trace, (node, add, typeOf) => {
    const [type] = node.outputs;
    if (node.op !== "ReluGrad" || type?.dtype !== bfloat16) return void add(node);
    const bitcast = (ref: Ref, from: number, to: number): Ref => {
      const attrs = [typeAttr("T", from), typeAttr("type", to)];
      const outputs = [{ ...typeOf(ref), dtype: to }];
      return add({ op: "Bitcast", attrs, inputs: [ref], outputs });
    };
    const bits = node.inputs.map((ref) => bitcast(ref, bfloat16, int16));
    const attrs = [typeAttr("T", int16)];
    const result = add({ ...node, attrs, inputs: bits, outputs: [{ ...type, dtype: int16 }] });
    const kept = [result, ...bits];
    bitcast(add(keepApart(kept, kept.map(typeOf))), int16, bfloat16);
  });
}

/**
 * Passes on a result, and keeps its inputs until then. Otherwise TensorFlow would write the result over
 * an input, and the loop over both in one place is ten times slower.
 */
function keepApart(refs: readonly Ref[], types: readonly TensorType[]): Node {
  return {
    op: "IdentityN",
    attrs: [{ name: "T", type: AttrType.type, value: types.map(({ dtype }) => dtype) }],
    inputs: refs,
    outputs: types,
  };
}
