/**
 * The normalisation of pixels.
 *
 * @module
 */
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { NORMALIZATION, normalizationTable, normalizeImages } from "../../../lib/data/normalize.ts";

Deno.test("NORMALIZATION is on the scale of the pixels, 0 to 255", () => {
  assertEquals(NORMALIZATION.paper.mean, [125.3, 123.0, 113.9]);
  assertEquals(NORMALIZATION.paper.std, [63.0, 62.1, 66.7]);
  assertAlmostEquals(NORMALIZATION.repdistiller.mean[0]!, 129.3105, 1e-9);
  assertAlmostEquals(NORMALIZATION.repdistiller.std[2]!, 70.4055, 1e-9);
});

Deno.test("normalizeImages() takes the mean and divides by the deviation of each channel", () => {
  const pixels = Uint8Array.of(0, 1, 2, 253, 254, 255);
  const { mean, std } = NORMALIZATION.paper;
  const expected = Float32Array.from(pixels, (pixel, i) => (pixel - mean[i % 3]!) / std[i % 3]!);
  assertEquals(normalizeImages(pixels, 3, NORMALIZATION.paper), expected);
});

Deno.test("normalizationTable() holds every value of every channel", () => {
  const table = normalizationTable({ mean: [0, 100], std: [1, 2] }, 2);
  assertEquals(table.length, 512);
  assertEquals([table[0], table[255], table[256], table[256 + 255]], [0, 255, -50, 77.5]);
});

Deno.test("normalizationTable() refuses constants of another number of channels", () => {
  assertThrows(() => normalizationTable(NORMALIZATION.paper, 1), TypeError, "3 means");
  assertThrows(() => normalizationTable({ mean: [0], std: [] }, 1), TypeError, "0 standard");
});

Deno.test("normalizeImages() refuses constants that would make NaN or infinite images", () => {
  const { mean, std } = NORMALIZATION.paper;
  for (const value of [0, -1, NaN, Infinity]) {
    const constants = { mean, std: [1, value, 1] };
    assertThrows(
      () => normalizeImages(Uint8Array.of(1, 2, 3), 3, constants),
      RangeError,
      `the standard deviation ${value}: it must be above 0`,
    );
  }
  for (const value of [NaN, Infinity]) {
    const constants = { mean: [value, 0, 0], std };
    assertThrows(() => normalizationTable(constants, 3), RangeError, `the mean ${value}`);
  }
});
