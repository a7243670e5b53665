/**
 * The learning rate over a run, and weights that decay.
 *
 * @module
 */
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { type Decay, decayedWeight, steppedRate } from "../../../lib/train/schedule.ts";

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

Deno.test("decayedWeight() goes from its start to its end, each in its way", () => {
  const weigh = (decay: Decay, progress: number) =>
    decayedWeight(progress, { decay, start: 1000, end: 200, drops: [0.3, 0.6, 0.8] });
  const at = [0, 0.25, 0.5, 1];
  assertEquals(at.map((progress) => weigh("none", progress)), [1000, 1000, 1000, 1000]);
  assertEquals(at.map((progress) => weigh("linear", progress)), [1000, 800, 600, 200]);
  const cosine = at.map((progress) => weigh("cosine", progress));
  const expected = [1000, 600 + 400 * Math.SQRT1_2, 600, 200];
  cosine.forEach((weight, i) => assertAlmostEquals(weight, expected[i]!, 1e-9));
  const steps = [0, 0.29, 0.3, 0.6, 0.8, 1].map((progress) => weigh("step", progress));
  const third = 800 / 3;
  [1000, 1000, 1000 - third, 1000 - 2 * third, 200, 200]
    .forEach((weight, i) => assertAlmostEquals(steps[i]!, weight, 1e-9));
});

Deno.test("decayedWeight() in steps is at its end after the last drop within the run", () => {
  const weigh = (progress: number, ...drops: number[]) =>
    decayedWeight(progress, { decay: "step", start: 1000, end: 200, drops });
  assertEquals([0, 0.6, 0.99].map((progress) => weigh(progress, 0.6, 1.2, 1.6)), [1000, 200, 200]);
  assertEquals([0.4, 0.5, 0.9].map((progress) => weigh(progress, 1, 0.5)), [1000, 200, 200]);
  assertEquals([0.2, 0.25, 0.5].map((at) => weigh(at, 0.25, 3, 0.5)), [1000, 600, 200]);
  assertEquals([0, 0.99].map((progress) => weigh(progress, 1, 2)), [1000, 1000]);
});

Deno.test("decayedWeight() in steps without drops stays the same", () => {
  assertEquals(decayedWeight(1, { decay: "step", start: 5, end: 0 }), 5);
});

Deno.test("steppedRate() and decayedWeight() refuse numbers that are none, and unknown ways", () => {
  const steps = { rate: 0.1, ratio: 0.2, drops: [1, 2] };
  assertThrows(() => steppedRate(NaN, steps), RangeError, "Cannot use NaN as epoch");
  for (const more of [{ rate: NaN }, { ratio: Infinity }, { drops: [1, NaN] }]) {
    assertThrows(() => steppedRate(0, { ...steps, ...more }), RangeError, "a finite number");
  }
  const decay = { decay: "step", start: 1, end: 0 } as const;
  assertThrows(() => decayedWeight(NaN, decay), RangeError, "Cannot use NaN as progress");
  assertThrows(() => decayedWeight(0, { ...decay, drops: [NaN] }), RangeError, "NaN as drops");
  for (const name of ["log", "toString", undefined]) {
    const options = { ...decay, decay: name as Decay };
    assertThrows(() => decayedWeight(0, options), RangeError, "none, linear, cosine, step");
  }
});
