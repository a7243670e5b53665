/**
 * Tests of the comparison of two networks' answers.
 *
 * @module
 */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { changesBetween, mcNemar } from "../../../../tasks/report/evaluation/changes.ts";

Deno.test("changesBetween() sorts images by who is right", () => {
  const labels = Int32Array.of(0, 1, 2, 0, 1, 2);
  const student = Int32Array.of(0, 1, 2, 1, 0, 0);
  const baseline = Int32Array.of(0, 0, 1, 0, 0, 1);
  assertEquals(changesBetween(labels, student, baseline), {
    gained: [1, 2],
    lost: [3],
    bothRight: 1,
    bothWrong: 2,
  });
  assertThrows(
    () => changesBetween(labels, student, baseline.subarray(1)),
    RangeError,
    "Cannot compare 6 and 5 answers for 6 images",
  );
});

Deno.test("mcNemar() is the two-sided binomial probability", () => {
  // By counting all 2^n equally likely splits.
  const direct = (gained: number, lost: number) => {
    const count = gained + lost;
    const least = Math.abs(gained - lost);
    let uneven = 0;
    for (let split = 0; split < 2 ** count; split++) {
      const ones = split.toString(2).replaceAll("0", "").length;
      if (Math.abs(count - 2 * ones) >= least) uneven++;
    }
    return uneven / 2 ** count;
  };
  for (const [gained, lost] of [[0, 1], [1, 0], [3, 3], [2, 7], [9, 1], [12, 0]] as const) {
    assertAlmostEquals(mcNemar(gained, lost), direct(gained, lost), 1e-12);
  }
  assertEquals(mcNemar(0, 0), 1);
});

Deno.test("mcNemar() of thousands of images is no NaN", () => {
  const [even, uneven] = [mcNemar(5000, 5000), mcNemar(6000, 4000)];
  assertEquals(even, 1);
  assert(uneven >= 0 && uneven < 1e-50);
  // The normal approximation with continuity correction, for z = 1.99.
  assertAlmostEquals(mcNemar(5100, 4900), 0.0466, 1e-3);
});
