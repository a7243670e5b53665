/**
 * What the losses between features share: pairing, and normalising where there is nothing.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { normalize, pairOfRows, pairUp } from "../../../lib/losses/pairs.ts";
import { assertClose } from "../../parity.ts";

tf.setBackend("cpu");

const [a, b] = [tf.ones([2, 3, 2, 1]), tf.zeros([2, 5])];

Deno.test("pairUp() pairs lists by position, and what stands alone", () => {
  assert(pairUp(a, b)[0]?.[0] === a);
  const pairs = pairUp([a, b], [b, a]);
  assert(pairs[1]?.[0] === b && pairs[1][1] === a);
  assertThrows(() => pairUp(a, [a, b]), RangeError, "1 student activations with 2 of the teacher");
});

Deno.test("pairOfRows() flattens all but the batch", () => {
  assertEquals(pairOfRows(a, b).map(({ shape }) => shape), [[2, 6], [2, 5]]);
});

Deno.test("normalize() scales to unit norm, and keeps zero with gradient 0", () => {
  const x = tf.tensor2d([[3, 4], [0, 0], [1e-8, 0]]);
  assertClose(normalize(x), tf.tensor2d([[0.6, 0.8], [0, 0], [1, 0]]), { ofMax: 1e-6 }, "value");
  const gradient = tf.grad((x) => tf.sum(normalize(x)))(x);
  const expected = tf.tensor2d([[0.2 * 0.16, -0.2 * 0.12], [0, 0]]);
  assertClose(tf.slice(gradient, 0, 2), expected, { atol: 1e-6 }, "gradient");
});
