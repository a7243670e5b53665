/**
 * Max pooling's gradient and the gradient of that, against plain ops.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { compare, type Function, gradients, values } from "./compare.ts";

const fused: Function = (x) => [tf.maxPool(x as tf.Tensor4D, 3, 2, "valid")];

/** The maximum over the nine places in a window, which tfjs can differentiate twice. */
const composed: Function = (x) => {
  const everySecond = (start: number, size: number) =>
    tf.range(start, size - 2 + start, 2, "int32");
  const [, height, width] = x.shape as [number, number, number];
  const places = [0, 1, 2].flatMap((row) =>
    [0, 1, 2].map((column) =>
      tf.gather(tf.gather(x, everySecond(row, height), 1), everySecond(column, width), 2)
    )
  );
  // tfjs cannot differentiate the gradient of maximum.
  return [places.reduce((a, b) => tf.add(a, tf.relu(tf.sub(b, a))))];
};

const images = () => [tf.tensor(values(2 * 7 * 9 * 3, 1), [2, 7, 9, 3])];

/** The gradient of a loss of the gradient that is linear in nothing. */
function secondDerivative(f: Function): Function {
  return gradients((x) => {
    const gradient = tf.grad((x: tf.Tensor) => tf.sum(tf.mul(tf.square(f(x)[0]!), f(x)[0]!)));
    return [tf.square(gradient(x!))];
  });
}

compare("MaxPool gives the maxima", fused, composed, images);
compare("MaxPool has its gradient", gradients(fused), gradients(composed), images);
compare(
  "MaxPool has a second derivative",
  secondDerivative(fused),
  secondDerivative(composed),
  images,
);
