/**
 * Decides how to store the values of tensors made in a traced function. The graph of a compiled
 * function is copied several times, so it only holds small constants.
 *
 * @module
 */
import type { Context, Handle } from "../tensorflow/context.ts";
import { sizeOf } from "../tensorflow/data_types.ts";
import type { Constant } from "../tensorflow/graph.ts";
import type { Values } from "../tensorflow/tensor_values.ts";
import type { Ref, TraceRecorder } from "./trace.ts";

/** The maximum number of elements of a constant in the graph. */
export const maxConstantSize = 1024;

/** Records a tensor with these values. A large one becomes a fill if uniform, else a captured input. */
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
  // Copy, because the caller may change the array before the trace is compiled.
  const copy = ArrayBuffer.isView(values) ? values.slice() : values;
  return recorder.addConstant({ dtype, shape, values: copy });
}

/** True if there are `size` numbers (int64 has two each) and all are equal. */
function isUniform(values: Values, size: number): boolean {
  if (!ArrayBuffer.isView(values) || values.length !== size) return false;
  const [first] = values;
  return (values as Float32Array).every((value) => Object.is(value, first));
}
