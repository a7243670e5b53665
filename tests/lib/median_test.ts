/** Tests of the median. @module */
import { assertEquals } from "@std/assert";
import { median } from "../../lib/median.ts";

Deno.test("median() is the middle, or the mean of the two there, in no order of the texts", () => {
  assertEquals(median([7]), 7);
  assertEquals(median([10, 9, 100]), 10);
  assertEquals(median([4, 1, 3, 2]), 2.5);
  assertEquals(median([Infinity, 1, 2]), 2);
});

Deno.test("median() is NaN of none, and where one is NaN; it leaves its argument as it is", () => {
  assertEquals([median(), median([]), median([1, NaN, 2])], [NaN, NaN, NaN]);
  const values = [3, 1, 2];
  median(values);
  assertEquals(values, [3, 1, 2]);
});
