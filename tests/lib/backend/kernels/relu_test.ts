/** Relu's gradient, and the gradient of that, against plain ops. @module */
import * as tf from "@tensorflow/tfjs-core";
import { compare, type Function, gradients, values } from "./compare.ts";

const fused: Function = (x) => [tf.relu(x!)];
const composed: Function = (x) => [tf.mul(x!, tf.step(x!))];
const inputs = () => [tf.tensor([...values(23, 1), 0], [4, 6])];

/** The gradient of a loss of the gradient. */
function second(f: Function): Function {
  return gradients((x) => {
    const gradient = tf.grad((x: tf.Tensor) => tf.sum(tf.mul(tf.square(f(x)[0]!), f(x)[0]!)));
    return [tf.square(gradient(x!))];
  });
}

compare("Relu has its gradient, 0 at 0", gradients(fused), gradients(composed), inputs);
compare("Relu has a second derivative", second(fused), second(composed), inputs);
