/**
 * Tests of the benchmark's processes that train together.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { Bench } from "../../../tasks/bench/context.ts";
import { benchCommand, type BenchOptions } from "../../../tasks/bench/options.ts";
import {
  imagesTable,
  measureWorkerPeaks,
  peaksTable,
  timeWorkers,
} from "../../../tasks/bench/workers.ts";
import { parseOptions } from "../../../tasks/cli/options.ts";

const cases = { tiny: { depth: 10, width: 1, batch: 4 } };

function benchWith(...args: string[]): Pick<Bench, "options" | "rounds" | "steps"> {
  const options: BenchOptions = parseOptions(benchCommand.options, args);
  return { options, rounds: 1, steps: 2 };
}

Deno.test("timeWorkers() times two processes together, apart and alone, and their sums", async () => {
  const bench = benchWith("--python", Deno.env.get("BENCH_PYTHON") ?? "no-such-python");
  const { milliseconds, allReduce } = await timeWorkers(bench, 2, cases, { few: 1000 });
  console.log(milliseconds, allReduce);
});

Deno.test("measureWorkerPeaks() tells the memory of one process and of each of two", async () => {
  const { tiny } = await measureWorkerPeaks(benchWith(), 2, cases);
  assertEquals(tiny!.each.length, 2);
  for (const bytes of [tiny!.one, ...tiny!.each]) assert(bytes > 1e8, `${bytes} bytes`);
});
