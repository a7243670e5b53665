/**
 * Gradients of elementwise ops.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { float, gradient, indicator, ofInput, ofPair } from "./gradient.ts";
import { sign } from "./sign.ts";

/** tfjs gives -1 at 0. This gives 0, like PyTorch. */
const abs = ofInput("Abs", (dy, x) => tf.mul(dy, sign(float(x))));

/** tfjs uses a kernel that some backends lack and that has no gradient. */
const elu = ofInput("Elu", (dy, x) => tf.mul(dy, tf.exp(tf.minimum(x, 0))));

/** tfjs uses the gradient of the quotient, but the value changes in steps. */
const floorDiv = gradient("FloorDiv", ["a", "b"], (_, [a, b]) => ({
  a: () => tf.zerosLike(float(a)),
  b: () => tf.zerosLike(float(b)),
}));

/**
 * Of two values, each has the gradient where its comparison holds. tfjs does not sum over broadcast
 * axes.
 */
function ofChoice(
  kernelName: string,
  takesFirst: typeof tf.less,
  takesSecond: typeof tf.less,
): tf.GradConfig {
  return ofPair(kernelName, (dy, a, b) => ({
    a: () => tf.mul(dy, indicator(takesFirst(a, b))),
    b: () => tf.mul(dy, indicator(takesSecond(a, b))),
  }));
}

/** tfjs gives NaN at 0 if the exponent is 0, and for second derivatives at 0. */
const pow = ofPair("Pow", (dy, base, exponent) => ({
  a: () => {
    // Where both are 0, the product is 0 for any power but that of -1.
    const both = tf.logicalAnd(tf.equal(base, 0), tf.equal(exponent, 0));
    const lower = tf.where(both, tf.scalar(1), tf.sub(exponent, 1));
    return tf.mul(dy, tf.mul(exponent, tf.pow(base, lower)));
  },
  b: () => {
    const positive = tf.where(tf.greater(base, 0), base, tf.onesLike(base));
    return tf.mul(dy, tf.mul(tf.pow(base, exponent), tf.log(positive)));
  },
}));

/** tfjs does not sum over broadcast axes. */
const squaredDifference = ofPair("SquaredDifference", (dy, a, b) => {
  const of = (x: tf.Tensor, other: tf.Tensor) => () => tf.mul(dy, tf.mul(tf.sub(x, other), 2));
  return { a: of(a, b), b: of(b, a) };
});

export const elementwise: tf.GradConfig[] = [
  abs,
  elu,
  floorDiv,
  // If both are equal, the first has the gradient, as in tfjs.
  ofChoice("Maximum", tf.greaterEqual, tf.less),
  ofChoice("Minimum", tf.lessEqual, tf.greater),
  pow,
  squaredDifference,
];
