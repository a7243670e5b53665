/**
 * A pass that computes the gradients of bfloat16 relus on their bits.
 *
 * @module
 */
import { AttrType, typeAttr } from "../tensorflow/attributes.ts";
import { DataType } from "../tensorflow/data_types.ts";
import type { TensorType } from "../tensorflow/graph.ts";
import type { Node, Ref, Trace } from "./trace.ts";

const { bfloat16, int16 } = DataType;

/**
 * Makes gradients of bfloat16 relus treat the bits as 16-bit integers. A number above 0 is also above 0
 * as an integer, and a value that passes is multiplied by 1. TensorFlow's CPU kernel converts each
 * bfloat16 to float32 and back, and takes twice as long. GPUs have no integer kernel.
 */
export function withIntegerReluGrads(trace: Trace): Trace {
  const nodes: Node[] = [];
  /** The new positions of the old nodes. */
  const places: number[] = [];
  const place = ({ node, output }: Ref): Ref => ({ node: places[node] as number, output });
  const add = (node: Node): Ref => ({ node: nodes.push(node) - 1, output: 0 });
  const bitcast = (ref: Ref, from: number, to: number): Ref => {
    const before = nodes[ref.node]?.outputs[ref.output] as TensorType;
    const attrs = [typeAttr("T", from), typeAttr("type", to)];
    return add({ op: "Bitcast", attrs, inputs: [ref], outputs: [{ ...before, dtype: to }] });
  };
  for (const node of trace.nodes) {
    const inputs = node.inputs.map(place);
    const [type] = node.outputs;
    if (node.op === "ReluGrad" && type?.dtype === bfloat16) {
      const bits = inputs.map((ref) => bitcast(ref, bfloat16, int16));
      const attrs = [typeAttr("T", int16)];
      const result = add({ ...node, attrs, inputs: bits, outputs: [{ ...type, dtype: int16 }] });
      bitcast(add(keepApart([result, ...bits], nodes)), int16, bfloat16);
    } else {
      add({ ...node, inputs });
    }
    places.push(nodes.length - 1);
  }
  return {
    nodes,
    inputs: trace.inputs.map((node) => places[node] as number),
    outputs: trace.outputs.map(place),
  };
}

/**
 * Passes on a result, and keeps its inputs until then. Otherwise TensorFlow would write the result over
 * an input, and the loop over both in one place is ten times slower.
 */
function keepApart(refs: readonly Ref[], nodes: readonly Node[]): Node {
  const types = refs.map(({ node, output }) => nodes[node]?.outputs[output] as TensorType);
  return {
    op: "IdentityN",
    attrs: [{ name: "T", type: AttrType.type, value: types.map(({ dtype }) => dtype) }],
    inputs: refs,
    outputs: types,
  };
}
