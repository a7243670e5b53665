/**
 * Batches of decoded images, from small folders made on the spot and from real ones.
 *
 * @module
 */
import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import type { Batch } from "../../../lib/data/batches.ts";
import { UserError } from "../../../lib/errors.ts";
import { exists } from "../../../lib/files.ts";
import type { ImageDecoder } from "../../../lib/images/decoder.ts";
import {
  evalImageBatches,
  trainImageBatches,
  type TrainImageBatchOptions,
} from "../../../lib/images/image_batches.ts";
import { type ImageFolder, readImageFolder } from "../../../lib/images/image_folder.ts";
import { SkippedImages } from "../../../lib/images/skipped.ts";
import { inFolder } from "../../folders.ts";
import { fixtureImage, fixtureNames, pixelDecoder, writeFiles } from "./setup.ts";

const size = 8;
const decoder = pixelDecoder(size);
const jitter = { brightness: 0.4, contrast: 0.4, saturation: 0.4 };
const text = new TextEncoder().encode("not an image");

function options(changes: Partial<TrainImageBatchOptions> = {}): TrainImageBatchOptions {
  return { decoder, batchSize: 4, skipped: new SkippedImages(), seed: 1, epoch: 0, ...changes };
}

/** Runs a test with a folder of so many classes of one image each: the fixtures, again and again. */
function withImages(
  count: number,
  test: (folder: ImageFolder) => Promise<void>,
  broken: readonly number[] = [],
): () => Promise<void> {
  return () =>
    inFolder(async (path) => {
      const files = Array.from({ length: count }, (_, i) => {
        const name = fixtureNames[i % fixtureNames.length]!;
        return [className(i) + "/image.jpg", broken.includes(i) ? text : fixtureImage(name)];
      });
      await writeFiles(path, Object.fromEntries(files));
      await test(await readImageFolder(path));
    });
}

function className(label: number): string {
  return String(label).padStart(4, "0");
}

function labelsOf(batches: readonly Batch[]): number[] {
  return batches.flatMap(({ labels }) => [...labels]);
}

/** The decoder, and how many images it was given. */
function counted(decoder: ImageDecoder): ImageDecoder & { calls: number } {
  return {
    ...decoder,
    calls: 0,
    decode(...args) {
      this.calls++;
      return decoder.decode(...args);
    },
  };
}

Deno.test(
  "trainImageBatches() gives every image once, the smaller last batch included",
  withImages(22, async (folder) => {
    const batches = await Array.fromAsync(trainImageBatches(folder, options()));
    assertEquals(batches.map(({ shape }) => shape), [
      ...Array(5).fill([4, size, size, 3]),
      [2, size, size, 3],
    ]);
    for (const { images, shape, labels } of batches) {
      assertEquals(images.length, shape.reduce((product, side) => product * side));
      assertEquals(labels.length, shape[0]);
    }
    assertEquals(labelsOf(batches).toSorted((a, b) => a - b), [...folder.labels]);
    assertNotEquals(labelsOf(batches), [...folder.labels]);
  }),
);

Deno.test(
  "trainImageBatches() gives the same bytes with 1 thread and with 8",
  withImages(40, async (folder) => {
    const [one, eight] = await Promise.all([1, 8].map((threads) =>
      Array.fromAsync(
        trainImageBatches(folder, options({ decoder: pixelDecoder(size, threads), jitter })),
      )
    ));
    assertEquals(one, eight);
  }, [3, 4, 11]),
);

Deno.test(
  "trainImageBatches() has an order and an augmentation for each seed and epoch",
  withImages(20, async (folder) => {
    const runs = [{}, { seed: 2 }, { epoch: 1 }].map((changes) =>
      Array.fromAsync(trainImageBatches(folder, options(changes)))
    );
    const orders = (await Promise.all(runs)).map((batches) => labelsOf(batches).join());
    assertEquals(new Set(orders).size, 3);

    // A single image: what differs is the augmentation alone.
    const one = { ...folder, size: 1 };
    const looks = [{}, { seed: 2 }, { epoch: 1 }, { jitter }].map((changes) =>
      Array.fromAsync(trainImageBatches(one, options(changes)))
    );
    const images = (await Promise.all(looks)).map(([batch]) => batch!.images.join());
    assertEquals(new Set(images).size, 4);
  }),
);

Deno.test(
  "trainImageBatches() goes on in mid-epoch as if it had never stopped, decoding no more",
  withImages(22, async (folder) => {
    const whole = await Array.fromAsync(trainImageBatches(folder, options()));
    for (const [first, images] of [[1, 18], [5, 2], [6, 0]] as const) {
      const counting = counted(decoder);
      const rest = trainImageBatches(folder, options({ decoder: counting, first }));
      const batches = await Array.fromAsync(rest);
      assertEquals(batches, whole.slice(first));
      // Images that stand in for broken ones are decoded on top.
      assert(counting.calls >= images && counting.calls <= images + 4, `${counting.calls}`);
    }
  }, [7, 8]),
);

Deno.test(
  "trainImageBatches() puts other images in the place of broken ones, and names them",
  withImages(22, async (folder) => {
    const skipped = new SkippedImages();
    const batches = await Array.fromAsync(trainImageBatches(folder, options({ skipped })));
    assertEquals(batches.map(({ labels }) => labels.length), [4, 4, 4, 4, 4, 2]);
    assertEquals([...new Set(labelsOf(batches))].length, 19);
    assertEquals(
      [...skipped].sort((a, b) => a.path.localeCompare(b.path)),
      [2, 5, 21].map((i) => ({ path: folder.pathOf(i), reason: "neither a JPEG nor a PNG" })),
    );
  }, [2, 5, 21]),
);

Deno.test(
  "evalImageBatches() gives the images in order, and lets them move up for broken ones",
  withImages(22, async (folder) => {
    const skipped = new SkippedImages();
    const batches = await Array.fromAsync(
      evalImageBatches(folder, { decoder, skipped, batchSize: 4, resize: 10 }),
    );
    assertEquals(labelsOf(batches), [...folder.labels].filter((i) => ![0, 6, 7].includes(i)));
    assertEquals(batches.map(({ labels }) => labels.length), [4, 4, 4, 4, 3]);
    assertEquals([...skipped].map(({ path }) => path).sort(), [0, 6, 7].map(folder.pathOf));
  }, [0, 6, 7]),
);

Deno.test(
  "evalImageBatches() gives each image its own pixels",
  withImages(6, async (folder) => {
    const evalOptions = { decoder, skipped: new SkippedImages(), resize: 10 };
    const together = await Array.fromAsync(
      evalImageBatches(folder, { ...evalOptions, batchSize: 6 }),
    );
    const apart = await Array.fromAsync(evalImageBatches(folder, { ...evalOptions, batchSize: 1 }));
    assertEquals([...together[0]!.images], apart.flatMap(({ images }) => [...images]));
    assertEquals(new Set(apart.map(({ images }) => images.join())).size, 6);
  }),
);

const everyOne = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

Deno.test(
  "an epoch without an image that can be used is an error",
  withImages(10, async (folder) => {
    const expected = `Cannot use any of the 10 images in ${folder.path}: `;
    const batches = [
      trainImageBatches(folder, options()),
      evalImageBatches(folder, { ...options(), resize: 10 }),
    ];
    for (const iterator of batches) {
      await assertRejects(() => Array.fromAsync(iterator), UserError, expected);
    }
  }, everyOne),
);

Deno.test(
  "an image that is gone, or a folder by its name, is skipped with the reason",
  withImages(3, async (folder) => {
    await Deno.remove(folder.pathOf(0));
    await Deno.remove(folder.pathOf(1));
    await Deno.mkdir(folder.pathOf(1));
    const skipped = new SkippedImages();
    const [batch] = await Array.fromAsync(
      evalImageBatches(folder, { decoder, skipped, batchSize: 3, resize: 10 }),
    );
    assertEquals([...batch!.labels], [2]);
    const reasons = new Map([...skipped].map(({ path, reason }) => [path, reason]));
    assertEquals(reasons.get(folder.pathOf(0)), "no such file or folder");
    assertEquals([...reasons.keys()].sort(), [folder.pathOf(0), folder.pathOf(1)]);
  }),
);

Deno.test(
  "trainImageBatches() decodes no further ahead than it may",
  withImages(60, async (folder) => {
    let [started, given, most] = [0, 0, 0];
    const watched: ImageDecoder = {
      ...decoder,
      decode(...args) {
        started++;
        most = Math.max(most, started - given);
        return decoder.decode(...args);
      },
    };
    const [batchSize, ahead] = [4, 3];
    const changes = { decoder: watched, batchSize, ahead };
    for await (const { labels } of trainImageBatches(folder, options(changes))) {
      // A slow consumer: it takes the next batch when all is decoded that may be, or after 10 s.
      const enough = Math.min(60, given + ahead * batchSize);
      const deadline = performance.now() + 10_000;
      while (started < enough && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      given += labels.length;
    }
    // Those ahead, and the batch at hand.
    assert(most <= (ahead + 1) * batchSize, `${most} images at a time`);
    assert(most >= ahead * batchSize, `${most} images at a time`);
  }),
);

Deno.test(
  "trainImageBatches() stops when its consumer does",
  withImages(60, async (folder) => {
    const counting = counted(decoder);
    for await (const _ of trainImageBatches(folder, options({ decoder: counting }))) break;
    const { calls } = counting;
    assert(calls < 60);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals(counting.calls, calls);
  }),
);

Deno.test(
  "batches refuse options out of range, before the first one",
  withImages(5, (folder) => {
    const wrong = [
      { batchSize: 0 },
      { batchSize: 1.5 },
      { first: 3 },
      { first: -1 },
      { seed: -1 },
      { epoch: 0.5 },
      { ahead: 0 },
    ];
    for (const option of wrong) {
      assertThrows(() => trainImageBatches(folder, options(option)), RangeError);
    }
    const evalOptions = { ...options(), resize: size };
    assertThrows(() => evalImageBatches(folder, { ...evalOptions, batchSize: 0 }), RangeError);
    assertThrows(() => evalImageBatches(folder, { ...evalOptions, resize: size - 1 }), RangeError);
    return Promise.resolve();
  }),
);

const real = fromFileUrl(new URL("../../../../shared/data/imagenet-sample/train", import.meta.url));

Deno.test({
  name: "trainImageBatches() and evalImageBatches() read real images, each of them",
  ignore: !await exists(real),
  async fn() {
    const folder = await readImageFolder(real);
    assertEquals([folder.size, folder.classes.length], [250, 250]);
    assertEquals(folder.classes[0], "n01440764");
    assert(folder.pathOf(0).startsWith(join(real, "n01440764")));
    const skipped = new SkippedImages();
    const large = { ...options({ skipped, batchSize: 50 }), decoder: pixelDecoder(64), resize: 70 };
    for (const batches of [trainImageBatches(folder, large), evalImageBatches(folder, large)]) {
      let [images, sum] = [0, 0];
      for await (const batch of batches) {
        images += batch.labels.length;
        sum += batch.images.reduce((sum, value) => sum + value, 0) / batch.images.length;
      }
      assertEquals(images, 250);
      const mean = sum / 5; // the mean of ImageNet's pixels is about 115
      assert(mean > 95 && mean < 135, `mean pixel ${mean}`);
    }
    assertEquals([...skipped], []);
  },
});
