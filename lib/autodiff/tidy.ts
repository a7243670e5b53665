/**
 * The library's version of `tf.tidy`.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { explainDisposed } from "../arguments.ts";
import { correctGradients } from "./correct_gradients.ts";

/**
 * `tf.tidy` with corrected kernels and gradients. Also accepts results that are not containers of
 * tensors for tfjs's types.
 */
export function tidy<T extends object>(f: () => T): T {
  correctGradients();
  try {
    return tf.tidy(f as unknown as () => tf.TensorContainer) as T;
  } catch (error) {
    throw explainDisposed(error);
  }
}
