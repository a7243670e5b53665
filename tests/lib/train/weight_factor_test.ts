/**
 * The factor of a method's weight: its warm-up, its end, and its refusals.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { weightFactor, type WeightFactorOptions } from "../../../lib/train/weight_factor.ts";

const epochs = [0, 1, 2, 3, 4, 5];
const factors = (options: WeightFactorOptions) =>
  epochs.map((epoch) => weightFactor(epoch, options));

Deno.test("weightFactor() is 1 without options, and rises by the same step in a warm-up", () => {
  assertEquals(factors({}), [1, 1, 1, 1, 1, 1]);
  assertEquals(factors({ warmUp: 0 }), [1, 1, 1, 1, 1, 1]);
  assertEquals(factors({ warmUp: 4 }), [0.25, 0.5, 0.75, 1, 1, 1]);
  assertEquals(factors({ warmUp: 2.5 }), [0.4, 0.8, 1, 1, 1, 1]);
  // mdistiller, whose epochs count from 1: min(epoch / 20, 1)
  assertEquals([1, 19, 20, 21].map((epoch) => weightFactor(epoch - 1, { warmUp: 20 })), [
    ...[1 / 20, 19 / 20, 1, 1],
  ]);
});

Deno.test("weightFactor() is 0 once the epochs of stop are completed", () => {
  assertEquals(factors({ stop: 3 }), [1, 1, 1, 0, 0, 0]);
  assertEquals(factors({ warmUp: 4, stop: 2 }), [0.25, 0.5, 0, 0, 0, 0]);
  assertEquals(factors({ stop: 0 }), [0, 0, 0, 0, 0, 0]);
});

Deno.test("weightFactor() throws on numbers out of range and unknown options", () => {
  assertThrows(() => weightFactor(-1, {}), RangeError, "-1 as epoch");
  assertThrows(() => weightFactor(0, { warmUp: NaN }), RangeError, "NaN as warmUp");
  assertThrows(() => weightFactor(0, { stop: -2 }), RangeError, "-2 as stop");
  // @ts-expect-error: there is no such option
  assertThrows(() => weightFactor(0, { warmup: 2 }), TypeError, 'did you mean "warmUp"');
});
