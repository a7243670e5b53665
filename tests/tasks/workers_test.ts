/**
 * Tasks in several processes, started as a user does, beside one process, which is this one.
 *
 * @module
 */
import "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { useTensorFlow } from "../../lib/backend/use_tensorflow.ts";
import { loadParams } from "../../lib/formats/weights.ts";
import { type EpochStats, readStats } from "../../tasks/run/run_log.ts";
import { inFolder } from "../folders.ts";
import { long } from "../long.ts";
import { causeFault, workerFaults } from "../reliability/worker_faults.ts";
import { type TaskRunner, taskRunner } from "./command.ts";
import { makeImages } from "./image_folder.ts";
import { cifarHere } from "./in_process.ts";

await useTensorFlow();

const cifar = taskRunner("cifar");
const { refuse } = cifar;
const sample = ["--dataset", "CIFAR10-sample", "--depth", "10", "--width", "0.25"];

/** Trains an epoch in one process and with two workers, into `one` and `two`; its metrics. */
async function trainBoth(
  [alone, together]: [alone: TaskRunner, together: TaskRunner],
  cwd: string,
  ...run: string[]
): Promise<[one: EpochStats, two: EpochStats]> {
  await alone.succeed(cwd, ...run, "--save", "one");
  await together.succeed(cwd, ...run, "--save", "two", "--workers", "2", "--sync-batchnorm");
  const [one, two] = await Promise.all(["one", "two"].map((name) => readStats(join(cwd, name))));
  return [one![0]!, two![0]!];
}

Deno.test("deno task cifar with two workers gives the same as one process", () =>
  inFolder(async (cwd) => {
    // The last of the three batches has one image, so that one worker has none.
    const run = [...sample, "--holdout", "1699", "--batch-size", "150", "--epochs", "1"];
    const [one, two] = await trainBoth([cifarHere, cifar], cwd, ...run);
    for (const name of ["train_loss", "test_loss"] as const) {
      assert(Math.abs(one[name] - two[name]) < 1e-5, `${name} ${one[name]} ${two[name]}`);
    }
    assertEquals([two.train_acc, two.test_acc], [one.train_acc, one.test_acc]);
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
    await cifarHere.succeed(cwd, ...sample, "--save", "logs/teacher", "--max-steps", "1");
    const images = ["--holdout", "1699", "--batch-size", "150", "--randomcrop-pad", "0"];
    const teacher = ["--teacher-id", "teacher", "--alpha", "0.9", "--beta", "1000"];
    const run = [...sample, ...images, ...teacher, "--epochs", "1", "--cache-teacher"];
    const [one, two] = await trainBoth([cifarHere, cifar], cwd, ...run);
    assertEquals(Object.keys(two.terms as object), Object.keys(one.terms as object));
    const close = (a: number, b: number) => Math.abs(a - b) < 1e-4 * Math.abs(b);
    assert(close(two.train_loss, one.train_loss), `${two.train_loss} ${one.train_loss}`);
    assert(close(two.at_losses[0]!, one.at_losses[0]!), `${two.at_losses} ${one.at_losses}`);
  }));

long.test("deno task imagenet with two workers gives the same as one process", () =>
  inFolder(async (cwd) => {
    await makeImages(join(cwd, "images"), ["cat", "dog", "fox"]);
    const small = [
      ...["--width", "0.0625", "--image-size", "40", "--resize", "44", "--batch-size", "8"],
    ];
    const images = ["--imagenetpath", "images", "--depth", "18", "--color-jitter", "0.4"];
    const run = [...images, ...small, "--epochs", "1", "--lr", "0.001"];
    const imagenet = taskRunner("imagenet"); // which starts TensorFlow in another way
    const [one, two] = await trainBoth([imagenet, imagenet], cwd, ...run);
    for (const name of ["train_loss", "test_loss"] as const) {
      assert(Math.abs(one[name] - two[name]) < 1e-4 * one[name], `${one[name]} ${two[name]}`);
    }
    for (const name of ["train_acc", "test_acc", "test_top5"]) {
      assertEquals(two[name], one[name], name);
    }
  }));

for (const name of workerFaults) {
  const register = name === "Ctrl-C" ? Deno.test : long.test;
  register({
    name: `deno task cifar with workers leaves what it should, and no process, after ${name}`,
    ignore: Deno.build.os !== "linux",
    fn: () => causeFault(name, 0),
  });
}

Deno.test("deno task cifar refuses with one line what several processes cannot do", () =>
  inFolder(async (cwd) => {
    const two = [...sample, "--workers", "2"];
    await refuse(cwd, 2, /--profile works in one process only/, ...two, "--profile", "p.json");
    await refuse(cwd, 2, /--engine cpu works in one process only/, ...two, "--engine", "cpu");
    await refuse(cwd, 2, /--restarts needs the run folder/, ...two, "--restarts", "1");
    await refuse(cwd, 2, /--sync-batchnorm needs several processes/, ...sample, "--sync-batchnorm");
    await refuse(cwd, 2, /--restarts needs several processes/, ...sample, "--restarts", "1");
    await refuse(cwd, 2, /--rank goes with --hosts only/, ...sample, "--rank", "0");
    // All workers fail alike; the user sees it once.
    await Deno.mkdir(join(cwd, "done"));
    await Deno.writeTextFile(join(cwd, "done/model.safetensors"), "");
    await refuse(cwd, 1, /holds the results of another/, ...two, "--save", "done");
    await refuse(cwd, 1, /logs.nobody/, ...two, "--beta", "1", "--teacher-id", "nobody");
  }));
