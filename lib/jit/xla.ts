/**
 * A pass for functions that XLA compiles.
 *
 * @module
 */
import { typeAttr } from "../tensorflow/attributes.ts";
import { DataType } from "../tensorflow/data_types.ts";
import type { TensorType } from "../tensorflow/graph.ts";
import { attrOf, type Node, type Ref, type Trace } from "./trace.ts";

/**
 * Composes norms of other ops: XLA does not know `EuclideanNorm`, which passes over its input once. It
 * fuses what replaces it into one pass.
 */
export function forXla(trace: Trace): Trace {
  const nodes: Node[] = [];
  /** The new positions of the old nodes. */
  const places: number[] = [];
  const place = ({ node, output }: Ref): Ref => ({ node: places[node] as number, output });
  const add = (node: Node): Ref => ({ node: nodes.push(node) - 1, output: 0 });
  for (const node of trace.nodes) {
    const inputs = node.inputs.map(place);
    if (node.op === "EuclideanNorm") {
      const [x, axis] = inputs as [Ref, Ref];
      const attrs = [typeAttr("T", attrOf(node, "T") as number ?? DataType.float32)];
      const outputs = [nodes[x.node]?.outputs[x.output] as TensorType];
      const squares = add({ ...node, op: "Square", attrs, inputs: [x], outputs });
      const sum = add({ ...node, op: "Sum", inputs: [squares, axis] });
      add({ ...node, op: "Sqrt", attrs, inputs: [sum] });
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
