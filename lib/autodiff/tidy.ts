/**
 * `tf.tidy` for what the library computes.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { explainDisposed } from "../arguments.ts";
import { correctGradients } from "./correct_gradients.ts";

/**
 * `tf.tidy` where kernels and gradients are right, for results that tfjs's types do not take for
 * containers of tensors too.
 */
export function tidy<T extends object>(f: () => T): T {
  correctGradients();
  try {
    return tf.tidy(f as unknown as () => tf.TensorContainer) as T;
  } catch (error) {
    throw explainDisposed(error);
  }
}
