/**
 * Sets the precision of parts of a compiled function.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Precision, TracingBackend } from "./tracing_backend.ts";

/**
 * Runs a part of a function that `jit` traces in another precision, for example a frozen teacher in
 * bfloat16 for a student in float32. Its results are float32 for everything after it. Gradients use the
 * precision of the place where they are requested.
 *
 * @throws {Error} If the precision is bfloat16 and nothing is being traced.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { inPrecision, jit, UserError, useTensorFlow } from "@attention-transfer/core";
 *
 * await useTensorFlow();
 * const filter = tf.ones<tf.Rank.R4>([3, 3, 8, 8]);
 * const f = jit((x: tf.Tensor4D) => {
 *   const wide = tf.conv2d(x, filter, 1, "same");
 *   const narrow = inPrecision("bfloat16", () => tf.conv2d(x, filter, 1, "same"));
 *   return tf.mean(tf.abs(tf.sub(wide, narrow)));
 * });
 * try {
 *   console.log((await f(tf.randomUniform([1, 8, 8, 8]))).dataSync()[0]); // about 0.05, of 30
 * } catch (error) {
 *   if (!(error instanceof UserError)) throw error;
 *   console.log(error.message); // on a processor without bfloat16
 * }
 * ```
 */
export function inPrecision<T>(precision: Precision, f: () => T): T {
  const backend = tf.backend() as Partial<TracingBackend>;
  if (!backend.tracing) {
    if (precision !== "float32") throw new Error(describeUntraced(precision));
    return f();
  }
  const before = backend.precision as Precision;
  backend.precision = precision;
  try {
    return f();
  } finally {
    backend.precision = before;
  }
}

/** The message for a precision that only works in compiled functions. */
export function describeUntraced(precision: Precision): string {
  return `Cannot compute in ${precision} where no function is compiled (backend ${tf.getBackend()}): ` +
    `call useTensorFlow() first, and jit the function; or remove the precision`;
}
