/**
 * That a run whose disk, data or memory fails ends with one line, and that its folder can be gone on
 * from.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { useTensorFlow } from "../../lib/backend/use_tensorflow.ts";
import { checkpointPath, loadCheckpoint, stepsKept } from "../../lib/train/checkpoint.ts";
import { readStats } from "../../tasks/run/run_log.ts";
import { inFolder, namesIn } from "../folders.ts";
import { wideResNet } from "../../models/wide_resnet.ts";
import { saveNetwork } from "../../lib/networks/network.ts";
import { canMount, withSmallDisk } from "../lib/provision/small_disk.ts";
import { childrenOf, limitMemory } from "../processes.ts";
import { long } from "../long.ts";
import { cifarHere } from "../tasks/in_process.ts";
import { type Ended, runTask, startTraining, type TrainingProcess } from "./training_process.ts";

await useTensorFlow();

const network = ["--dataset", "CIFAR10-sample", "--depth", "10", "--width", "0.25"];
const run = [...network, "--batch-size", "100", "--epochs", "2", "--log-steps"];

/** Writes the first parameters of a network, as if it had been trained. */
async function makeNetwork(path: string, width: number): Promise<void> {
  const network = { depth: 10, width, numClasses: 10 };
  await saveNetwork(path, wideResNet(network).init(1), { ...network, normalization: "paper" });
}

/** A run that ended with this exit code and one line, and no stack. */
function assertOneLine({ code, signal, err }: Ended, message: RegExp): void {
  assertEquals([code, signal], [1, null], err);
  const lines = err.split("\n").filter((line) => line.startsWith("error"));
  assertEquals(lines.length, 1, err);
  assertMatch(lines[0]!, message);
  assert(!/^ {4}at /m.test(err), `a stack trace: ${err}`);
}

/** Waits until the folder of a run is so; fails where the run ends before. */
async function until(
  { ended }: TrainingProcess,
  condition: () => Promise<boolean>,
): Promise<void> {
  while (!await condition()) {
    const pause = new Promise<void>((resolve) => setTimeout(resolve, 10));
    assertEquals(await Promise.race([ended, pause]), undefined, "it ended too soon");
  }
}

/** The parameters and the losses that a run left. */
function resultOf(folder: string): (string | Uint8Array)[] {
  return [
    Deno.readTextFileSync(join(folder, "steps.txt")),
    Deno.readFileSync(join(folder, "model.safetensors")),
  ];
}

const mounts = await canMount();

long.test({
  name: "deno task cifar on a disk that gets full ends with a line, and goes on when there is room",
  ignore: !mounts,
  fn: () =>
    inFolder((whole) =>
      withSmallDisk(1000, async (cwd, disk) => {
        const much = ["--checkpoint-every", "1", "--keep", "1000"];
        const full = await runTask({ cwd, args: [...run, ...much, "--save", "run"] });
        assertOneLine(full, /^error: Cannot write run.*: no space left on device; .* is whole: /);
        const { position, damaged } = await loadCheckpoint(join(cwd, "run"));
        assertStringIncludes(
          full.err,
          `checkpoint-${position.steps}.safetensors is whole: continue from it`,
        );
        assertEquals(damaged, []);
        assert(position.steps > 5 && position.steps < 40, `${position.steps} steps`);

        await disk.resize(4000);
        await cifarHere.succeed(cwd, "--resume", "run", "--keep", "1");
        assertEquals(await stepsKept(join(cwd, "run")), [40]);
        await cifarHere.succeed(whole, ...run, "--save", "run");
        assertEquals(resultOf(join(cwd, "run")), resultOf(join(whole, "run")));
      })
    ),
});

Deno.test({
  name: "deno task cifar on a disk without room says so before the first step",
  ignore: !mounts,
  fn: () =>
    withSmallDisk(32, async (cwd) => {
      const ended = await runTask({ cwd, args: [...run, "--save", "run"] });
      assertOneLine(ended, /^error: Cannot write run.*: no space left on device$/);
    }),
});

Deno.test({
  name: "deno task cifar refuses a read-only disk, and leaves the run on it as it is",
  ignore: !mounts,
  fn: () =>
    withSmallDisk(2000, async (cwd, disk) => {
      const first = await runTask({ cwd, args: [...run, "--max-steps", "3", "--save", "run"] });
      assertEquals(first.code, 0, first.err);
      const before = namesIn(join(cwd, "run"));
      await disk.readOnly(true);
      for (const args of [["--resume", "run"], [...run, "--save", "other"]]) {
        const ended = await runTask({ cwd, args });
        assertOneLine(ended, /^error: Cannot write to the run folder .*: read-only file system;/);
      }
      await disk.readOnly(false);
      assertEquals(namesIn(join(cwd, "run")), before);
      assertEquals((await loadCheckpoint(join(cwd, "run"))).position.steps, 3);
    }),
});

long.test("deno task cifar goes on from the checkpoint before one that is damaged, to the same end", () =>
  inFolder(async (cwd) => {
    const parts = ["--checkpoint-every", "5", "--max-steps", "13", "--save", "parts"];
    await cifarHere.succeed(cwd, ...run, ...parts);
    assertEquals(await stepsKept(join(cwd, "parts")), [13, 10]);
    const newest = checkpointPath(join(cwd, "parts"), 13);
    const bytes = await Deno.readFile(newest);
    await Deno.writeFile(newest, bytes.with(20_000, bytes[20_000]! ^ 4));

    const rest = await runTask({ cwd, args: ["--resume", "parts"] });
    assertEquals(rest.code, 0, rest.err);
    assertMatch(rest.err, /^note: passed over parts.*checkpoint-13\.safetensors: its checksum/m);
    assertMatch(rest.err, /^resumed after 10 steps/m);
    await cifarHere.succeed(cwd, ...run, "--save", "whole");
    assertEquals(resultOf(join(cwd, "parts")), resultOf(join(cwd, "whole")));
    const epochs = (await readStats(join(cwd, "parts"))).map(({ epoch }) => epoch);
    assertEquals(epochs, [0.65, 1, 2]);
  }));

long.test("deno task cifar leaves a folder alone in which another process trains", () =>
  inFolder(async (cwd) => {
    const long = ["--checkpoint-every", "1", "--epochs", "1000", "--save", "run"];
    const first = startTraining({ cwd, args: [...run, ...long] });
    const folder = join(cwd, "run");
    await until(first, async () => (await stepsKept(folder)).length > 0);
    const second = await runTask({ cwd, args: ["--resume", "run"] });
    assertOneLine(second, /^error: Cannot train in run: another process is training there; /);
    first.kill("SIGKILL");
    assertEquals((await first.ended).signal, "SIGKILL");

    const { position } = await loadCheckpoint(folder);
    const more = ["--resume", "run", "--max-steps", String(position.steps + 1)];
    await cifarHere.succeed(cwd, ...more);
  }));

long.test("deno task imagenet whose images are removed while it runs ends with a line, and goes on", () =>
  inFolder(async (cwd) => {
    const images = join(cwd, "images");
    for (const name of ["train/a", "train/b", "val/a", "val/b"]) {
      await Deno.mkdir(join(images, name), { recursive: true });
      for (let i = 0; i < 40; i++) {
        const picture = new URL("../fixtures/images/colour.jpg", import.meta.url);
        await Deno.copyFile(fromFileUrl(picture), join(images, name, `${i}.jpg`));
      }
    }
    const args = [
      ...["--imagenetpath", "images", "--width", "0.0625", "--image-size", "40"],
      ...["--resize", "44", "--batch-size", "2", "--epochs", "50", "--save", "run"],
    ];
    const process = startTraining({ cwd, task: "imagenet", args });
    await until(
      process,
      async () => (await readStats(join(cwd, "run")).catch(() => [])).length > 0,
    );
    await Deno.rename(images, join(cwd, "elsewhere"));
    assertOneLine(
      await process.ended,
      /^error: Cannot read the images in .* is gone; put it back; /,
    );
    const { position } = await loadCheckpoint(join(cwd, "run"));
    assert(position.steps >= 40, `${position.steps} steps`);

    await Deno.rename(join(cwd, "elsewhere"), images);
    const more = ["--resume", "run", "--max-steps", String(position.steps + 1)];
    const rest = await runTask({ cwd, task: "imagenet", args: more });
    assertEquals(rest.code, 0, rest.err);
  }));

long.test("deno task cifar tells of a loss that is not finite, and keeps the checkpoint before", () =>
  inFolder(async (cwd) => {
    const args = [...run, "--checkpoint-every", "1", "--lr", "1e25"];
    const ended = await runTask({ cwd, args: [...args, "--save", "run"] });
    assertOneLine(ended, /^error: .* at step 2 \(epoch 1\).*; .*-1\.safetensors is whole/);
    // With other kernels other numbers are the first that are too large.
    assertMatch(ended.err, /the gradients of (conv0, .*|all 26 parameters) are not finite/);
    const { state } = await loadCheckpoint(join(cwd, "run"));
    for (const tensor of Object.values(state.params)) {
      assert(tensor.dataSync().every(Number.isFinite));
    }

    const skipping = await runTask({ cwd, args: [...args, "--on-nan", "skip", "--save", "other"] });
    assertOneLine(skipping, /^error: Cannot go on training: /);
    assertEquals(namesIn(join(cwd, "other")).includes("model.safetensors"), false);
  }));

/**
 * A network whose first maps take 0.7 GB at most, workspaces included, and those of the first group
 * 2.1 GB each. With 1.5 GB more than the process has, these fail, and there is room for all that is
 * small, whose lack nobody could tell. One thread computes one map at a time.
 */
const large = { width: 16, batchSize: 2000 };
const roomForIt = 1.5e9;
const oneThread = ["--threads", "1", "--batch-size", String(large.batchSize), "--save", "run"];
const largeStep = [...run.slice(0, 4), "--width", String(large.width), ...oneThread];

long.test({
  name: "deno task cifar without memory for a step names the tensor, and can be resumed",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (cwd) => {
      const env = { TF_ENABLE_ONEDNN_OPTS: "0" }; // see the next test
      const process = startTraining({ cwd, args: largeStep, env });
      await process.says("student:");
      await limitMemory(process.pid, roomForIt);
      const message =
        /^error: Cannot go on: there is no memory for a tensor of shape \[.*\], .* GB; use a smaller --batch-size; .*checkpoint-0\.safetensors is whole/;
      assertOneLine(await process.ended, message);
      assertEquals((await loadCheckpoint(join(cwd, "run"))).position.steps, 0);
    }),
});

long.test({
  name: "deno task cifar without memory to keep what a teacher shows says what helps",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (cwd) => {
      await makeNetwork(join(cwd, "teacher.safetensors"), large.width);
      const args = [
        ...[...network, ...oneThread, "--randomcrop-pad", "0", "--alpha", "0.9"],
        ...["--teacher-id", "teacher.safetensors", "--cache-teacher"],
      ];
      const process = startTraining({ cwd, args, env: { TF_ENABLE_ONEDNN_OPTS: "0" } });
      await process.says("teacher: keeping");
      await limitMemory(process.pid, roomForIt);
      const message =
        /^error: Cannot go on: there is no memory for a tensor of .* GB; use a smaller --batch-size$/;
      assertOneLine(await process.ended, message);
    }),
});

// oneDNN's convolutions do not look whether they were given memory, and the process crashes.
long.test({
  name:
    "deno task cifar whose convolution crashes without memory says what to do, and can be resumed",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (cwd) => {
      const process = startTraining({ cwd, args: largeStep, launched: true });
      await process.says("student:");
      await limitMemory(childrenOf(process.pid)[0]!, roomForIt);
      const { code, err } = await process.ended;
      assert(code !== 0, err);
      assertMatch(err, /^error: .* memory .*--batch-size.*\n$/m);
      assertEquals((await loadCheckpoint(join(cwd, "run"))).position.steps, 0);
    }),
});
