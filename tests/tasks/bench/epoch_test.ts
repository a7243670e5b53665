/**
 * Tests of the benchmark's whole epochs.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { cifarFolder, epochTimes, firstImages } from "../../../tasks/bench/epoch.ts";
import { loadCifar } from "../../../lib/data/cifar.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { UserError } from "../../../lib/errors.ts";
import { inFolder } from "../../folders.ts";

await useTensorFlow({ gpu: false });

Deno.test("firstImages() cuts a set, and repeats one that is too small", async () => {
  const { test } = await loadCifar({ dataset: "CIFAR10-sample" });
  const bytes = 32 * 32 * 3;
  const few = firstImages(test, 3);
  assertEquals([few.size, few.labels.length], [3, 3]);
  assertEquals(few.images, test.images.slice(0, 3 * bytes));
  const many = firstImages(test, test.size + 2);
  assertEquals(many.labels.slice(-2), test.labels.slice(0, 2));
  assertEquals(many.images.slice(-2 * bytes), test.images.slice(0, 2 * bytes));
});

Deno.test("cifarFolder() finds CIFAR-10 in a folder or in its own inside, and refuses another", () =>
  inFolder(async (folder) => {
    await assertRejects(() => cifarFolder(folder), UserError, "there is no data_batch_5.bin");
    const inner = join(folder, "cifar-10-batches-bin");
    await Deno.mkdir(inner);
    await Deno.writeTextFile(join(inner, "data_batch_5.bin"), "");
    assertEquals(await cifarFolder(folder), inner);
    assertEquals(await cifarFolder(inner), inner);
  }));

Deno.test("epochTimes() gives the time of each epoch but the first, with a teacher or without", async () => {
  const data = { folder: await cifarFolder(undefined), train: 60, test: 10 };
  const student = { depth: 10, width: 0.25, batch: 50 };
  const taught = { ...student, teacherDepth: 10, teacherWidth: 0.5, alpha: 0.9, beta: 1000 };
  for (const epoch of [student, taught]) {
    const times = await epochTimes({ epoch, data, precision: "float32", epochs: 2 });
    assert(times.length === 2 && times.every((time) => time > 0), `${times}`);
  }
});
