/**
 * Tests of the drawing of distributions.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Spread } from "../../../tasks/visualize/gate_spread.ts";
import { drawHistograms } from "../../../tasks/visualize/histogram.ts";

function spread(values: Partial<Spread>): Spread {
  const shares = new Float32Array(64);
  shares[32] = 1;
  return { mean: 0, variance: 0, nearZero: 0, shares, ...values };
}

Deno.test("drawHistograms() names the groups, their statistics, and holds nothing that is no number", () => {
  const before = spread({ mean: 0.5, variance: 4, nearZero: 0.04 });
  const after = spread({ mean: 0.25, variance: 1, nearZero: 0.125 });
  const constant = { before: spread({}), after: spread({}) };
  const { content, caption } = drawHistograms(
    new Map([[0, { before, after }], [2, constant]]),
    "a & b",
    100,
  );
  assertEquals(content.match(/role="img"/g)?.length, 2);
  assertStringIncludes(content, ">group 2<");
  assertStringIncludes(content, "mean 0.500 → 0.250");
  assertStringIncludes(content, "variance 4.00 → 1.00");
  assertStringIncludes(content, "less than 0.05 sd: 4% → 13%");
  assertStringIncludes(caption, "a & b");
  assertStringIncludes(caption, "over 100 images");
  assertEquals(content.match(/NaN|Infinity/), null);
});

Deno.test("drawHistograms() draws a share of 1 at the top, and one of 0 on the ground", () => {
  const both = { before: spread({}), after: spread({}) };
  const { content } = drawHistograms(new Map([[0, both]]), "a", 1);
  const [, outline] = content.match(/d="(M[^"]*)" class="after"/)!;
  const heights = [...outline!.matchAll(/ ([\d.]+)H/g)].map(([, y]) => Number(y));
  assertEquals(heights.length, 64);
  assertEquals(heights.map((y) => y === 0), heights.map((_, bin) => bin === 32));
  assertEquals(heights[0], 120);
});
