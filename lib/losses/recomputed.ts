/**
 * Parts of a loss that are computed one after the other, and again for their gradient, so that what one
 * holds meanwhile is there once and not for all of them.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/**
 * The same values, which are there only once `signal` is: what is computed of them waits for it, in a
 * compiled function too, which otherwise starts whatever it can. On the way back the gradient of `signal`
 * waits for that of the values.
 */
export function after<T extends tf.Tensor>(values: T, signal: tf.Tensor): T {
  const all = tf.concat([tf.reshape(values, [-1]), tf.reshape(signal, [-1])]);
  return tf.reshape(tf.slice(all, [0], [values.size]), values.shape) as T;
}

/** The same value, of which nothing is differentiated. */
export function withoutGradient<T extends tf.Tensor>(value: T): T {
  const stopped = tf.customGrad((x) => ({
    value: tf.clone(x as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }));
  return stopped(value) as T;
}

/**
 * `f` of tensors. What it makes on the way is not kept for the gradient: `f` runs once more for that,
 * when the gradient of its result is there.
 */
export function recomputed<T extends tf.Tensor>(
  f: (...inputs: tf.Tensor[]) => T,
  inputs: readonly tf.Tensor[],
): T {
  const compute = tf.customGrad((...args) => {
    const save = args.at(-1) as unknown as tf.GradSaveFunc;
    const given = args.slice(0, -1) as tf.Tensor[];
    save(given);
    return {
      value: f(...given),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        gradientsOf(f, saved.map((input) => after(input, dy)), dy),
    };
  });
  return compute(...inputs) as T;
}

/** As `tf.grads`, which may not be called within a gradient: it would lose the outer one's tape. */
function gradientsOf(
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: tf.Tensor[],
  dy: tf.Tensor,
): tf.Tensor[] {
  const { state } = tf.engine();
  const tape = state.activeTape;
  try {
    return tf.grads(f)(inputs, dy);
  } finally {
    state.activeTape = tape;
  }
}
