/**
 * Compares a layer and its first and second derivatives with golden numbers.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Tensors } from "../../lib/params.ts";
import type { Backend } from "../backends.ts";
import { assertClose, assertParity, type Fixture, type Tolerance, toTensor } from "../parity.ts";

/** A layer of an `x` and of parameters. */
export type Layer = (inputs: Tensors) => tf.Tensor;

/** The layer's value, and the gradients of `sum(weighting * value)`. */
export function valueAndFirst(layer: Layer, inputs: Tensors, weighting: tf.Tensor) {
  const [names, tensors] = [Object.keys(inputs), Object.values(inputs)];
  const named = (tensors: tf.Tensor[]) =>
    Object.fromEntries(names.map((name, i) => [name, tensors[i] as tf.Tensor]));
  const loss = (...tensors: tf.Tensor[]) => tf.sum(tf.mul(layer(named(tensors)), weighting));
  return { value: layer(inputs), gradients: named(tf.grads(loss)(tensors)) };
}

/** The gradients of `sum(direction * g)`, where g is the gradient of `sum(weighting * value)` by x. */
export function second(
  layer: Layer,
  inputs: Tensors,
  weighting: tf.Tensor,
  direction: tf.Tensor,
): Tensors {
  const slope = (inputs: Tensors) => {
    const loss = (x: tf.Tensor) => tf.sum(tf.mul(layer({ ...inputs, x }), weighting));
    return tf.grad(loss)(inputs.x as tf.Tensor);
  };
  return valueAndFirst(slope, inputs, direction).gradients;
}

/** Of the case under `prefix` of a fixture; the second derivatives where it has them. */
export async function assertDerivatives(
  layer: Layer,
  names: readonly string[],
  fixture: Fixture,
  prefix: string,
  { use }: Backend,
  tolerance: Tolerance,
): Promise<void> {
  const get = (key: string) => fixture.get(`${prefix}/${key}`);
  const inputs = Object.fromEntries(names.map((name) => [name, toTensor(get(name))]));
  const weighting = toTensor(get("weighting"));
  const tolerances = { value: tolerance, gradients: tolerance };

  const actual = await use((inputs: Tensors, weighting: tf.Tensor) =>
    valueAndFirst(layer, inputs, weighting)
  )(inputs, weighting);
  const gradients = fixture.under(`${prefix}/gradients`);
  assertParity(actual, { value: get("value"), gradients }, tolerances, prefix);

  if (!(`${prefix}/direction` in fixture.tensors)) return;
  const seconds = await use((inputs: Tensors, weighting: tf.Tensor, direction: tf.Tensor) =>
    second(layer, inputs, weighting, direction)
  )(inputs, weighting, toTensor(get("direction")));
  for (const name of names) {
    const label = `${prefix}: second derivative by ${name}`;
    assertClose(seconds[name] as tf.Tensor, get(`seconds/${name}`), tolerance, label);
  }
}
