/**
 * Tests of the resizing of plain maps.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { resizeMap } from "../../../lib/localization/resize_map.ts";
import { resizeMaps } from "../../../lib/losses/resize.ts";
import { randomStream } from "../../../lib/random.ts";

tf.setBackend("cpu");

Deno.test("resizeMap() gives what attention transfer has for maps of unequal sizes", () => {
  const { uniform } = randomStream(1, 0);
  for (const [from, to] of [[[3, 5], [7, 4]], [[8, 8], [32, 32]], [[6, 2], [1, 1]]] as const) {
    const map = Float32Array.from({ length: from[0] * from[1] }, uniform);
    const expected = resizeMaps(tf.tensor3d(map, [1, ...from]), to[0], to[1]).dataSync();
    const resized = resizeMap(map, from, to);
    assertEquals(resized.length, expected.length);
    resized.forEach((value, i) => assertAlmostEquals(value, expected[i]!, 1e-6));
  }
});

Deno.test("resizeMap() leaves a map of the right size as it is", () => {
  const map = Float32Array.from([1, 2, 3, 4, 5, 6]);
  assertEquals(resizeMap(map, [2, 3], [2, 3]), map);
});
