/**
 * Starts TensorFlow after a WebGPU adapter, and prints what happened.
 *
 * @module
 */
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";

await navigator.gpu?.requestAdapter();
console.log(Deno.readTextFileSync("/proc/self/maps").includes("/libLLVM") ? "LLVM" : "no LLVM");
await useTensorFlow({ gpu: false }).then(
  ({ version }) => console.log(version),
  (e) => console.log(e.message),
);
