/**
 * Tests of `deno task bench` as a user runs it, with few steps and without PyTorch.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { inFolder } from "../folders.ts";
import { long } from "../long.ts";
import { taskRunner } from "./command.ts";

const { refuse, succeed } = taskRunner("bench");
const alone = ["--python", "no-such-python", "--rounds", "1", "--steps", "1"];

long.test("deno task bench times the steps and the loop, and writes all of it as JSON", () =>
  inFolder(async (cwd) => {
    const { out, err } = await succeed(cwd, ...alone, "--out", "times.json", "--threads", "2");
    assertMatch(out, /2 threads, float32/);
    assertMatch(out, /Deno [\d.]+, TensorFlow [\d.]+ on the CPU/);
    assertMatch(out, /\| step, float32 \| program \| median ms \| min \| max \| ours \/ it \|/);
    assertMatch(out, /\| WRN-16-1 \| ours \| [\d.]+ \| [\d.]+ \| [\d.]+ \| 1.00 \|/);
    assertStringIncludes(err, "note: no PyTorch beside");
    const report = JSON.parse(await Deno.readTextFile(join(cwd, "times.json")));
    assertEquals(Object.keys(report.milliseconds), ["WRN-16-1", "WRN-16-1 <- WRN-16-2, AT+KD"]);
    assertEquals(report.milliseconds["WRN-16-1"].ours.length, 1);
    assertEquals([report.precision, report.threads, report.pytorch], ["float32", 2, null]);
    assert(report.loop["bare step"].length > 0);
  }));

long.test("deno task bench holds a step and its convolutions against a matrix product", () =>
  inFolder(async (cwd) => {
    const flags = ["--cases", "none", "--efficiency"];
    const { out } = await succeed(cwd, ...alone, ...flags, "--out", "times.json");
    assertMatch(out, /\| 2048-cubed matrix product \| 8.6 \|.*\| 1.00 \|/);
    assertMatch(out, /\| 4 of 3x3, 16 to 16 at 32x32 \| [\d.]+ \| [\d.]+ \| [\d.]+ \|/);
    assertMatch(out, /\| 1 of 3x3, 3 to 16 at 32x32 \| [\d.]+ \| - \| [\d.]+ \|/);
    const { efficiency, threads } = JSON.parse(await Deno.readTextFile(join(cwd, "times.json")));
    assertEquals(threads, navigator.hardwareConcurrency);
    assert(efficiency["WRN-16-1, the whole step"].efficiency > 0);
  }));

Deno.test("deno task bench refuses at once what it cannot do", () =>
  inFolder(async (cwd) => {
    await refuse(cwd, 2, /--cases/, "--cases", "all");
    await refuse(cwd, 2, /--precision/, "--precision", "float16");
    await refuse(cwd, 1, /Cannot find CIFAR-10 in here/, "--epoch", "--dataroot", "here");
    await refuse(cwd, 1, /Cannot write here\/times\.json: no such/, "--out", "here/times.json");
    await Deno.writeTextFile(join(cwd, "file"), "");
    await refuse(cwd, 1, /Cannot write file/, "--growth", "file");
  }));
