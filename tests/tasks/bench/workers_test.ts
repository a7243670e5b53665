/**
 * Tests of the benchmark's processes that train together.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Bench } from "../../../tasks/bench/context.ts";
import type { Times } from "../../../tasks/bench/in_turns.ts";
import { benchCommand } from "../../../tasks/bench/options.ts";
import {
  imagesTable,
  measureWorkerPeaks,
  peaksTable,
  timeWorkers,
} from "../../../tasks/bench/workers.ts";
import { parseOptions } from "../../../tasks/cli/options.ts";
import { long } from "../../long.ts";

const tiny = { depth: 10, width: 0.25, batch: 4 };
const python = "python3";

function benchWith(python: string): Pick<Bench, "options" | "rounds" | "steps"> {
  const options = parseOptions(benchCommand.options, ["--python", python]);
  return { options, rounds: 1, steps: 2 };
}

function assertTimes(times: Times, counts: Readonly<Record<string, number>>): void {
  const found = Object.entries(times).map(([program, times]) => [program, times.length]);
  assertEquals(Object.fromEntries(found), counts);
  assert(Object.values(times).flat().every((time) => time > 0));
}

Deno.test("timeWorkers() times two processes together and apart, beside one, and their sums", async () => {
  const bench = benchWith("no-such-python");
  const { milliseconds, allReduce } = await timeWorkers(bench, 2, { tiny }, { few: 1000 });
  assertTimes(milliseconds.tiny!, { ours: 2, "one process": 2, apart: 4 });
  assertTimes(allReduce.few!, { ours: 2 });
});

long.test({
  name: "timeWorkers() times PyTorch's processes too, in each of its ways",
  ignore: !await hasTorch(),
  fn: async () => {
    // PyTorch 2.15 crashes with fewer channels in channels_last.
    const cases = { small: { ...tiny, width: 1 } };
    const { milliseconds, allReduce } = await timeWorkers(benchWith(python), 2, cases, {
      few: 1000,
    });
    const { ours, "one process": _, apart: __, ...others } = milliseconds.small!;
    assertEquals(ours!.length, 2);
    for (const variant of ["eager", "channels_last"]) {
      assertEquals(others[`PyTorch DDP ${variant}`]?.length, 2, variant);
    }
    assertEquals(allReduce.few!["PyTorch gloo"]!.length, 2);
  },
});

async function hasTorch(): Promise<boolean> {
  const command = new Deno.Command(python, { args: ["-c", "import torch"], stderr: "null" });
  return (await command.output().catch(() => ({ success: false }))).success;
}

long.test({
  name: "measureWorkerPeaks() tells the memory of one process and of each of two",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const peaks = await measureWorkerPeaks(benchWith("no-such-python"), 2, { tiny });
    const { one, each } = peaks.tiny!;
    assertEquals(each.length, 2);
    for (const bytes of [one, ...each]) assert(bytes > 1e8, `${bytes} bytes`);
  },
});

Deno.test("imagesTable() holds the images a second of all processes against those of one", () => {
  const times = { ours: [250, 200, 300], "one process": [200, 400, 100], apart: [200, 200] };
  const table = imagesTable("step", { plain: times }, { plain: { batch: 10 } }, 2);
  assertMatch(table, /\| plain \| 50 \| 100 \| 80 \| 2.00 \| 1.60 \| 1.00 \|$/);
});

Deno.test("peaksTable() takes the process with the most memory", () => {
  const table = peaksTable("memory", { plain: { one: 100e6, each: [105e6, 110e6] } });
  assertMatch(table, /\| plain \| 100 \| 110 \| 1.10 \|$/);
});
