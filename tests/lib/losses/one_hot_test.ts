/**
 * Labels as rows.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import { oneHot } from "../../../lib/losses/one_hot.ts";
import { backends } from "../../backends.ts";

for (const { name, use } of backends) {
  Deno.test(`oneHot() has a row of NaN for a label outside of the classes (${name})`, async () => {
    const labels = tf.tensor1d([2, -1, 0, 3, 1000], "int32");
    const rows = await use(() => oneHot(labels, 3))();
    const [first, nan] = [[1, 0, 0], [NaN, NaN, NaN]];
    assertEquals(rows.dtype, "float32");
    assertEquals([...rows.dataSync()], [0, 0, 1, ...nan, ...first, ...nan, ...nan]);
  });
}
