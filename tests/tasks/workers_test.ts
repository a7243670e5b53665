/**
 * Tasks in several processes, started as a user does.
 *
 * @module
 */
import "@tensorflow/tfjs";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { stepsKept } from "../../lib/train/checkpoint.ts";
import { loadParams } from "../../lib/formats/weights.ts";
import { type EpochStats, readStats } from "../../tasks/run/run_log.ts";
import { inFolder } from "../folders.ts";
import { long } from "../long.ts";
import { childrenOf } from "../processes.ts";
import { startTraining, type TrainingProcess } from "../reliability/training_process.ts";
import { taskRunner } from "./command.ts";

const { succeed, refuse } = taskRunner("cifar");
const sample = ["--dataset", "CIFAR10-sample", "--depth", "10", "--width", "0.25"];

/** All processes below this one. */
function descendants(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendants(child)]);
}

/** The worker processes of a launcher, in the order of their ranks, once all run. */
async function workersOf({ pid }: TrainingProcess, count: number): Promise<number[]> {
  for (;;) {
    const found = descendants(pid).flatMap((pid): [number, number][] => {
      const variables = Deno.readTextFileSync(`/proc/${pid}/environ`);
      const [, rank] = variables.match(/ATTENTION_TRANSFER_WORKER=\{.*"rank":(\d+)/) ?? [];
      return rank === undefined ? [] : [[Number(rank), pid]];
    });
    if (found.length === count) {
      return found.toSorted(([a], [b]) => a - b).map(([, pid]) => pid);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

Deno.test("deno task cifar with two workers gives the same as one process", () =>
  inFolder(async (cwd) => {
    // The last of the three batches has one image, so that one worker has none.
    const run = [...sample, "--holdout", "1699", "--batch-size", "150", "--epochs", "1"];
    await succeed(cwd, ...run, "--save", "one");
    await succeed(cwd, ...run, "--save", "two", "--workers", "2", "--sync-batchnorm");
    const [[one], [two]] = await Promise.all(
      ["one", "two"].map((name) => readStats(join(cwd, name))),
    ) as [EpochStats[], EpochStats[]];
    for (const name of ["train_loss", "test_loss"] as const) {
      assert(Math.abs(one![name] - two![name]) < 1e-5, `${name} ${one![name]} ${two![name]}`);
    }
    assertEquals([two!.train_acc, two!.test_acc], [one!.train_acc, one!.test_acc]);
    const [a, b] = await Promise.all(
      ["one", "two"].map((name) => loadParams(join(cwd, name, "model.safetensors"))),
    );
    for (const [key, tensor] of Object.entries(a!)) {
      const values = b![key]!.dataSync();
      const close = (value: number, i: number) =>
        Math.abs(value - values[i]!) < 1e-4 * Math.max(1, Math.abs(value));
      assert(tensor.dataSync().every(close), `${key}: ${tensor.dataSync()} and ${values}`);
    }
  }));

long.test("deno task cifar --cache-teacher with two workers gives the same as one process", () =>
  inFolder(async (cwd) => {
    await succeed(cwd, ...sample, "--save", "logs/teacher", "--max-steps", "1");
    const images = ["--holdout", "1699", "--batch-size", "150", "--randomcrop-pad", "0"];
    const teacher = ["--teacher-id", "teacher", "--alpha", "0.9", "--beta", "1000"];
    const run = [...sample, ...images, ...teacher, "--epochs", "1", "--cache-teacher"];
    await succeed(cwd, ...run, "--save", "one");
    await succeed(cwd, ...run, "--save", "two", "--workers", "2", "--sync-batchnorm");
    const [[one], [two]] = await Promise.all(
      ["one", "two"].map((name) => readStats(join(cwd, name))),
    ) as [EpochStats[], EpochStats[]];
    assertEquals(Object.keys(two!.terms as object), Object.keys(one!.terms as object));
    const close = (a: number, b: number) => Math.abs(a - b) < 1e-4 * Math.abs(b);
    assert(close(two!.train_loss, one!.train_loss), `${two!.train_loss} ${one!.train_loss}`);
    assert(close(two!.at_losses[0]!, one!.at_losses[0]!), `${two!.at_losses} ${one!.at_losses}`);
  }));

const endless = [...sample, "--batch-size", "20", "--epochs", "100", "--worker-timeout", "4"];

/** What happens to a worker, and how the launcher ends. */
const faults: [what: string, rank: number, signal: Deno.Signal, message: RegExp][] = [
  ["is killed", 1, "SIGKILL", /^error: worker 1 was ended by SIGKILL/m],
  ["that is the first is killed", 0, "SIGKILL", /^error: worker 0 was ended by SIGKILL/m],
  [
    "is stopped",
    1,
    "SIGSTOP",
    /^error: Cannot go on training: worker 1 \(127\.0\.0\.1:\d+\) is gone/m,
  ],
];

for (const [what, rank, signal, message] of faults) {
  long.test({
    name: `deno task cifar leaves a checkpoint and no process when a worker ${what}`,
    ignore: Deno.build.os !== "linux",
    fn: () =>
      inFolder(async (cwd) => {
        const args = [...endless, "--save", "run", "--workers", "2"];
        const process = startTraining({ cwd, args, launched: true });
        await process.says("epoch 1/100: ");
        const workers = await workersOf(process, 2);
        Deno.kill(workers[rank]!, signal);
        const { code, err } = await process.ended;
        assert(code !== 0, err);
        assertMatch(err, message);
        for (const pid of workers) assert(!isRunning(pid), `worker ${pid} still runs`);
        const [steps] = await stepsKept(join(cwd, "run"));
        assert(steps! > 0, err);
        // With another number of workers.
        const more = ["--max-steps", String(steps! + 2), "--epochs", "100"];
        const { err: rest } = await succeed(cwd, "--resume", "run", ...more);
        assertMatch(rest, new RegExp(`resumed after ${steps} steps`));
      }),
  });
}

Deno.test({
  name: "deno task cifar with workers ends after the same step in all on Ctrl-C, and goes on",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (cwd) => {
      const args = [...endless, "--save", "run", "--workers", "2"];
      const process = startTraining({ cwd, args, launched: true });
      await process.says("epoch 1/100: ");
      const workers = await workersOf(process, 2);
      Deno.kill(process.pid, "SIGINT");
      const { code, err } = await process.ended;
      assertEquals(code, 130, err);
      assertMatch(err, /^stopped; go on with: deno task cifar --resume run$/m);
      for (const pid of workers) assert(!isRunning(pid), `worker ${pid} still runs`);
      const [steps] = await stepsKept(join(cwd, "run"));
      const more = ["--workers", "2", "--max-steps", String(steps! + 2)];
      await succeed(cwd, "--resume", "run", ...more);
      assertEquals(await stepsKept(join(cwd, "run")), [steps! + 2, steps]);
    }),
});

long.test({
  name: "deno task cifar with workers leaves no process when the launcher is killed",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (cwd) => {
      const args = [...endless, "--save", "run", "--workers", "2"];
      const process = startTraining({ cwd, args, launched: true });
      await process.says("epoch 1/100: ");
      const workers = await workersOf(process, 2);
      Deno.kill(process.pid, "SIGKILL");
      await process.ended;
      for (let i = 0; i < 200 && workers.some(isRunning); i++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      for (const pid of workers) assert(!isRunning(pid), `worker ${pid} still runs`);
    }),
});

long.test({
  name: "deno task cifar --restarts goes on from the checkpoint after a worker is killed",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (cwd) => {
      const steps = ["--max-steps", "300", "--checkpoint-every", "20"];
      const args = [...endless, "--save", "run", "--workers", "2", "--restarts", "1", ...steps];
      const process = startTraining({ cwd, args, launched: true });
      await process.says("epoch 1/100: ");
      const [, second] = await workersOf(process, 2);
      Deno.kill(second!, "SIGKILL");
      const { code, err } = await process.ended;
      assertEquals(code, 0, err);
      assertMatch(err, /^note: restart 1 of 1$/m);
      assertMatch(err, /^resumed after \d+ steps/m);
    }),
});

Deno.test("deno task cifar refuses with one line what several processes cannot do", () =>
  inFolder(async (cwd) => {
    const two = [...sample, "--workers", "2"];
    await refuse(cwd, 2, /--profile works in one process only/, ...two, "--profile", "p.json");
    await refuse(cwd, 2, /--engine cpu works in one process only/, ...two, "--engine", "cpu");
    await refuse(cwd, 2, /--restarts needs the run folder/, ...two, "--restarts", "1");
    await refuse(cwd, 2, /--sync-batchnorm needs several processes/, ...sample, "--sync-batchnorm");
    await refuse(cwd, 2, /--rank goes with --hosts only/, ...sample, "--rank", "0");
    // All workers fail alike; the user sees it once.
    await refuse(cwd, 1, /logs.nobody/, ...two, "--beta", "1", "--teacher-id", "nobody");
  }));
