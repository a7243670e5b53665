/**
 * What happens to a run of two workers when a worker or the launcher is killed, stopped or interrupted.
 *
 * As a program, each fault so many times, at random moments:
 * `deno run -A -c deno.nojsr.json tests/reliability/worker_faults.ts 20`; with names after the number, only those.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { randomStream } from "../../lib/random.ts";
import { stepsKept } from "../../lib/train/checkpoint.ts";
import { inFolder } from "../folders.ts";
import { childrenOf, isRunning } from "../processes.ts";
import { cifarHere } from "../tasks/in_process.ts";
import { runTask, startTraining, type TrainingProcess } from "./training_process.ts";

/** A run of two workers in training, and the processes of its workers by rank. */
interface Started {
  cwd: string;
  process: TrainingProcess;
  workers: readonly number[];
}

/** Causes a fault and checks what follows. */
type Fault = (run: Started) => Promise<void>;

const args: readonly string[] = [
  ...["--dataset", "CIFAR10-sample", "--depth", "10", "--width", "0.25", "--batch-size", "20"],
  ...["--epochs", "100", "--save", "run", "--workers", "2", "--worker-timeout", "4"],
];

/** A worker gets a signal: both end, and one process goes on from the checkpoint. */
function loses(rank: number, signal: Deno.Signal, message: RegExp): Fault {
  return async ({ cwd, process, workers }) => {
    Deno.kill(workers[rank]!, signal);
    const { code, err } = await process.ended;
    assert(code !== 0, err);
    assertMatch(err, message);
    assertEnded(workers);
    await goesOn(cwd, err);
  };
}

/** Worker 1 is killed as it starts, and in training: each time the run starts again by itself. */
const restarts: Fault = async ({ process, workers }) => {
  Deno.kill(workers[1]!, "SIGKILL");
  await process.says("note: restart 1 of 2\n");
  await process.says("epoch 1/100: ");
  Deno.kill((await workersOf(process))[1]!, "SIGKILL");
  const { code, err, out } = await process.ended;
  assertEquals(code, 0, err);
  assertMatch(err, /^note: restart 2 of 2$/m);
  assertMatch(out, /^epoch 2: train loss/m);
};

const withRestarts = [
  ...["--restarts", "2", "--max-steps", "200", "--checkpoint-every", "20", "--recipe", "paper"],
];

/** A fault, and how its run differs from the others. */
interface Case {
  fault: Fault;
  options?: readonly string[];
  /** True if the fault may come before the first step. */
  early?: boolean;
}

const table: Readonly<Record<string, Case>> = {
  "a killed worker": { fault: loses(1, "SIGKILL", /^error: worker 1 was ended by SIGKILL/m) },
  "the first worker killed": {
    fault: loses(0, "SIGKILL", /^error: worker 0 was ended by SIGKILL/m),
  },
  "a stopped worker": {
    fault: loses(
      1,
      "SIGSTOP",
      /^error: Cannot go on training: worker 1 \(127\.0\.0\.1:\d+\) is gone/m,
    ),
  },
  "the first worker stopped": {
    fault: loses(
      0,
      "SIGSTOP",
      /^worker 1: error: Cannot go on training: worker 0 \(127\.0\.0\.1:\d+\) is gone/m,
    ),
  },
  "Ctrl-C": {
    fault: async ({ cwd, process, workers }) => {
      Deno.kill(process.pid, "SIGINT");
      const { code, err } = await process.ended;
      assertEquals(code, 130, err);
      assertMatch(err, /^stopped; go on with: deno task cifar --resume run$/m);
      assertEnded(workers);
      await goesOn(cwd, err, 2);
    },
  },
  "a killed launcher": {
    fault: async ({ process, workers }) => {
      Deno.kill(process.pid, "SIGKILL");
      await process.ended;
      for (let i = 0; i < 200 && workers.some(isRunning); i++) await sleep(100);
      assertEnded(workers);
    },
  },
  "workers killed as they start and later, with --restarts": {
    fault: restarts,
    options: withRestarts,
    early: true,
  },
};

/** The names of all faults. */
export const workerFaults: readonly string[] = Object.keys(table);

/**
 * Causes a fault `delay` milliseconds after the first epoch began, or where it may come earlier, after
 * the workers began, and checks what follows.
 */
export async function causeFault(name: string, delay: number): Promise<void> {
  const { fault, options = [], early = false } = table[name]!;
  await inFolder(async (cwd) => {
    const process = startTraining({ cwd, args: [...args, ...options], launched: true });
    if (!early) await process.says("epoch 1/100: ");
    const workers = await workersOf(process);
    await sleep(delay);
    await fault({ cwd, process, workers });
  });
}

/** Resumes the run for two steps, in this process or in several others. */
async function goesOn(cwd: string, told: string, workers?: number): Promise<void> {
  const [steps] = await stepsKept(join(cwd, "run"));
  assert(steps! > 0, told);
  const more = ["--resume", "run", "--max-steps", String(steps! + 2)];
  const { code, err } = workers === undefined
    ? await cifarHere.run(cwd, ...more)
    : await runTask({ cwd, args: [...more, "--workers", String(workers)], launched: true });
  assertEquals(code, 0, err);
  assertMatch(err, new RegExp(`^resumed after ${steps} steps`, "m"));
  assertEquals((await stepsKept(join(cwd, "run")))[0], steps! + 2);
}

function assertEnded(workers: readonly number[]): void {
  for (const pid of workers) assert(!isRunning(pid), `worker ${pid} still runs`);
}

/** The processes of both workers, in the order of their ranks, once both run. */
async function workersOf({ pid, ended }: TrainingProcess): Promise<number[]> {
  let end: string | undefined;
  ended.then(({ err }) => end = err);
  for (;;) {
    const found = descendants(pid).flatMap((pid): [number, number][] => {
      const [, rank] = environmentOf(pid).match(/ATTENTION_TRANSFER_WORKER=\{.*"rank":(\d+)/) ?? [];
      return rank === undefined ? [] : [[Number(rank), pid]];
    });
    if (found.length === 2) return found.toSorted(([a], [b]) => a - b).map(([, pid]) => pid);
    assert(end === undefined, `the run ended before its fault: ${end}`);
    await sleep(50);
  }
}

/** All processes below this one. */
function descendants(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendants(child)]);
}

/** Empty if the process has just ended. */
function environmentOf(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/environ`);
  } catch {
    return "";
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

if (import.meta.main) {
  const times = Number(Deno.args[0] ?? 20);
  const random = randomStream(times);
  const names = Deno.args.slice(1);
  for (const name of names.length > 0 ? names : workerFaults) {
    for (let i = 1; i <= times; i++) {
      const delay = Math.round(1500 * random.uniform());
      await causeFault(name, delay);
      console.log(`${name}: ${i} of ${times} as expected, after ${delay} ms`);
    }
  }
}
