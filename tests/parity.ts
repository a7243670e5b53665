/**
 * Compares tensors and gradients with the golden numbers in `tests/fixtures`.
 *
 * @module
 */
import { mapValues } from "../lib/params.ts";
import * as tf from "@tensorflow/tfjs-core";
import { parseSafetensors } from "../lib/formats/safetensors.ts";

/** Values in row-major order. In a fixture, floats are float32 and labels int32. */
export interface Values {
  shape: number[];
  data: Float32Array | Int32Array | Uint8Array;
}

/** A tensor, which is not disposed, or plain values. */
export type Comparable = tf.Tensor | Values;

/** A file of golden numbers. */
export interface Fixture {
  tensors: Record<string, Values>;
  metadata: Record<string, string>;
  /** The tensor with this key. Throws if there is none. */
  get(key: string): Values;
  /** The tensors under `prefix/`, with keys without the prefix. Throws if there are none. */
  under(prefix: string): Record<string, Values>;
}

/**
 * Allowed error of an element: `atol + rtol * |expected| + ofMax * max |expected|`, each 0 by
 * default. `ofMax` uses the tensor's largest element, because the rounding error of a sum depends
 * on its terms, not on its result.
 */
export interface Tolerance {
  atol?: number;
  rtol?: number;
  ofMax?: number;
}

/** A value and its gradients, by the name of the variable. */
export interface Parity<T> {
  value: T;
  gradients: Record<string, T>;
}

/** Reads `tests/fixtures/<name>.safetensors`. */
export async function readFixture(name: string): Promise<Fixture> {
  const bytes = await Deno.readFile(new URL(`fixtures/${name}.safetensors`, import.meta.url));
  const { tensors: stored, metadata } = parseSafetensors(bytes);
  const tensors = mapValues(stored, ({ dtype, shape, data }) => ({
    shape,
    data: typedArray(dtype, data),
  }));

  function get(key: string): Values {
    const found = tensors[key];
    if (!found) throw new Error(`Fixture ${name} has no tensor ${JSON.stringify(key)}`);
    return found;
  }

  function under(prefix: string): Record<string, Values> {
    const found = Object.entries(tensors)
      .filter(([key]) => key.startsWith(`${prefix}/`))
      .map(([key, values]) => [key.slice(prefix.length + 1), values]);
    if (found.length === 0) throw new Error(`Fixture ${name} has nothing under ${prefix}/`);
    return Object.fromEntries(found);
  }

  return { tensors, metadata, get, under };
}

/** A new tensor with the values of a fixture. */
export function toTensor<R extends tf.Rank = tf.Rank>({ shape, data }: Values): tf.Tensor<R> {
  const dtype = data instanceof Float32Array ? "float32" : "int32";
  return tf.tensor<R>(data, shape as tf.ShapeMap[R], dtype);
}

/** New tensors with the values of a part of a fixture, such as `fixture.under("params")`. */
export function toTensors(values: Record<string, Values>): Record<string, tf.Tensor> {
  return mapValues(values, (one) => toTensor(one));
}

/** Throws unless every element is close enough; names the worst element and both values. */
export function assertClose(
  actual: Comparable,
  expected: Comparable,
  tolerance: Tolerance,
  label: string,
): void {
  const { shape, data } = read(actual);
  const { shape: expectedShape, data: expectedData } = read(expected);
  if (shape.join() !== expectedShape.join()) {
    throw new Error(`${label}: shape is [${shape}], expected [${expectedShape}]`);
  }
  const allowed = allowance(expectedData, tolerance);
  let [worst, worstExcess, failures] = [0, -Infinity, 0];
  for (const [i, value] of data.entries()) {
    const excess = distance(value, expectedData[i]!) - allowed(expectedData[i]!);
    if (excess > 0) failures++;
    if (excess > worstExcess) [worst, worstExcess] = [i, excess];
  }
  if (failures > 0) {
    const [is, should] = [data[worst]!, expectedData[worst]!];
    throw new Error(
      `${label}: ${failures} of ${data.length} elements are off; the worst, at ` +
        `[${indexOf(worst, shape)}], is ${is}, expected ${should} ` +
        `(off by ${distance(is, should)}, allowed ${allowed(should)})`,
    );
  }
}

/** Compares a value and all gradients; both sides must have the same gradients. */
export function assertParity(
  actual: Parity<Comparable>,
  expected: Parity<Comparable>,
  tolerances: { value: Tolerance; gradients: Tolerance },
  label = "parity",
): void {
  assertClose(actual.value, expected.value, tolerances.value, `${label}: value`);
  const names = Object.keys(actual.gradients).sort();
  const expectedNames = Object.keys(expected.gradients).sort();
  if (names.join() !== expectedNames.join()) {
    throw new Error(`${label}: gradients are of ${names}, expected ${expectedNames}`);
  }
  for (const name of names) {
    assertClose(
      actual.gradients[name]!,
      expected.gradients[name]!,
      tolerances.gradients,
      `${label}: gradient of ${name}`,
    );
  }
}

/** The elements of a stored tensor. */
export function typedArray(dtype: string, bytes: Uint8Array): Float32Array | Int32Array {
  // A copy starts at offset 0, which is aligned for every type.
  const { buffer } = bytes.slice();
  if (dtype === "F32") return new Float32Array(buffer);
  if (dtype === "I32") return new Int32Array(buffer);
  throw new Error(`Fixtures hold F32 and I32 only: current value is ${dtype}`);
}

function read(values: Comparable): Values {
  return "dataSync" in values ? { shape: values.shape, data: values.dataSync() } : values;
}

/** The allowed error of an element, given its expected value; 0 if that is not finite. */
function allowance(
  expected: Values["data"],
  { atol = 0, rtol = 0, ofMax = 0 }: Tolerance,
): (value: number) => number {
  const sizes = Array.from(expected, Math.abs).filter(Number.isFinite);
  const largest = sizes.reduce((max, size) => Math.max(max, size), 0);
  return (value) => Number.isFinite(value) ? atol + rtol * Math.abs(value) + ofMax * largest : 0;
}

/** Infinite if exactly one of the two is NaN, so that a NaN never passes. */
function distance(a: number, b: number): number {
  if (Object.is(a, b)) return 0;
  const difference = Math.abs(a - b);
  return Number.isNaN(difference) ? Infinity : difference;
}

function indexOf(position: number, shape: number[]): number[] {
  const index: number[] = [];
  for (const size of shape.toReversed()) {
    index.unshift(position % size);
    position = Math.floor(position / size);
  }
  return index;
}
