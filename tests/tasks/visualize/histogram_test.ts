/**
 * Tests of the distributions of features.
 *
 * @module
 */
import { assertAlmostEquals, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { randomStream } from "../../../lib/random.ts";
import {
  addFeatures,
  drawHistograms,
  spreadOf,
  startHistogram,
} from "../../../tasks/visualize/histogram.ts";

const { normal } = randomStream(1, 0);
const gaussian = Float32Array.from({ length: 200_000 }, () => 3 * normal());

Deno.test("spreadOf() knows a normal distribution, whatever its scale", () => {
  const histogram = startHistogram(gaussian);
  addFeatures(histogram, { before: gaussian, after: gaussian.map((x) => x / 10) });
  for (const [key, deviation] of [["before", 3], ["after", 0.3]] as const) {
    const spread = spreadOf(histogram[key], histogram.limit);
    assertAlmostEquals(spread.deviation / deviation, 1, 0.01);
    assertAlmostEquals(spread.nearZero, 0.0797, 0.006); // erf(0.1 / sqrt(2))
    assertAlmostEquals(spread.large, 0.0027, 0.0005); // 1 - erf(3 / sqrt(2))
    assertAlmostEquals(spread.shares.reduce((a, b) => a + b), 1, 1e-9);
  }
});

Deno.test("spreadOf() tells a wider distribution from a normal one", () => {
  const histogram = startHistogram(gaussian);
  const wider = gaussian.map((x, i) => i % 4 === 0 ? x : x / 4);
  addFeatures(histogram, { before: gaussian, after: wider });
  const [before, after] = [histogram.before, histogram.after].map((counts) =>
    spreadOf(counts, histogram.limit)
  );
  assertEquals(after!.nearZero > before!.nearZero, true);
  assertEquals(after!.large > before!.large, true);
});

Deno.test("addFeatures() keeps what lies beyond the ends", () => {
  const histogram = startHistogram(Float32Array.of(1, -1));
  addFeatures(histogram, { before: Float32Array.of(1e9, -1e9, 0), after: Float32Array.of() });
  assertEquals(histogram.before.reduce((a, b) => a + b), 3);
});

Deno.test("drawHistograms() names the groups, and holds nothing that is no number", () => {
  const zeros = startHistogram(new Float32Array(4));
  addFeatures(zeros, { before: new Float32Array(4), after: new Float32Array(4) });
  const { content, caption } = drawHistograms(new Map([[0, zeros], [2, zeros]]), "a & b");
  assertEquals(content.match(/role="img"/g)?.length, 2);
  assertStringIncludes(content, ">group 2<");
  assertStringIncludes(caption, "a & b");
  assertEquals(content.match(/NaN|Infinity/), null);
});

Deno.test("addFeatures() refuses NaN, which would be in no bin", () => {
  const histogram = startHistogram(Float32Array.of(1, -1));
  const features = { before: Float32Array.of(1), after: Float32Array.of(0, NaN) };
  assertThrows(() => addFeatures(histogram, features), RangeError, "one of them is NaN");
});
