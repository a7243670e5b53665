/**
 * Tests of the normalisation of pixels that need not be whole numbers.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { normalizeImages } from "../../../lib/data/normalize.ts";
import { normalized } from "../../../tasks/visualize/normalized.ts";

const normalization = { mean: [10, 20, 30], std: [1, 2, 4] };

Deno.test("normalized() does for any numbers what normalizeImages() does for bytes", () => {
  const bytes = Uint8Array.of(0, 20, 255, 11, 22, 34);
  assertEquals(
    normalized(Float32Array.from(bytes), normalization),
    normalizeImages(bytes, 3, normalization),
  );
  assertEquals(
    normalized(Float32Array.of(10.5, 19, 31), normalization),
    Float32Array.of(.5, -.5, .25),
  );
});
