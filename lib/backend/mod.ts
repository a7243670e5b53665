/**
 * The engine: `jit` compiles pure functions, `useTensorFlow` makes tfjs use libtensorflow. This door
 * brings tfjs-node's kernels; from the door `.`, the same functions download them when first used.
 *
 * @module
 */
export * from "./engine.ts";
import "./named_kernels.ts";
