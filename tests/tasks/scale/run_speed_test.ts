/**
 * Tests of the step time of a run, from its log.
 *
 * @module
 */
import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../../lib/errors.ts";
import type { Json } from "../../../lib/json.ts";
import { appendStats } from "../../../tasks/run/run_log.ts";
import { readRunSpeed } from "../../../tasks/scale/run_speed.ts";
import { inFolder } from "../../folders.ts";

/** A line of a run with 2,000 images. */
type Line = { epoch: number; train_time: number; [name: string]: Json };

async function inRun(lines: readonly Line[], test: (folder: string) => Promise<void>) {
  await inFolder(async (folder) => {
    for (const line of lines) await appendStats(folder, { ...common, ...line });
    await test(folder);
  });
}

const common = {
  train_loss: 2,
  test_loss: 2,
  train_acc: 20,
  test_acc: 20,
  at_losses: [],
  test_time: 1,
  n_parameters: 175_066,
  num_classes: 10,
  dataset: "CIFAR10-sample",
  holdout: null,
  batch_size: 128,
  depth: 16,
  width: 1,
  resume: null,
};

Deno.test("readRunSpeed() is the median of whole epochs, but not of the first, which compiles", () =>
  inRun([
    { epoch: 1, train_time: 40 },
    { epoch: 2, train_time: 20 },
    { epoch: 3, train_time: 10 },
    { epoch: 4, train_time: 21 },
  ], async (folder) => {
    const { stepMs, ...others } = await readRunSpeed(folder);
    assertAlmostEquals(stepMs, 1000 * 20 * 128 / 2000, 1e-9); // 100 images a second
    const network = { depth: 16, width: 1, numClasses: 10 };
    assertEquals(others, { batch: 128, network, epochs: 3 });
  }));

Deno.test("readRunSpeed() takes the first epoch if there is no other", () =>
  inRun([{ epoch: 1, train_time: 20, holdout: 1000 }], async (folder) => {
    const { stepMs, epochs } = await readRunSpeed(folder);
    assertAlmostEquals(stepMs, 2 * 1280, 1e-9); // 50 images a second
    assertEquals(epochs, 1);
  }));

Deno.test("readRunSpeed() leaves out what was cut, resumed, or of another batch size", () =>
  inRun([
    { epoch: 1, train_time: 1, batch_size: 64 },
    { epoch: 2, train_time: 1, batch_size: 64 },
    { epoch: 3, train_time: 1, resume: "run" }, // perhaps only the rest of an epoch
    { epoch: 4, train_time: 20, resume: "run" },
    { epoch: 4.5, train_time: 1, resume: "run" },
    { epoch: 5, train_time: 1, resume: "run" },
  ], async (folder) => {
    const { stepMs, epochs } = await readRunSpeed(folder);
    assertAlmostEquals(stepMs, 1280, 1e-9);
    assertEquals(epochs, 1);
  }));

Deno.test("readRunSpeed() refuses a log that does not say it", async () => {
  const { dataset: _, ...imagenet } = { epoch: 1, train_time: 20, dataset: null };
  const refused: [lines: Line[], message: string][] = [
    [[{ epoch: 1, train_time: 20, workers: 2 }], "several workers trained there"],
    [[{ epoch: 1, train_time: 20, hosts: "a:1,b:1" }], "several workers trained there"],
    [[{ epoch: 0.5, train_time: 20 }], "it has no epoch that is whole"],
    [[{ epoch: 1, train_time: 0 }], "it has no epoch that is whole; give it with --step-ms"],
    [[{ epoch: 1, train_time: 20, depth: 1e9 }], "depth must be a whole number of the form"],
    [[{ ...imagenet, num_classes: null }], "it is not from deno task cifar"],
  ];
  for (const [lines, message] of refused) {
    await inRun(lines, async (folder) => {
      await assertRejects(() => readRunSpeed(folder), UserError, message);
    });
  }
  await inFolder(async (folder) => {
    await assertRejects(() => readRunSpeed(folder), UserError, "no such file or folder");
    await Deno.writeTextFile(`${folder}/log.txt`, "nothing\n");
    await assertRejects(() => readRunSpeed(folder), UserError, "it has no epoch");
  });
});
