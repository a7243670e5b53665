/**
 * The binding to libtensorflow: its C interface, an eager context, graphs and tensor values. It does
 * not depend on tfjs. Folders other than lib/jit and lib/backend should only import this file.
 *
 * @module
 */
export { AttrType, type OpAttr, typeAttr } from "./attributes.ts";
export type { Cluster } from "./cluster.ts";
export { Context, type Handle } from "./context.ts";
export { DataType, sizeOf } from "./data_types.ts";
export { Graph, type Output } from "./graph.ts";
export { notNull, openLibrary, outOfMemory, Status, TensorFlowError } from "./library.ts";
export { type NativeStderr, openNativeStderr } from "./native_stderr.ts";
export type { Values } from "./tensor_values.ts";
