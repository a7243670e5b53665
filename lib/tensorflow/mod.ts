/**
 * The binding to libtensorflow: its C interface, an eager context, graphs, tensors' values. It knows
 * nothing of tfjs. From other folders than lib/jit and lib/backend, import this file alone.
 *
 * @module
 */
export { AttrType, type OpAttr, typeAttr } from "./attributes.ts";
export { type Cluster } from "./cluster.ts";
export { Context, type Handle } from "./context.ts";
export { DataType, sizeOf } from "./data_types.ts";
export { Graph, type Output } from "./graph.ts";
export { notNull, openLibrary, outOfMemory, Status, TensorFlowError } from "./library.ts";
export { OpInputs } from "./op_inputs.ts";
export type { Values } from "./tensor_values.ts";
