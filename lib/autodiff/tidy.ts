/**
 * `tf.tidy` for what the library computes.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { explainDisposed } from "../arguments.ts";
import { addMissingKernels } from "./missing_kernels.ts";

/**
 * `tf.tidy` on a backend whose kernels are right, for results that tfjs's types do not take for
 * containers of tensors too.
 */
export function tidy<T extends object>(f: () => T): T {
  addMissingKernels();
  try {
    return tf.tidy(f as unknown as () => tf.TensorContainer) as T;
  } catch (error) {
    throw explainDisposed(error);
  }
}
