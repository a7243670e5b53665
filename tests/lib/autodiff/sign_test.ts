/**
 * The sign of numbers.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import { sign } from "../../../lib/autodiff/sign.ts";
import { backends } from "../../backends.ts";

for (const { name, use } of backends) {
  Deno.test(`sign() tells the sign of the smallest numbers, and has gradient 0 (${name})`, async () => {
    const x = tf.tensor1d([3, 1e-30, 0, -1e-30, -3]);
    const run = use((x: tf.Tensor) => [sign(x), tf.grad((x) => tf.mul(sign(x), x))(x)]);
    const [y, slope] = await run(x) as [tf.Tensor, tf.Tensor];
    assertEquals([...y.dataSync()].map((value) => value + 0), [1, 1, 0, -1, -1]);
    // Of abs(x), by way of the factor that is no sign.
    assertEquals([...slope.dataSync()].map((value) => value + 0), [1, 1, 0, -1, -1]);
  });
}
