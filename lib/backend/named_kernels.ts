/**
 * Names tfjs-node to Deno, which then downloads and locks it with the rest of a program. The import
 * never runs: see tfjs_node.ts.
 *
 * @module
 */

/** Never called. */
export const named = () => import("@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js");
