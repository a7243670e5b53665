/**
 * A pass for functions that XLA compiles.
 *
 * @module
 */
import { typeAttr } from "../tensorflow/attributes.ts";
import { DataType } from "../tensorflow/data_types.ts";
import { attrOf, type Ref, rewrite, type Trace } from "./trace.ts";

/**
 * Composes norms of other ops: XLA does not know `EuclideanNorm`, which passes over its input once. It
 * fuses what replaces it into one pass.
 */
export function forXla(trace: Trace): Trace {
  return rewrite(trace, (node, add, typeOf) => {
    if (node.op !== "EuclideanNorm") return void add(node);
    const [x, axis] = node.inputs as [Ref, Ref];
    const attrs = [typeAttr("T", attrOf(node, "T") as number ?? DataType.float32)];
    const squares = add({ ...node, op: "Square", attrs, inputs: [x], outputs: [typeOf(x)] });
    const sum = add({ ...node, op: "Sum", inputs: [squares, axis] });
    add({ ...node, op: "Sqrt", attrs, inputs: [sum] });
  });
}
