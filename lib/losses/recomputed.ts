/**
 * Saves memory: computes parts of a loss one after the other, and computes each again for its gradient.
 * So the intermediate tensors of only one part exist at a time.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/**
 * Returns the same values, but only after `signal` is computed. Whatever uses them waits, in a compiled
 * function, too, which otherwise runs ops in any order. In the backward pass, the gradient of `signal`
 * waits for the gradient of the values.
 */
export function after<T extends tf.Tensor>(values: T, signal: tf.Tensor): T {
  const all = tf.concat([tf.reshape(values, [-1]), tf.reshape(signal, [-1])]);
  return tf.reshape(tf.slice(all, [0], [values.size]), values.shape) as T;
}

/** Returns the same value, but stops the gradient. */
export function withoutGradient<T extends tf.Tensor>(value: T): T {
  const stopped = tf.customGrad((x) => ({
    value: tf.clone(x as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }));
  return stopped(value) as T;
}

/** Computes `f` without keeping its intermediate tensors: the backward pass runs `f` again. */
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

/** Like `tf.grads`, which would lose the outer tape if called within a gradient. */
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
