/**
 * The parts of several processes.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { partOf } from "../../../lib/data/part.ts";

Deno.test("partOf() divides without gap or overlap, as evenly as it can", () => {
  for (const parts of [1, 2, 3, 7]) {
    for (let count = 0; count <= 20; count++) {
      let end = 0;
      for (let rank = 0; rank < parts; rank++) {
        const [from, to] = partOf(count, { rank, parts });
        assertEquals(from, end);
        const size = to - from;
        assertEquals(Math.floor(count / parts) <= size && size <= Math.ceil(count / parts), true);
        end = to;
      }
      assertEquals(end, count);
    }
  }
});

Deno.test("partOf() refuses numbers out of range", () => {
  assertThrows(() => partOf(-1, { rank: 0, parts: 1 }), RangeError, "count must be an integer");
  assertThrows(() => partOf(4, { rank: 0, parts: 0 }), RangeError, "parts must be an integer");
  assertThrows(
    () => partOf(4, { rank: 2, parts: 2 }),
    RangeError,
    "rank must be an integer from 0",
  );
});
