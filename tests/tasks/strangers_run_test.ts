/**
 * What a run folder from a stranger can do to a user who resumes it.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { useTensorFlow } from "../../lib/backend/use_tensorflow.ts";
import { checkpointPath, loadCheckpoint, saveCheckpoint } from "../../lib/train/checkpoint.ts";
import { startPosition } from "../../lib/train/position.ts";
import type { Json } from "../../lib/json.ts";
import { inFolder, makePipe, namesIn } from "../folders.ts";
import { taskRunner } from "./command.ts";
import { cifarHere } from "./in_process.ts";
import { long } from "../long.ts";

await useTensorFlow();

const { refuse, succeed } = cifarHere;

/** Runs a test with a run that has one checkpoint with these options. */
function withRun(
  options: Record<string, Json>,
  test: (cwd: string) => Promise<void>,
): Promise<void> {
  return inFolder(async (cwd) => {
    const state = { params: {}, buffers: {} };
    const position = startPosition();
    await saveCheckpoint(join(cwd, "run"), { state, position, options, engine: "none" });
    await test(cwd);
    assertEquals(namesIn(cwd), ["run"]);
  });
}

const wrong: [name: string, value: Json][] = [
  ["epoch_step", 5],
  ["at_map", 5],
  ["depth", 999999994],
  ["dataroot", { toString: 1 }],
];

for (const [name, value] of wrong) {
  Deno.test(`deno task cifar refuses a checkpoint whose ${name} is ${JSON.stringify(value)}`, () =>
    withRun({ dataset: "CIFAR10-sample", [name]: value }, async (cwd) => {
      const message = new RegExp(
        `^error: Cannot use the options in the checkpoint of run: ${name} must be .*, not .*; it is`,
      );
      await refuse(cwd, 1, message, "--resume", "run");
      await refuse(cwd, 1, message, "--evaluate", "--resume", "run");
    }));
}

Deno.test("deno task cifar fetches nothing into a folder that only a checkpoint names", () =>
  withRun({ dataset: "CIFAR10", dataroot: "elsewhere" }, async (cwd) => {
    const message =
      /^error: Cannot find CIFAR10 in elsewhere: nothing is fetched into .*; give it with --dataroot elsewhere/;
    await taskRunner("cifar").refuse(cwd, 1, message, "--resume", "run");
    await taskRunner("cifar").refuse(cwd, 1, message, "--evaluate", "--resume", "run");
  }));

Deno.test({
  name: "deno task cifar does not wait for a pipe in place of a checkpoint",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withRun({}, async (cwd) => {
      const path = checkpointPath(join(cwd, "run"), 0);
      await Deno.remove(path);
      using _pipe = await makePipe(path);
      await refuse(cwd, 1, /checkpoint-0\.safetensors: is a pipe, a socket or/, "--resume", "run");
    }),
});

long.test("deno task cifar goes on with what is possible in a checkpoint and a log, and shows no more", () =>
  inFolder(async (cwd) => {
    const run = join(cwd, "run");
    const network = "--dataset CIFAR10-sample --depth 10 --width 0.0625 --batch-size 500".split(
      " ",
    );
    await succeed(cwd, ...network, "--epochs", "1", "--save", "run");
    const { state, position, options, images } = await loadCheckpoint(run);
    const meter = { ...position.meter, skipped: 3000 };
    const tooFar = { ...position, epoch: 0, batch: 3000, steps: 3000, meter };
    await saveCheckpoint(run, { state, position: tooFar, options, engine: "none", images });
    const message = /^error: Cannot resume from .*: 3000 steps of an epoch are done, which has 4: /;
    await refuse(cwd, 1, message, "--resume", "run");

    await Deno.remove(checkpointPath(run, 3000));
    const engine = "evil\u001b[31m\nerror: injected";
    await saveCheckpoint(run, { state, position, options, engine, images });
    const stats = { epoch: 0, train_loss: 0, test_loss: 0, train_acc: 0, test_acc: 0 };
    const line = `json_stats: ${JSON.stringify({ ...stats, skipped_steps: { toString: 1 } })}\n`;
    const log = await Deno.readTextFile(join(run, "log.txt"));
    await Deno.writeTextFile(join(run, "log.txt"), line + log);
    const { err } = await succeed(cwd, "--resume", "run", "--epochs", "2");
    assertMatch(err, /^note: engine was evil\ufffd\[31m\ufffderror: injected and is /m);
  }));

Deno.test("deno task cifar makes no network that the checkpoint's parameters are not of", () =>
  inFolder(async (cwd) => {
    const run = join(cwd, "run");
    // Takes 300 GB: initialising it would exceed the memory of any machine, and take hours.
    const options = { dataset: "CIFAR10-sample", depth: 1000, width: 100 };
    const empty = tf.zeros([3, 3, 0, 6400]);
    const state = {
      params: { "conv0": tf.zeros([3, 3, 3, 16]), "group0.block0.conv0": empty },
      buffers: {},
    };
    const position = startPosition();
    await saveCheckpoint(run, { state, position, options, engine: "none" });
    const message =
      /^error: Cannot use the checkpoint of run: it has no group0\.block0\.bn0\.weight \[16\]; check/m;
    await refuse(cwd, 1, message, "--resume", "run");
  }));

Deno.test("deno task cifar says what to give in place of a file to resume", () =>
  withRun({ dataset: "CIFAR10-sample" }, async (cwd) => {
    const file = join("run", "checkpoint", "checkpoint-0.safetensors");
    const message = /^error: Cannot resume .*: it is a file, .*; give --resume run, or start a new/;
    await refuse(cwd, 1, message, "--resume", file);
    await Deno.copyFile(join(cwd, file), join(cwd, "run", "model.safetensors"));
    await refuse(cwd, 1, message, "--resume", join("run", "model.safetensors"));
    await refuse(cwd, 1, message, "--evaluate", "--resume", join("run", "model.safetensors"));
  }));
