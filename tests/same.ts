/**
 * Compares dictionaries of tensors exactly, and says in a line where they differ.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import { assertClose, type Comparable, type Values } from "./parity.ts";

/** The current values of tensors. */
export function valuesOf(tensors: Record<string, tf.Tensor>): Record<string, Values> {
  return Object.fromEntries(
    Object.entries(tensors).map(([key, tensor]) => [
      key,
      { shape: tensor.shape, data: tensor.dataSync().slice() as Values["data"] },
    ]),
  );
}

/** Throws unless both have the same keys in the same order, and the same values. */
export function assertSame(
  actual: Record<string, Comparable>,
  expected: Record<string, Comparable>,
): void {
  assertEquals(Object.keys(actual), Object.keys(expected));
  for (const [key, values] of Object.entries(expected)) assertClose(actual[key]!, values, {}, key);
}
