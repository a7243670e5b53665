/**
 * The sum of several tensors.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/** On tfjs's webgpu backend a shader reads at most seven tensors, and `tf.addN` ignores the rest. */
const most = 7;

/** `tf.addN`, right for any number of tensors on every backend. */
export function total<T extends tf.Tensor>(tensors: readonly T[]): T {
  if (tensors.length <= most) return tf.addN([...tensors]);
  return total([tf.addN(tensors.slice(0, most)), ...tensors.slice(most)]);
}
