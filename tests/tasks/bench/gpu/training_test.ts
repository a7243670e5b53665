/**
 * Tests of the length of the training run of `deno task bench --gpu`.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { dropsOf, lengthOf } from "../../../../tasks/bench/gpu/training.ts";

Deno.test("lengthOf() gives whole epochs that fit, with time to spare", () => {
  // 390 steps of 10 ms an epoch: 3.9 s; three quarters of 100 s hold 19.
  assertEquals(lengthOf(100, 50_000, 10), { epochs: 19 });
  assertEquals(lengthOf(1e6, 50_000, 10), { epochs: 200 });
});

Deno.test("lengthOf() gives steps where not even an epoch fits, and at least two", () => {
  assertEquals(lengthOf(40, 50_000, 100), { epochs: 1, maxSteps: 300 });
  assertEquals(lengthOf(0.001, 50_000, 100), { epochs: 1, maxSteps: 2 });
});

Deno.test("dropsOf() has the drops of the original recipe, within the epochs", () => {
  assertEquals(dropsOf(200), [60, 120, 160]);
  assertEquals(dropsOf(10), [3, 6, 8]);
  assertEquals(dropsOf(2), [1]);
  assertEquals(dropsOf(1), []);
});
