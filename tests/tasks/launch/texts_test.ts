/** Tests of what the launcher reads from a command line. @module */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { saveCheckpoint } from "../../../lib/train/checkpoint.ts";
import { startPosition } from "../../../lib/train/position.ts";
import { cifarCommand } from "../../../tasks/cli/cifar_options.ts";
import { visualizeCommand } from "../../../tasks/cli/visualize_options.ts";
import { readTexts } from "../../../tasks/launch/texts.ts";
import { inFolder } from "../../folders.ts";
import type { Json } from "../../../lib/json.ts";

/** Two texts when a run with these options is resumed, and whether each comes only from the run. */
function resumed(options: Record<string, Json>, ...args: string[]): Promise<unknown[]> {
  let found: unknown[] = [];
  return inFolder(async (folder) => {
    const run = join(folder, "run");
    const state = { params: {}, buffers: {} };
    await saveCheckpoint(run, { state, position: startPosition(), options, engine: "none" });
    const texts = await readTexts(cifarCommand.options, ["--resume", run, ...args]);
    found = ["dataset", "dataroot"].flatMap((
      key,
    ) => [texts.text(key), texts.isFromCheckpoint(key)]);
  }).then(() => found);
}

Deno.test("readTexts() tells what only the checkpoint says from what is given or by default", async () => {
  const options = { dataset: "CIFAR100", dataroot: "/theirs" };
  assertEquals(await resumed(options), ["CIFAR100", true, "/theirs", true]);
  assertEquals(await resumed(options, "--dataroot", "/theirs"), [
    "CIFAR100",
    true,
    "/theirs",
    false,
  ]);
  assertEquals(await resumed(options, "--dataroot=mine"), ["CIFAR100", true, "mine", false]);
  const usual = { dataset: "CIFAR10", dataroot: "data" };
  assertEquals(await resumed(usual), ["CIFAR10", false, "data", false]);
  assertEquals(await resumed({}), ["CIFAR10", false, "data", false]);
});

Deno.test("readTexts() reads the recipe: its data set may have to be downloaded", async () => {
  const dataset = async (...args: string[]) =>
    (await readTexts(cifarCommand.options, args)).text("dataset");
  const recipe = ["--recipe", "repdistiller/vgg13-vgg8/at"];
  assertEquals(await dataset(...recipe), "CIFAR100");
  assertEquals(await dataset(...recipe, "--dataset", "CIFAR10"), "CIFAR10");
  assertEquals(await dataset("--recipe", "no recipe"), "CIFAR10");
});

Deno.test("readTexts() believes no checkpoint with an option that cannot be", async () => {
  const options = { epoch_step: 5, dataroot: "/theirs" };
  assertEquals(await resumed(options), ["CIFAR10", false, "data", false]);
});

Deno.test("readTexts() resumes nothing where a task has no --resume", () =>
  inFolder(async (folder) => {
    const options = { dataroot: "/theirs" };
    const state = { params: {}, buffers: {} };
    await saveCheckpoint(folder, { state, position: startPosition(), options, engine: "none" });
    const texts = await readTexts(visualizeCommand.options, ["--resume", folder]);
    assertEquals(texts.text("dataroot"), "data");
  }));
