/**
 * The learning rate over a run.
 *
 * @module
 */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { steppedRate } from "../../../lib/training/schedule.ts";

Deno.test("steppedRate() keeps each rate for whole epochs", () => {
  const paper = { rate: 0.1, ratio: 0.2, drops: [60, 120, 160] };
  const expected: [number, number][] = [
    [0, 0.1],
    [59, 0.1],
    [60, 0.02],
    [119, 0.02],
    [120, 0.004],
    [159, 0.004],
    [160, 0.0008],
    [199, 0.0008],
  ];
  for (const [epoch, rate] of expected) {
    assertAlmostEquals(steppedRate(epoch, paper), rate, 1e-12, `epoch ${epoch}`);
  }
});

Deno.test("steppedRate() counts drops in any order, and those of one epoch each", () => {
  assertEquals(steppedRate(5, { rate: 8, ratio: 0.5, drops: [9, 5, 1] }), 2);
  assertEquals(steppedRate(5, { rate: 8, ratio: 0.5, drops: [5, 5] }), 2);
  assertEquals(steppedRate(5, { rate: 8, ratio: 0.5, drops: [0] }), 4);
});

Deno.test("steppedRate() without drops stays the same", () => {
  assertEquals(steppedRate(1000, { rate: 0.1, ratio: 0.2, drops: [] }), 0.1);
});
