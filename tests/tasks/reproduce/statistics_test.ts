/** Tests of the statistics of runs. @module */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { deviation, mean, pairedInterval, tQuantile } from "../../../tasks/reproduce/statistics.ts";

Deno.test("tQuantile() is that of the tables", () => {
  // Abramowitz and Stegun, table 26.10.
  const known = [
    [1, 12.706],
    [2, 4.303],
    [3, 3.182],
    [4, 2.776],
    [5, 2.571],
    [9, 2.262],
    [
      10,
      2.228,
    ],
    [30, 2.042],
    [60, 2.0],
    [120, 1.98],
  ];
  for (const [freedom, value] of known as [number, number][]) {
    assertAlmostEquals(tQuantile(0.975, freedom), value, 5e-4, `${freedom} degrees of freedom`);
  }
  assertAlmostEquals(tQuantile(0.995, 4), 4.604, 5e-4);
  assertAlmostEquals(tQuantile(0.975, 100_001), 1.95999, 5e-5);
});

Deno.test("mean() and deviation() are those of a sample", () => {
  assertEquals(mean([2, 4, 9]), 5);
  assertAlmostEquals(deviation([2, 4, 9])!, Math.sqrt(13), 1e-12);
  assertEquals(deviation([2]), undefined);
});

Deno.test("pairedInterval() is the paired t interval", () => {
  // scipy.stats.ttest_rel([93.1, 93.4, 92.9], [92.5, 92.6, 92.6]).confidence_interval()
  const { mean, ends, n } = pairedInterval([0.6, 0.8, 0.3]);
  assertEquals(n, 3);
  assertAlmostEquals(mean, 0.5667, 1e-4);
  assertAlmostEquals(ends![0], -0.0585, 1e-3);
  assertAlmostEquals(ends![1], 1.1918, 1e-3);
  assert(pairedInterval([0.5]).ends === undefined);
});
