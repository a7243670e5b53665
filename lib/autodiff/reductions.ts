/**
 * Gradients of sums, means, products and extremes along axes.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { gradient, indicator, ofInput } from "./gradient.ts";

/** A reduced tensor, with size 1 along the reduced axes. */
function expanded(y: tf.Tensor, shape: readonly number[], axis: number | number[]): tf.Tensor {
  const axes = tf.util.parseAxisParam(axis, [...shape]);
  return tf.reshape(y, shape.map((size, i) => axes.includes(i) ? 1 : size));
}

/** Repeats a reduced tensor along the reduced axes. `tf.broadcastTo` leaves size 1 where it is 0. */
function repeated(y: tf.Tensor, x: tf.Tensor, axis: number | number[]): tf.Tensor {
  return x.size === 0 ? tf.zeros(x.shape) : tf.broadcastTo(expanded(y, x.shape, axis), x.shape);
}

/** tfjs multiplies by ones of the size of x, which would become a constant of a compiled function. */
const sum = ofInput("Sum", (dy, x, { axis }) => repeated(dy, x, axis));

const mean = ofInput(
  "Mean",
  (dy, x, { axis }) => repeated(tf.div(dy, x.size / Math.max(dy.size, 1)), x, axis),
);

/**
 * tfjs gives each of several equal extremes the whole gradient. Here they share it, as in PyTorch's
 * `amax` and `amin`.
 */
function ofExtreme(kernelName: string, axisName: string): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: ["x"],
    outputsToSave: [true],
    gradFunc: (dy, saved, attrs) => {
      const [x, y] = saved as [tf.Tensor, tf.Tensor];
      const axis = (attrs as unknown as Record<string, number | number[]>)[axisName] ??
        x.shape.map((_, i) => i);
      const isExtreme = indicator(tf.equal(x, expanded(y, x.shape, axis)));
      const share = tf.div(isExtreme, tf.sum(isExtreme, axis, true));
      return { x: () => tf.mul(expanded(dy as tf.Tensor, x.shape, axis), share) };
    },
  };
}

/** tfjs uses cumulative products, which have no gradient. */
const prod = ofInput(
  "Prod",
  (dy, x, { axis }) => prodGradient(x, dy, tf.util.parseAxisParam(axis, x.shape)),
);

function prodGradient(x: tf.Tensor, dy: tf.Tensor, axes: readonly number[]): tf.Tensor {
  if (x.size === 0) return tf.zeros(x.shape);
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const order = [...kept, ...axes];
  const sizes = order.map((i) => x.shape[i] as number);
  const outer = kept.reduce((product, i) => product * (x.shape[i] as number), 1);
  const rows = tf.reshape(tf.transpose(x, order), [outer, -1]) as tf.Tensor2D;
  const gradients = rowProductGradient(rows, tf.reshape(dy, [outer, 1]));
  return tf.transpose(tf.reshape(gradients, sizes), order.map((_, i) => order.indexOf(i)));
}

/** The gradient of each row's product, by recursive halving: products of pairs, then of those. */
function rowProductGradient(rows: tf.Tensor2D, dy: tf.Tensor): tf.Tensor {
  const [outer, size] = rows.shape;
  if (size < 2) return tf.slice(dy, [0, 0], [outer, size]);
  const half = Math.ceil(size / 2);
  const left = tf.slice(rows, [0, 0], [outer, half]);
  const right = tf.pad(tf.slice(rows, [0, half], [outer, size - half]), [
    [0, 0],
    [0, 2 * half - size],
  ], 1);
  const ofProducts = rowProductGradient(tf.mul(left, right), dy);
  const both = tf.concat([tf.mul(ofProducts, right), tf.mul(ofProducts, left)], 1);
  return tf.slice(both, [0, 0], [outer, size]);
}

/** tfjs permutes the gradient's axes, unless the sum is along the last one. */
const cumsum = gradient("Cumsum", [], (dy, _, { axis, exclusive, reverse }) => ({
  x: () => tf.cumsum(dy, axis, exclusive, !reverse),
}));

export const reductions: tf.GradConfig[] = [
  cumsum,
  ofExtreme("Max", "reductionIndices"),
  ofExtreme("Min", "axis"),
  mean,
  prod,
  sum,
];
