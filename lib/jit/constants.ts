/**
 * What becomes of values that a traced function makes tensors of. The graph of a compiled function is
 * copied several times on its way: it holds small constants only.
 *
 * @module
 */
import type { Context, Handle } from "../tensorflow/context.ts";
import { sizeOf } from "../tensorflow/data_types.ts";
import type { Constant } from "../tensorflow/graph.ts";
import type { Values } from "../tensorflow/tensor_values.ts";
import type { Ref, TraceRecorder } from "./trace.ts";

/** Up to this many elements, values are a constant of the graph. */
export const maxConstantSize = 1024;

/**
 * Records a tensor of these values. A large one becomes a fill where they are all the same, and else an
 * input that is captured.
 */
export function addValues(
  { recorder, captured }: { recorder: TraceRecorder; captured: Handle[] },
  context: Context,
  { dtype, shape, values }: Constant,
): Ref {
  if (sizeOf(shape) > maxConstantSize) {
    if (isUniform(values, sizeOf(shape))) return recorder.addFill({ dtype, shape, values });
    const handle = context.newHandle(dtype, shape, values);
    captured.push(handle);
    return recorder.addInput(handle);
  }
  // A copy: whoever gave the array may write to it before the trace is compiled.
  const copy = ArrayBuffer.isView(values) ? values.slice() : values;
  return recorder.addConstant({ dtype, shape, values: copy });
}

/** Whether these are so many numbers (int64 has two each) that are all the same. */
function isUniform(values: Values, size: number): boolean {
  if (!ArrayBuffer.isView(values) || values.length !== size) return false;
  const [first] = values;
  return (values as Float32Array).every((value) => Object.is(value, first));
}
