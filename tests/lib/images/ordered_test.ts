/**
 * Work on many things at a time.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { mapOrdered } from "../../../lib/images/ordered.ts";

const numbers = Array.from({ length: 20 }, (_, i) => i);

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

Deno.test("mapOrdered() gives the results in the items' order, whatever ends first", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 12 }),
      async (delays, concurrency, window) => {
        const results = mapOrdered(delays.entries(), async ([i, milliseconds]) => {
          await delay(milliseconds);
          return i;
        }, { concurrency, window });
        assertEquals(await Array.fromAsync(results), [...delays.keys()]);
      },
    ),
    { numRuns: 20 },
  );
});

Deno.test("mapOrdered() keeps to its concurrency and reaches it", async () => {
  let [running, most] = [0, 0];
  const results = mapOrdered(numbers, async () => {
    most = Math.max(most, ++running);
    await delay(1);
    running--;
  }, { concurrency: 3, window: 10 });
  await Array.fromAsync(results);
  assertEquals(most, 3);
});

Deno.test("mapOrdered() works ahead while nothing is taken, no further than its window", async () => {
  const started: number[] = [];
  const results = mapOrdered(numbers, async (i) => {
    started.push(i);
    await delay(0);
  }, { concurrency: 2, window: 5 });
  await delay(5);
  assertEquals(started, [], "nothing is asked for yet");
  await results.next();
  await delay(20);
  assertEquals(started, [0, 1, 2, 3, 4]);
  await results.next();
  await delay(20);
  assertEquals(started, [0, 1, 2, 3, 4, 5]);
  await results.return();
});

Deno.test("mapOrdered() starts nothing more once it is left, and waits for what runs", async () => {
  let [started, ended, aborted] = [0, 0, 0];
  const results = mapOrdered(numbers, async (i, signal) => {
    started++;
    await delay(i === 0 ? 0 : 10);
    if (signal.aborted) aborted++;
    ended++;
    if (signal.aborted) throw new Error("nobody hears this");
  }, { concurrency: 4, window: 20 });
  for await (const _ of results) break;
  assertEquals(ended, started);
  assert(aborted > 0);
  const before = started;
  await delay(20);
  assertEquals(started, before);
});

Deno.test("mapOrdered() throws an error where its turn comes", async () => {
  const given: number[] = [];
  const results = mapOrdered(numbers, async (i) => {
    await delay(i < 5 ? 5 : 0); // those that fail do so long before their turn
    if (i >= 5) throw new Error(`no ${i}`);
    return i;
  }, { concurrency: 10, window: 20 });
  const take = async () => {
    for await (const i of results) given.push(i);
  };
  assertEquals((await assertRejects(take, Error)).message, "no 5");
  assertEquals(given, [0, 1, 2, 3, 4]);
});
