/**
 * Gradients of elementwise ops.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { gradient, indicator, sumTo } from "./gradient.ts";
import { sign } from "./sign.ts";

/** tfjs gives -1 at 0. This gives 0, like PyTorch. */
const abs = gradient("Abs", ["x"], (dy, [x]) => ({
  x: () => tf.mul(dy, sign(tf.cast(x as tf.Tensor, "float32"))),
}));

/** tfjs uses a kernel that some backends lack and that has no gradient. */
const elu = gradient("Elu", ["x"], (dy, [x]) => ({
  x: () => tf.mul(dy, tf.exp(tf.minimum(x as tf.Tensor, 0))),
}));

/** tfjs uses the gradient of the quotient, but the value changes in steps. */
const floorDiv = gradient("FloorDiv", ["a", "b"], (_, [a, b]) => ({
  a: () => tf.zerosLike(tf.cast(a as tf.Tensor, "float32")),
  b: () => tf.zerosLike(tf.cast(b as tf.Tensor, "float32")),
}));

/** tfjs does not sum over broadcast axes. If both are equal, the first has the gradient, as in tfjs. */
const maximum = gradient("Maximum", ["a", "b"], (dy, saved) => {
  const [a, b] = saved as [tf.Tensor, tf.Tensor];
  return {
    a: () => sumTo(tf.mul(dy, indicator(tf.greaterEqual(a, b))), a.shape),
    b: () => sumTo(tf.mul(dy, indicator(tf.less(a, b))), b.shape),
  };
});

const minimum = gradient("Minimum", ["a", "b"], (dy, saved) => {
  const [a, b] = saved as [tf.Tensor, tf.Tensor];
  return {
    a: () => sumTo(tf.mul(dy, indicator(tf.lessEqual(a, b))), a.shape),
    b: () => sumTo(tf.mul(dy, indicator(tf.greater(a, b))), b.shape),
  };
});

/** tfjs gives NaN at 0 if the exponent is 0, and for second derivatives at 0. */
const pow = gradient("Pow", ["a", "b"], (dy, saved) => {
  const [base, exponent] = saved.map((x) => tf.cast(x, "float32")) as [tf.Tensor, tf.Tensor];
  return {
    a: () => {
      // An exponent of 0 makes the product 0 for any power.
      const lower = tf.where(tf.equal(exponent, 0), tf.onesLike(exponent), tf.sub(exponent, 1));
      return sumTo(tf.mul(dy, tf.mul(exponent, tf.pow(base, lower))), base.shape);
    },
    b: () => {
      const positive = tf.where(tf.greater(base, 0), base, tf.onesLike(base));
      return sumTo(tf.mul(dy, tf.mul(tf.pow(base, exponent), tf.log(positive))), exponent.shape);
    },
  };
});

/** tfjs does not sum over broadcast axes. */
const squaredDifference = gradient("SquaredDifference", ["a", "b"], (dy, saved) => {
  const [a, b] = saved as [tf.Tensor, tf.Tensor];
  const of = (x: tf.Tensor, other: tf.Tensor) => () =>
    sumTo(tf.mul(dy, tf.mul(tf.sub(x, other), 2)), x.shape);
  return { a: of(a, b), b: of(b, a) };
});

/** The gradients of this file. */
export const elementwise: tf.GradConfig[] = [
  abs,
  elu,
  floorDiv,
  maximum,
  minimum,
  pow,
  squaredDifference,
];
