/** Tests of the random numbers of an epoch. @module */
import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { augmentationStream, checkInteger, epochOrder } from "../../../lib/data/epoch.ts";

Deno.test("epochOrder() is another order of all images for each epoch and seed, and always the same", () => {
  const order = epochOrder(1, 2, 50);
  assertEquals([...order].sort((a, b) => a - b), Array.from({ length: 50 }, (_, i) => i));
  assertEquals(epochOrder(1, 2, 50), order);
  assertNotEquals(epochOrder(1, 3, 50), order);
  assertNotEquals(epochOrder(2, 2, 50), order);
});

Deno.test("augmentationStream() has numbers of its own for each place, epoch and seed", () => {
  const draw = (...at: [number, number, number]) => [...augmentationStream(...at).permutation(20)];
  assertEquals(draw(1, 2, 3), draw(1, 2, 3));
  const others = [draw(1, 2, 4), draw(1, 3, 3), draw(2, 2, 3), [...epochOrder(1, 2, 20)]];
  for (const other of others) assertNotEquals(other, draw(1, 2, 3));
});

Deno.test("checkInteger() names what is out of its range", () => {
  checkInteger("pad", 0, 0);
  checkInteger("pad", 4, 0, 4);
  for (const value of [-1, 0.5, NaN, Infinity]) {
    assertThrows(() => checkInteger("pad", value, 0), RangeError, "pad must be an integer of at");
  }
  assertThrows(() => checkInteger("pad", 5, 0, 4), RangeError, "from 0 to 4: current value is 5");
});
