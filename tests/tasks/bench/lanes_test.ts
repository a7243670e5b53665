/**
 * Tests of doing several things at a time, and of giving up.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../../lib/errors.ts";
import { before, inLanes, lanesOf, reasonOf } from "../../../tasks/bench/lanes.ts";

Deno.test("inLanes() acts on all items in order, on so many at a time", async () => {
  for (const lanes of [1, 2, 8]) {
    const started: number[] = [];
    let [now, most] = [0, 0];
    await inLanes([1, 2, 3, 4, 5], lanes, async (item) => {
      started.push(item);
      most = Math.max(most, ++now);
      await Promise.resolve();
      now--;
    });
    assertEquals(started, [1, 2, 3, 4, 5]);
    assertEquals(most, Math.min(lanes, 5));
  }
});

Deno.test("lanesOf() takes half of the processors, at least one lane and at most eight", () => {
  assertEquals([1, 2, 4, 16, 128].map(lanesOf), [1, 1, 2, 8, 8]);
});

Deno.test("before() gives what is done in time, and gives up on the rest", async () => {
  const soon = performance.now() + 50;
  assertEquals(await before(soon, Promise.resolve(3)), 3);
  const { promise, reject } = Promise.withResolvers<number>();
  await assertRejects(() => before(soon, promise), UserError, "not done after 0 s");
  reject(new Error("later")); // nobody waits for it any more, and nothing fails
  await assertRejects(() => before(Infinity, Promise.reject(new Error("own"))), Error, "own");
});

Deno.test("reasonOf() is one line", () => {
  assertEquals(reasonOf(new Error("one\ntwo")), "one");
  assert(reasonOf("words") === "words");
});
