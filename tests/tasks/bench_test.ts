/**
 * Tests of `deno task bench` as a user runs it, with few steps and without PyTorch.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { benchCommand } from "../../tasks/bench/options.ts";
import { parseOptions } from "../../tasks/cli/options.ts";
import { inFolder } from "../folders.ts";
import { long } from "../long.ts";
import { taskRunner } from "./command.ts";

const { refuse, succeed } = taskRunner("bench");
const alone = ["--python", "no-such-python", "--rounds", "1", "--steps", "1"];

// All at once, for each process of the benchmark starts TensorFlow and compiles its steps.
long.test("deno task bench times steps, convolutions and a product, and writes all as JSON", () =>
  inFolder(async (cwd) => {
    const flags = ["--efficiency", "--out", "times.json", "--threads", "1"];
    const { out, err } = await succeed(cwd, ...alone, ...flags);
    assertMatch(out, /1 threads, float32/);
    assertMatch(out, /Deno [\d.]+, TensorFlow [\d.]+ on the CPU/);
    assertMatch(out, /\| step, float32 \| program \| median ms \| min \| max \| ours \/ it \|/);
    assertMatch(out, /\| WRN-16-1 \| ours \| [\d.]+ \| [\d.]+ \| [\d.]+ \| 1.00 \|/);
    assertStringIncludes(err, "note: no PyTorch beside");
    const report = JSON.parse(await Deno.readTextFile(join(cwd, "times.json")));
    assertEquals(Object.keys(report.milliseconds), ["WRN-16-1", "WRN-16-1 <- WRN-16-2, AT+KD"]);
    assertEquals(report.milliseconds["WRN-16-1"].ours.length, 1);
    assertEquals([report.precision, report.threads, report.pytorch], ["float32", 1, null]);

    assertMatch(out, /\| 2048-cubed matrix product \| 8.6 \|.*\| 1.00 \|/);
    assertMatch(out, /\| 4 of 3x3, 16 to 16 at 32x32 \| [\d.]+ \| [\d.]+ \| [\d.]+ \|/);
    assertMatch(out, /\| 1 of 3x3, 3 to 16 at 32x32 \| [\d.]+ \| - \| [\d.]+ \|/);
    assert(report.efficiency["WRN-16-1, the whole step"].efficiency > 0);
  }));

Deno.test("deno task bench uses all processors unless told", () => {
  const { threads } = parseOptions(benchCommand.options, []);
  assertEquals(threads, navigator.hardwareConcurrency);
});

Deno.test("deno task bench refuses at once what it cannot do", () =>
  inFolder(async (cwd) => {
    await refuse(cwd, 2, /--cases/, "--cases", "all");
    await refuse(cwd, 1, /"KT" in their name: --cases cifar has WRN-16-1; WRN/, "--only", "KT");
    await refuse(cwd, 2, /--precision/, "--precision", "float16");
    await refuse(cwd, 2, /--epoch-images has no effect without --epoch/, "--epoch-images", "640");
    await refuse(cwd, 2, /--rounds has no effect with --quick/, "--quick", "--rounds", "4");
    await refuse(cwd, 2, /--cases has no effect with --gpu/, "--gpu", "--cases", "none");
    await refuse(cwd, 1, /nowhere/, "--images", "nowhere");
    await refuse(cwd, 1, /Cannot find CIFAR-10 in here/, "--epoch", "--dataroot", "here");
    await refuse(cwd, 1, /Cannot write here\/times\.json: no such/, "--out", "here/times.json");
    await Deno.writeTextFile(join(cwd, "file"), "");
    await refuse(cwd, 1, /Cannot write file/, "--growth", "file");
  }));
