/**
 * First and second derivatives of a function beside finite differences.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Backend } from "../../backends.ts";
import type { Call } from "./draw.ts";

/** How far a derivative is off, as a part of the largest element of all (or of 1). */
export interface Errors {
  first: number;
  second: number;
}

type F = Call["f"];

/** A loss of the op's result that is not linear in it, with a weight for each element. */
function lossOf(f: F): F {
  return (...inputs) => {
    const y = f(...inputs);
    const weights = tf.reshape(tf.cos(tf.range(1, y.size + 1)), y.shape);
    return tf.sum(tf.mul(weights, tf.add(y, tf.square(y))));
  };
}

/** Directions to differentiate in, of about 1. */
function directionsOf(inputs: readonly tf.Tensor[]): tf.Tensor[] {
  return inputs.map(({ shape, size }, i) =>
    tf.reshape(tf.sin(tf.range(i + 2, i + 2 + size)), shape)
  );
}

/**
 * The gradients of the loss along the inputs, and of their product with the directions.
 *
 * @param twice Whether to differentiate twice: the second derivatives take most of the time.
 */
function derivatives(
  f: F,
  inputs: tf.Tensor[],
  twice: boolean,
): { value: tf.Tensor; first: tf.Tensor[]; second: tf.Tensor[] } {
  const loss = lossOf(f);
  const along = (...inputs: tf.Tensor[]) => {
    const gradients = tf.grads(loss)(inputs);
    const directions = directionsOf(inputs);
    return gradients.map((g, i) => tf.sum(tf.mul(g, directions[i] as tf.Tensor)))
      .reduce((a, b) => tf.add(a, b));
  };
  return {
    value: loss(...inputs),
    first: tf.grads(loss)(inputs),
    second: twice ? tf.grads(along)(inputs) : [],
  };
}

const step = 0.02;

/** Derivatives of a call on a backend beside differences of the loss, and of its gradients. */
export async function errorsOf({ f, inputs }: Call, { name, use }: Backend): Promise<Errors> {
  const evaluate = use((twice: boolean, ...inputs: tf.Tensor[]) => derivatives(f, inputs, twice));
  // To compile a second function takes longer than to run one that computes too much.
  const isCompiled = name.endsWith("compiled");
  const at = async (distance: number) => {
    const moved = inputs.map((x, i) =>
      tf.add(x, tf.mul(directionsOf(inputs)[i] as tf.Tensor, distance))
    );
    const { value, first, second } = await evaluate(isCompiled || distance === 0, ...moved);
    return {
      value: await numbersOf([value]),
      first: await numbersOf(first),
      second: await numbersOf(second),
    };
  };
  const points = await Promise.all([0, step, -step, 2 * step, -2 * step].map(at));
  const [here, ...around] = points as [typeof points[0], ...typeof points];
  // Two differences, at twice the distance of each other, tell what the cubic part of the function adds.
  const slope = (of: "value" | "first") => {
    const [a, b, c, d] = around.map((point) => point[of]) as [
      number[],
      number[],
      number[],
      number[],
    ];
    return a.map((_, i) => (8 * (a[i]! - b[i]!) - (c[i]! - d[i]!)) / (12 * step));
  };
  const directions = await numbersOf(directionsOf(inputs));
  const along = here.first.reduce((sum, g, i) => sum + g * (directions[i] as number), 0);
  const scale = Math.max(1, ...[...here.first, ...here.value].map(Math.abs));
  return {
    first: Math.abs(along - (slope("value")[0] as number)) / scale,
    second: largestDifference(here.second, slope("first")),
  };
}

/** The values of tensors; a WebGPU device cannot be read at once. */
async function numbersOf(tensors: readonly tf.Tensor[]): Promise<number[]> {
  const values = await Promise.all(tensors.map((tensor) => tensor.data()));
  return values.flatMap((all) => Array.from(all));
}

function largestDifference(actual: readonly number[], expected: readonly number[]): number {
  const scale = Math.max(1, ...expected.map(Math.abs));
  // NaN must not pass for small.
  return Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!) / scale));
}
