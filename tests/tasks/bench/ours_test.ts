/**
 * Tests of our side of the benchmark, in its own process.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { startOurs } from "../../../tasks/bench/ours.ts";
import { UserError } from "../../../lib/errors.ts";

const tiny = { depth: 10, width: 0.25, batch: 4 };
const precision = "float32";

Deno.test("startOurs() makes steps of a case, tells its memory, and refuses what cannot be", async () => {
  const half = await startOurs({ threads: 1, opThreads: 1 });
  const plain = await half.times({ case: tiny, precision, steps: 3 });
  assertEquals(plain.length, 3);
  const taught = { ...tiny, teacherDepth: 10, teacherWidth: 0.5, beta: 1000 };
  assertEquals((await half.times({ case: taught, precision, steps: 1 })).length, 1);
  const { peakBytes } = await half.memory();
  assert(peakBytes > 1e8 && peakBytes < 1e10, `${peakBytes}`);
  const bad = half.times({ case: { ...tiny, depth: 11 }, precision, steps: 1 });
  await assertRejects(() => bad, UserError, "depth 11");
  assertEquals((await half.times({ case: tiny, precision, steps: 1 })).length, 1);
  await half.close();
});
