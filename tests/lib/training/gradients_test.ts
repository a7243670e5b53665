/**
 * Values, gradients and what is wanted besides.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Params } from "../../../lib/params.ts";
import { valueAndGradients } from "../../../lib/training/gradients.ts";
import { backends } from "../../backends.ts";

/** `sum(a^2 b)`, with `a b` on the side. */
function lossOf({ a, b }: Params) {
  const product = tf.mul(a!, b!);
  return { loss: tf.sum(tf.mul(product, a!)) as tf.Scalar, extras: { product } };
}

for (const { name, use } of backends) {
  Deno.test(`valueAndGradients() gives the loss, its gradients and the extras (${name})`, async () => {
    const run = use((params: Params) => valueAndGradients(lossOf, params));
    const { loss, gradients, extras } = await run({
      a: tf.tensor1d([1, 2]),
      b: tf.tensor1d([3, 5]),
    });
    const read = (tensor: tf.Tensor | undefined) => Array.from(tensor!.dataSync());
    assertEquals(read(loss), [23]);
    assertEquals(Object.keys(gradients), ["a", "b"]);
    assertEquals(read(gradients["a"]), [6, 20]);
    assertEquals(read(gradients["b"]), [1, 4]);
    assertEquals(read(extras["product"]), [3, 10]);
  });
}

Deno.test("valueAndGradients() leaves nothing behind", () => {
  tf.setBackend("tensorflow");
  const params = { a: tf.tensor1d([1, 2]), b: tf.tensor1d([3, 5]) };
  const before = tf.memory().numTensors;
  const { loss, gradients, extras } = valueAndGradients(lossOf, params);
  assertEquals(tf.memory().numTensors, before + 4);
  tf.dispose([loss, ...Object.values(gradients), ...Object.values(extras)]);
  assertEquals(tf.memory().numTensors, before);
  assert(!params.a.isDisposed);
});

Deno.test("valueAndGradients() throws what the function throws, and works afterwards", () => {
  tf.setBackend("tensorflow");
  const params = { a: tf.tensor1d([1, 2]), b: tf.tensor1d([3, 5]) };
  const failing = () => {
    throw new RangeError("in the middle");
  };
  assertThrows(() => valueAndGradients(failing, params), RangeError, "in the middle");
  const withoutB = (p: Params) => ({ loss: tf.sum(p["a"]!) as tf.Scalar, extras: {} });
  assertThrows(() => valueAndGradients(withoutB, params), Error, "Cannot compute gradient");
  assertEquals(valueAndGradients(lossOf, params).loss.dataSync()[0], 23);
});
