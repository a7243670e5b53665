/**
 * Tests of the time from a command to its first step.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { ourStartUp } from "../../../tasks/bench/start_up.ts";

Deno.test("ourStartUp() gives the time until the first step is there, which is before the end", async () => {
  const start = performance.now();
  const [time, ...more] = await ourStartUp({ precision: "float32", threads: 1 })(1);
  assertEquals(more, []);
  assert(time! > 100 && time! < performance.now() - start, `${time} ms`);
});
