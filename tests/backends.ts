/**
 * The ways to run a pure function of tensors, for tests that must pass on all of them: op by op on
 * TensorFlow, compiled by `jit`, and on tfjs's plain JavaScript backend.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { jit } from "../lib/jit/jit.ts";
import { useTensorFlow } from "../lib/backend/use_tensorflow.ts";

type Asynchronous<Args extends unknown[], Result> = (...args: Args) => Promise<Awaited<Result>>;

/** A way to run functions of tensors. */
export interface Backend {
  readonly name: string;
  /** The backend's name in tfjs. */
  readonly tfjs: "tensorflow" | "cpu" | "wasm" | "webgpu" | "webgl";
  /** Makes this tfjs's backend, and returns the function to call instead of `f`. */
  use<Args extends unknown[], Result>(f: (...args: Args) => Result): Asynchronous<Args, Result>;
}

// On the CPU: a GPU may round products more than the golden numbers allow.
await useTensorFlow({ gpu: false });

/** All backends. After this module has loaded, tfjs's backend is TensorFlow. */
export const backends: readonly Backend[] = [
  { name: "TensorFlow op by op", tfjs: "tensorflow", use: (f) => opByOp("tensorflow", f) },
  {
    name: "TensorFlow compiled",
    tfjs: "tensorflow",
    use: (f) => {
      tf.setBackend("tensorflow");
      return jit(f);
    },
  },
  { name: "plain JavaScript", tfjs: "cpu", use: (f) => opByOp("cpu", f) },
];

function opByOp<Args extends unknown[], Result>(
  backend: string,
  f: (...args: Args) => Result,
): Asynchronous<Args, Result> {
  tf.setBackend(backend);
  return async (...args): Promise<Awaited<Result>> => await f(...args);
}
