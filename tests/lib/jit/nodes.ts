/**
 * Nodes for the tests of traces.
 *
 * @module
 */
import { DataType } from "../../../lib/tensorflow/data_types.ts";
import type { Node } from "../../../lib/jit/trace.ts";

/** A node with one float32 [2] output, or more, and the first outputs of other nodes as inputs. */
export function node(op: string, inputs: number[] = [], outputs = 1): Node {
  return {
    op,
    attrs: [],
    inputs: inputs.map((node) => ({ node, output: 0 })),
    outputs: Array.from({ length: outputs }, () => ({ dtype: DataType.float32, shape: [2] })),
  };
}
