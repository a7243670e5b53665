/**
 * The engine, without the packages that it runs on: see mod.ts.
 *
 * @module
 */
export {
  type Cluster,
  type ClusterOptions,
  type TensorFlowInfo,
  type TensorFlowOptions,
  useTensorFlow,
} from "./use_tensorflow.ts";
export { jit, type JitOptions, type Jitted, type Precision } from "../jit/jit.ts";
export type {
  NodeSource,
  Profile,
  ProfiledEvent,
  ProfiledNode,
  ProfiledRun,
  ProfileOptions,
} from "../jit/profile.ts";
export { inPrecision } from "../jit/precision.ts";
