/**
 * Ends runs by signals to each of their processes, at random times, and sees that nothing is left
 * running, that the lock is released, and that the run goes on to the same losses as one that was never
 * ended.
 *
 * As a program: `deno run -A -c deno.nojsr.json tests/reliability/signal_tries.ts --tries 200 --seed 1`.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { randomStream } from "../../lib/random.ts";
import { stepsKept } from "../../lib/train/checkpoint.ts";
import { childrenOf, isRunning } from "../processes.ts";
import { cifarHere } from "../tasks/in_process.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));
const network = ["--dataset", "CIFAR10-sample", "--depth", "10", "--width", "0.25"];
const first = [...network, "--batch-size", "50", "--log-steps", "--max-steps"];

/** The processes of a run: `deno task`, its launcher, and the program that trains. */
export const targets = ["deno task", "launcher", "program"] as const;
/** What ends a process, or asks it to end. */
export const signals = ["SIGHUP", "SIGINT", "SIGTERM", "SIGQUIT", "SIGKILL"] as const;

/** A signal, and who gets it. */
export interface Try {
  target: typeof targets[number];
  signal: typeof signals[number];
}

/** A run as a user starts it, with standard error in a file. */
export interface Started {
  child: Deno.ChildProcess;
  /** All of its processes that there are at the moment, `deno task` first. */
  processes(): number[];
  /** What it has written to standard error. */
  said(): string;
}

/** Starts `deno task cifar` in a folder, behind a command such as `nohup`. */
export function startRun(cwd: string, args: readonly string[], behind: string[] = []): Started {
  const [program, ...words] = [
    ...[...behind, Deno.execPath(), "task", "--quiet", "--config", join(root, "deno.json")],
    ...["cifar", ...args],
  ];
  const err = join(cwd, "err.txt");
  // A file, for a pipe would be closed with the process that is awaited.
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", 'exec "$@" 2>"$0"', err, program!, ...words],
    cwd,
    env: { NO_COLOR: "1", INIT_CWD: cwd },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const family = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(family)];
  return {
    child,
    processes: () => family(child.pid),
    said: () => Deno.readTextFileSync(err),
  };
}

/** The program that trains, once it is there: the last of a row of three. */
export async function programOf(run: Started): Promise<number[]> {
  for (;;) {
    const processes = run.processes();
    const program = processes[2];
    if (program !== undefined && commandOf(program).includes("tasks/cifar.ts")) return processes;
    await pause(5);
  }
}

/** Waits until none of the processes is there. */
export async function untilGone(processes: readonly number[], seconds = 60): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (processes.some(isRunning)) {
    const left = processes.filter(isRunning).map((pid) => `${pid}: ${commandOf(pid)}`);
    assert(performance.now() < end, `still there: ${left.join("; ")}`);
    await pause(20);
  }
}

/** How to end a run and go on with it. */
export interface EndOptions {
  /** Awaited before the signal. */
  after: (run: Started) => Promise<void>;
  /** Of the whole run. */
  steps: number;
  /** Goes on with a run. Default: as a user does. */
  resume?: (cwd: string, args: string[]) => Promise<void>;
}

/** Ends one run as said, after what is awaited, and resumes it to its end. */
export async function endAndResume(
  cwd: string,
  { target, signal }: Try,
  { after, steps, resume = resumeAsUser }: EndOptions,
): Promise<{ code: number; steps: number | undefined }> {
  const run = startRun(cwd, [...first, String(steps), "--save", "run"]);
  const processes = await programOf(run);
  await after(run);
  const allRun = processes.every(isRunning);
  const pid = processes[targets.indexOf(target)]!;
  if (isRunning(pid)) Deno.kill(pid, signal);
  const { code } = await run.child.status;
  await untilGone(processes);
  const folder = join(cwd, "run");
  const [kept] = await stepsKept(folder);
  const said = run.said();
  assert(!/this is a bug|Uncaught|panicked/.test(said), said);
  const wasAsked = allRun && said.includes("ending after this step");
  if (wasAsked && kept !== steps) assert(said.includes("go on with: deno task cifar"), said);
  if (kept === undefined) return { code, steps: undefined };
  // The lock of the run is free.
  await resume(cwd, ["--resume", "run", "--max-steps", String(steps)]);
  return { code, steps: kept };
}

async function resumeAsUser(cwd: string, args: string[]): Promise<void> {
  const run = startRun(cwd, args);
  assertEquals((await run.child.status).code, 0, run.said());
}

/** The losses of all steps of a run that nobody ends, in this process. */
export async function lossesOfWhole(cwd: string, steps: number): Promise<string> {
  await cifarHere.succeed(cwd, ...first, String(steps), "--save", "run");
  return await Deno.readTextFile(join(cwd, "run", "steps.txt"));
}

function commandOf(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`).replaceAll("\0", " ");
  } catch {
    return "";
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

if (import.meta.main) {
  const value = (flag: string, other: number) =>
    Number(Deno.args[Deno.args.indexOf(flag) + 1] ?? other) || other;
  const random = randomStream(value("--seed", 1));
  const [tries, steps] = [value("--tries", 100), value("--steps", 60)];
  const folder = await Deno.makeTempDir();
  const outcomes: Record<string, number> = {};
  try {
    const whole = join(folder, "whole");
    await Deno.mkdir(whole);
    const start = performance.now();
    const losses = await lossesOfWhole(whole, steps);
    const length = performance.now() - start;
    for (let i = 0; i < tries; i++) {
      const cwd = join(folder, String(i));
      await Deno.mkdir(cwd);
      const one = { target: targets[i % 3]!, signal: signals[Math.floor(i / 3) % 5]! };
      const delay = random.uniform() * length;
      const ended = await endAndResume(cwd, one, { after: () => pause(delay), steps });
      if (ended.steps !== undefined) {
        assertEquals(await Deno.readTextFile(join(cwd, "run", "steps.txt")), losses);
      }
      const outcome = `${one.signal} to ${one.target}: ${
        ended.steps === undefined ? "before the first checkpoint" : "resumed"
      }, exit code ${ended.code}`;
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      console.log(`${i + 1}: after ${(delay / 1000).toFixed(2)} s, ${outcome}, ${ended.steps}`);
      await Deno.remove(cwd, { recursive: true });
    }
    console.log(JSON.stringify(outcomes, null, 1));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
