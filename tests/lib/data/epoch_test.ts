/** Tests of the random numbers of an epoch. @module */
import { assertEquals, assertNotEquals } from "@std/assert";
import { augmentationStream, epochOrder } from "../../../lib/data/epoch.ts";

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
