/**
 * The sign of numbers, also of very small ones.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/**
 * 1 above 0, -1 below, 0 at 0, with gradient 0. Replaces `tf.sign`, which gives 0 for all values below
 * 1e-7 on tfjs's wasm backend.
 */
export function sign<T extends tf.Tensor>(x: T): T {
  return tf.customGrad<tf.Tensor>((x) => {
    const [isAbove, isBelow] = [tf.greater(x as tf.Tensor, 0), tf.less(x as tf.Tensor, 0)]
      .map((is) => tf.cast(is, "float32")) as [tf.Tensor, tf.Tensor];
    return { value: tf.sub(isAbove, isBelow), gradFunc: (dy) => tf.zerosLike(dy) };
  })(x) as T;
}
