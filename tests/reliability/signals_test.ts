/**
 * That whatever process of a run a signal ends, the run ends in good order and nothing is left running;
 * and that a run goes on whose terminal or whose reader is gone.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { useTensorFlow } from "../../lib/backend/use_tensorflow.ts";
import { stepsKept } from "../../lib/train/checkpoint.ts";
import { inFolder } from "../folders.ts";
import { long } from "../long.ts";
import { cifarHere } from "../tasks/in_process.ts";
import {
  endAndResume,
  lossesOfWhole,
  programOf,
  type Started,
  startRun,
  type Try,
  untilGone,
} from "./signal_tries.ts";

await useTensorFlow();

const ignore = Deno.build.os !== "linux";
const network = ["--dataset", "CIFAR10-sample", "--depth", "10", "--width", "0.25"];
const longRun = [...network, "--batch-size", "50", "--log-steps", "--epochs", "1000"];

const tries: Try[] = [
  { target: "deno task", signal: "SIGHUP" },
  { target: "deno task", signal: "SIGKILL" },
  { target: "launcher", signal: "SIGHUP" },
  { target: "launcher", signal: "SIGINT" },
  { target: "launcher", signal: "SIGQUIT" },
  { target: "launcher", signal: "SIGKILL" },
  { target: "program", signal: "SIGHUP" },
];

async function stepsOf(cwd: string): Promise<number> {
  const text = await Deno.readTextFile(join(cwd, "run", "steps.txt")).catch(() => "");
  return text.split("\n").length - 1;
}

/** Waits until the run in `run` has done so many steps. */
async function untilStep(cwd: string, steps: number, run: Started): Promise<void> {
  while (await stepsOf(cwd) < steps) {
    assert(run.processes().length > 1, run.said());
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

long.test(
  "a run ends in good order, whichever of its processes a signal ends, and goes on exactly",
  {
    ignore,
  },
  () =>
    inFolder(async (folder) => {
      const whole = join(folder, "whole");
      await Deno.mkdir(whole);
      const losses = await lossesOfWhole(whole, 30);
      const here = async (cwd: string, args: string[]) =>
        void await cifarHere.succeed(cwd, ...args);
      for (const [i, one] of tries.entries()) {
        const cwd = join(folder, String(i));
        await Deno.mkdir(cwd);
        await endAndResume(cwd, one, {
          ...{ steps: 30, after: (run) => untilStep(cwd, 3, run) },
          ...(i > 0 && { resume: here }), // the first as a user does
        });
        assertEquals(await Deno.readTextFile(join(cwd, "run", "steps.txt")), losses);
      }
    }),
);

long.test("a run under nohup goes on when its terminal is closed, and ends when it is asked to", {
  ignore,
}, () =>
  inFolder(async (cwd) => {
    const shell = ["bash", "-c", 'nohup "$@"', "bash"];
    const run = startRun(cwd, [...longRun, "--save", "run"], shell);
    const processes = await programOf(run);
    await untilStep(cwd, 2, run);
    for (const pid of processes) Deno.kill(pid, "SIGHUP");
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await untilStep(cwd, await stepsOf(cwd) + 5, run);
    assertEquals(run.processes(), processes);
    Deno.kill(processes[1]!, "SIGTERM");
    assertEquals((await run.child.status).code, 143);
    await untilGone(processes);
    const [kept] = await stepsKept(join(cwd, "run"));
    assert(kept! > 5, `a checkpoint of step ${kept}`);
    assert(!run.said().includes("error"), run.said());
  }));

/** Runs a task with its output sent by a shell. */
async function through(cwd: string, redirection: string, ...args: string[]) {
  const { args: words } = commandLine(args);
  const script = `"$0" "$@" ${redirection}`;
  const { code, stdout, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-c", script, Deno.execPath(), ...words],
    cwd,
    env: { NO_COLOR: "1", INIT_CWD: cwd },
    stdin: "null",
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out: out!, err: err! };
}

function commandLine(args: readonly string[]): { args: string[] } {
  const config = new URL("../../deno.json", import.meta.url).pathname;
  return { args: ["task", "--quiet", "--config", config, ...args] };
}

const short = [...network, "--batch-size", "100", "--max-steps", "2", "--save", "run"];
const kept = ["checkpoint", "curves.svg", "log.txt", "model.safetensors"];

function assertIsWhole(cwd: string): void {
  const names = [...Deno.readDirSync(join(cwd, "run"))].map(({ name }) => name);
  assertEquals(names.filter((name) => kept.includes(name)).sort(), kept);
}

for (
  const [what, redirection] of [
    ["reader of standard error goes away", "2>&1 >out.txt | head -n 1"],
    ["standard error leads to a full device", "2>/dev/full"],
  ] as const
) {
  long.test(`a run whose ${what} goes on to its end`, { ignore }, () =>
    inFolder(async (cwd) => {
      const { code, out, err } = await through(cwd, redirection, "cifar", ...short);
      assertEquals(code, 0, out + err);
      assertIsWhole(cwd);
    }));
}

long.test("a run whose standard output leads to a full device ends whole, and names it", {
  ignore,
}, () =>
  inFolder(async (cwd) => {
    const { code, err } = await through(cwd, ">/dev/full", "cifar", ...short);
    assertEquals(code, 1, err);
    const lines = err.split("\n").filter((line) => line.startsWith("error"));
    assertEquals(lines.length, 1, err);
    assertMatch(lines[0]!, /^error: Cannot write to standard output: no space left on device; /);
    assertIsWhole(cwd);
  }));

Deno.test("a help that cannot be written is one line; a reader of it that goes away is none", {
  ignore,
}, () =>
  inFolder(async (cwd) => {
    for (const task of ["cifar", "ok"]) {
      const full = await through(cwd, ">/dev/full", task, "--help");
      assertEquals(full.code, 1);
      assertMatch(full.err, /^error: Cannot write to standard output: no space .*\n$/);
    }
    const gone = await through(cwd, "| head -n 1", "cifar", "--help");
    assertEquals(gone.err, "");
    assertStringIncludes(gone.out, "Usage: deno task cifar");
  }));
