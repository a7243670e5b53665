/**
 * TensorBoard events.
 *
 * @module
 */
import { join } from "@std/path";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "../../../lib/errors.ts";
import { inFolder, namesIn } from "../../folders.ts";
import { openSummaries } from "../../../lib/backend/summaries.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { assertFreesAll } from "../jit/counts.ts";
import { eventFiles, eventsIn, eventsOf, type SummaryEvent } from "./events.ts";

await useTensorFlow({ gpu: false });

Deno.test("openSummaries() writes scalars that TensorBoard can read", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const summaries = openSummaries(folder);
    for (const step of [0, 1, 100_000]) {
      summaries.scalar("train/loss", step / 4, step);
      summaries.scalar("Genauigkeit ä", -0.1, step);
    }
    summaries.flush();
    const files = await eventFiles(folder);
    assertEquals(files.length, 1);
    const events = eventsIn(await Deno.readFile(files[0]!));
    assertEquals(events.map(({ step, tag }) => ({ step, tag })), [
      { step: 0, tag: "train/loss" },
      { step: 0, tag: "Genauigkeit ä" },
      { step: 1, tag: "train/loss" },
      { step: 1, tag: "Genauigkeit ä" },
      { step: 100_000, tag: "train/loss" },
      { step: 100_000, tag: "Genauigkeit ä" },
    ]);
    [0, -0.1, 0.25, -0.1, 25_000, -0.1].forEach((value, i) => {
      assertAlmostEquals(events[i]!.scalar!, value, 1e-6);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("openSummaries() writes pictures with the pixels that it gets, though all are dark", () =>
  inFolder(async (folder) => {
    const pixels = Float32Array.from({ length: 5 * 2 * 3 * 3 }, (_, i) => i + 0.5);
    const summaries = openSummaries(folder);
    summaries.images("maps", tf.tensor4d(pixels, [5, 2, 3, 3]), 7);
    summaries.flush();
    const events = await eventsOf(folder);
    assertEquals(events.map(({ tag }) => tag), [0, 1, 2, 3, 4].map((i) => `maps/image/${i}`));
    for (const [i, { step, image }] of events.entries()) {
      assertEquals([step, image!.width, image!.height, image!.channels], [7, 3, 2, 3]);
      assertEquals([...image!.data], Array.from({ length: 18 }, (_, at) => i * 18 + at));
    }
  }));

Deno.test("openSummaries() writes the histogram of all values", () =>
  inFolder(async (folder) => {
    const summaries = openSummaries(folder);
    summaries.histogram("weights/a", tf.tensor2d([-1.5, 2, 2, 0, 0.25, 4], [2, 3]), 3);
    summaries.flush();
    const [{ step, tag, histogram }] = await eventsOf(folder) as [SummaryEvent];
    assertEquals([step, tag], [3, "weights/a"]);
    assertEquals(histogram, { min: -1.5, max: 4, count: 6, sum: 6.75 });
  }));

Deno.test("openSummaries() leaves no tensors of the scalars, pictures and histograms behind", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const summaries = openSummaries(folder);
    await assertFreesAll(() => {
      for (let step = 0; step < 50; step++) {
        summaries.scalar("loss", 1, step);
        const pixels = tf.ones<tf.Rank.R4>([2, 3, 3, 3]);
        summaries.images("images", pixels, step);
        summaries.histogram("pixels", pixels, step);
        pixels.dispose();
      }
      summaries.flush();
    });
    assert((await eventFiles(folder)).length === 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("openSummaries() writes through no link that lies in the folder", {
  ignore: Deno.build.os === "windows",
}, () =>
  inFolder(async (folder) => {
    const run = join(folder, "run");
    await Deno.mkdir(run);
    const other = join(folder, "other");
    await Deno.writeTextFile(other, "theirs");
    // TensorFlow names its file after the second and the machine.
    const second = Math.floor(Date.now() / 1000);
    for (let i = 0; i < 20; i++) {
      const name = `events.out.tfevents.${second + i}.${Deno.hostname()}.${i}.v2`;
      await Deno.symlink(other, join(run, name));
    }
    const names = namesIn(run);
    assertThrows(() => openSummaries(run), UserError, "is a link or a device, and no file");
    assertEquals([namesIn(run), await Deno.readTextFile(other)], [names, "theirs"]);
  }));
