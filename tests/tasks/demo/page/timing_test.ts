/**
 * Tests of the page's clock.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { timed } from "../../../../tasks/demo/page/timing.ts";

Deno.test("timed() gives the median of at least 3 runs and at most 25", async () => {
  for (const [pause, most] of [[0, 25], [400, 3]] as const) {
    let calls = 0;
    const { milliseconds, runs } = await timed(async () => {
      calls++;
      await new Promise((resolve) => setTimeout(resolve, pause));
    });
    assertEquals(runs, calls);
    assert(runs >= 3 && runs <= most, `${runs} runs`);
    assert(milliseconds >= pause - 1, `${milliseconds} ms`);
  }
});

Deno.test("timed() ends when it is over, after the first run", async () => {
  assertEquals((await timed(() => Promise.resolve(), () => true)).runs, 1);
});
