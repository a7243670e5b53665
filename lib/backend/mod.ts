/**
 * The engine: `jit` compiles pure functions, `useTensorFlow` makes tfjs use libtensorflow. This door
 * brings tfjs-node's kernels; from the door `.`, the same functions download them when first used.
 *
 * @module
 */
export * from "./engine.ts";

/** Never called. It names tfjs-node to Deno, which then downloads and locks it with the program. */
const _named = () => import("@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js");
