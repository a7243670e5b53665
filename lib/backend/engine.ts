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
export {
  jit,
  type JitOptions,
  type Jitted,
  type NodeSource,
  type Precision,
  type Profile,
  type ProfiledEvent,
  type ProfiledNode,
  type ProfiledRun,
  type ProfileOptions,
} from "../jit/jit.ts";
export { inPrecision } from "../jit/precision.ts";
