/**
 * The batches, on the embedded sample.
 *
 * @module
 */
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import {
  type Batch,
  batchCount,
  evalBatches,
  trainBatches,
  type TrainBatchOptions,
} from "../../../lib/data/batches.ts";
import { loadCifar } from "../../../lib/data/cifar.ts";
import type { ImageSet } from "../../../lib/data/image_set.ts";
import { NORMALIZATION, normalizeImages } from "../../../lib/data/normalize.ts";

const { train, test } = await loadCifar({ dataset: "CIFAR10-sample" });

const batchOptions: TrainBatchOptions = {
  batchSize: 128,
  seed: 1,
  epoch: 0,
  pad: 4,
  padMode: "reflect",
  normalization: NORMALIZATION.paper,
};

/** A set of images that are all of one colour, which is their index; so is their label. */
function numbered(size: number): ImageSet {
  const images = Uint8Array.from({ length: size * 4 }, (_, i) => Math.floor(i / 4));
  const labels = Int32Array.from({ length: size }, (_, i) => i);
  const classes = Array.from(labels, String);
  return { images, labels, size, height: 2, width: 2, channels: 1, classes };
}

const numberedOptions = { ...batchOptions, pad: 1, normalization: { mean: [0], std: [1] } };

function labelsOf(batches: Iterable<Batch>): number[] {
  return [...batches].flatMap(({ labels }) => [...labels]);
}

Deno.test("trainBatches() gives every image once, the smaller last batch included", () => {
  const batches = [...trainBatches(train, batchOptions)];
  assertEquals(batches.map(({ shape }) => shape[0]), [...Array(15).fill(128), 80]);
  for (const { images, labels, shape } of batches) {
    assertEquals(shape.slice(1), [32, 32, 3]);
    assertEquals(images.length, shape.reduce((product, size) => product * size));
    assertEquals(labels.length, shape[0]);
  }
  const labels = labelsOf(trainBatches(numbered(200), { ...numberedOptions, batchSize: 7 }));
  assertEquals(labels.toSorted((a, b) => a - b), Array.from({ length: 200 }, (_, i) => i));
});

Deno.test("trainBatches() keeps images and labels together", () => {
  for (const { images, labels } of trainBatches(numbered(200), numberedOptions)) {
    labels.forEach((label, i) =>
      assertEquals([...images.slice(4 * i, 4 * i + 4)], Array(4).fill(label))
    );
  }
});

Deno.test("trainBatches() is the same for the same seed and epoch", () => {
  assertEquals([...trainBatches(train, batchOptions)], [...trainBatches(train, batchOptions)]);
});

Deno.test("trainBatches() has an order and an augmentation for each seed and epoch", () => {
  const set = numbered(200);
  const orders = [numberedOptions, { ...numberedOptions, epoch: 1 }, {
    ...numberedOptions,
    seed: 2,
  }]
    .map((options) => labelsOf(trainBatches(set, options)).join());
  assertEquals(new Set(orders).size, 3);

  // Copies of one image: what differs between batches is the augmentation alone.
  const imageSize = 32 * 32 * 3;
  const copies = { ...train, size: 8, images: new Uint8Array(8 * imageSize) };
  for (let i = 0; i < 8; i++) copies.images.set(train.images.subarray(0, imageSize), i * imageSize);
  const one = { ...batchOptions, batchSize: 4 };
  const [first, second] = [...trainBatches(copies, one)];
  const [other] = [...trainBatches(copies, { ...one, epoch: 1 })];
  assertNotEquals(first!.images, second!.images);
  assertNotEquals(first!.images, other!.images);
});

Deno.test("trainBatches() goes on in mid-epoch as if it had never stopped", () => {
  const whole = [...trainBatches(train, batchOptions)];
  for (const first of [1, 15, 16]) {
    assertEquals([...trainBatches(train, { ...batchOptions, first })], whole.slice(first));
  }
});

Deno.test("trainBatches() without a border only flips", () => {
  const options = { ...batchOptions, pad: 0, batchSize: 1 };
  const flipped = [];
  const sample = { ...train, size: 40 };
  const originals = Array.from({ length: 40 }, (_, i) => {
    const imageSize = 32 * 32 * 3;
    const pixels = train.images.subarray(i * imageSize, (i + 1) * imageSize);
    return normalizeImages(pixels, 3, batchOptions.normalization).join();
  });
  for (const { images } of trainBatches(sample, options)) {
    flipped.push(!originals.includes(images.join()));
  }
  const count = flipped.filter(Boolean).length;
  assert(count > 8 && count < 32, `${count} of 40 are flipped`);
});

Deno.test("trainBatches() tells which images it shows, and which of them flipped, where none is cropped", () => {
  const imageSize = 32 * 32 * 3;
  for (const { images, source } of trainBatches(train, { ...batchOptions, pad: 0, first: 15 })) {
    const { indices, flipped } = source!;
    assertEquals([indices.length, new Set(flipped).size], [80, 2]);
    indices.forEach((index, i) => {
      const pixels = train.images.subarray(index * imageSize, (index + 1) * imageSize);
      const whole = normalizeImages(pixels, 3, batchOptions.normalization);
      const shown = images.subarray(i * imageSize, (i + 1) * imageSize);
      const corner = flipped[i] ? whole.subarray(31 * 3, 32 * 3) : whole.subarray(0, 3);
      assertEquals([...shown.subarray(0, 3)], [...corner]);
    });
  }
  assertEquals(trainBatches(train, batchOptions).next().value!.source, undefined);
});

Deno.test("trainBatches() of all parts are its whole batches", () => {
  const set = numbered(23); // the last of its batches has three images
  const options = { ...numberedOptions, pad: 0, batchSize: 10 };
  const whole = [...trainBatches(set, options)];
  for (const parts of [2, 3, 4]) {
    const ofParts = Array.from(
      { length: parts },
      (_, rank) => [...trainBatches(set, { ...options, part: { rank, parts } })],
    );
    for (const [i, batch] of whole.entries()) {
      const pieces = ofParts.map((batches) => batches[i]!).filter(({ examples }) => examples !== 0);
      const joined = (valuesOf: (piece: Batch) => ArrayLike<number>) =>
        pieces.flatMap((piece) => Array.from(valuesOf(piece)));
      assertEquals(joined(({ images }) => images), [...batch.images]);
      assertEquals(joined(({ labels }) => labels), [...batch.labels]);
      assertEquals(joined(({ source }) => source!.flipped), [...batch.source!.flipped]);
      assertEquals(pieces.map(({ examples }) => examples), pieces.map(({ shape }) => shape[0]));
    }
  }
});

Deno.test("trainBatches() of a part crops as the whole batch does", () => {
  const [whole] = trainBatches(train, batchOptions) as Iterable<Batch>;
  const [second] = trainBatches(train, { ...batchOptions, part: { rank: 1, parts: 2 } });
  assertEquals(second!.images, whole!.images.slice(64 * 32 * 32 * 3));
});

Deno.test("trainBatches() gives an image that does not count where a part has none", () => {
  const options = { ...numberedOptions, batchSize: 2 };
  const [first] = trainBatches(numbered(2), { ...options, part: { rank: 0, parts: 3 } });
  assertEquals([first!.examples, first!.shape[0], first!.labels.length], [0, 1, 1]);
});

Deno.test("trainBatches() refuses options out of range, before the first batch", () => {
  const wrong = [
    { batchSize: 0 },
    { batchSize: 1.5 },
    { pad: -1 },
    { pad: 0.5 },
    { first: 17 },
    { first: -1 },
    { seed: -1 },
    { epoch: -1 },
    { epoch: 0.5 },
  ];
  for (const option of wrong) {
    assertThrows(() => trainBatches(train, { ...batchOptions, ...option }), RangeError);
  }
  const padMode = "zeros" as "zero";
  assertThrows(
    () => trainBatches(train, { ...batchOptions, padMode }),
    RangeError,
    'Cannot pad by "zeros": it must be reflect or zero',
  );
});

Deno.test("evalBatches() gives the set in its order and as it is", () => {
  const batches = [...evalBatches(test, { batchSize: 128, normalization: NORMALIZATION.paper })];
  assertEquals(batches.map(({ shape }) => shape), [
    [128, 32, 32, 3],
    [128, 32, 32, 3],
    [128, 32, 32, 3],
    [116, 32, 32, 3],
  ]);
  assertEquals(labelsOf(batches), [...test.labels]);
  const images = batches.flatMap(({ images }) => [...images]);
  assertEquals(images, [...normalizeImages(test.images, 3, NORMALIZATION.paper)]);
});

Deno.test("evalBatches() refuses a batch size out of range", () => {
  const options = { batchSize: 0, normalization: NORMALIZATION.paper };
  assertThrows(() => evalBatches(test, options), RangeError, "batchSize");
});

Deno.test("trainBatches() and evalBatches() refuse a set that lacks labels or pixels", () => {
  const set = numbered(3);
  const why = "they need 12 numbers and 3 labels, and there are";
  for (
    const [wrong, counts] of [
      [{ ...set, labels: set.labels.slice(1) }, "12 and 2"],
      [{ ...set, images: set.images.slice(4) }, "8 and 3"],
    ] as const
  ) {
    assertThrows(() => trainBatches(wrong, numberedOptions), RangeError, `${why} ${counts}`);
    assertThrows(() => evalBatches(wrong, { ...numberedOptions }), RangeError, `${why} ${counts}`);
  }
});

Deno.test("batchCount() counts the smaller last batch", () => {
  assertEquals(batchCount(50_000, 128), 391);
  assertEquals(batchCount(256, 128), 2);
  assertEquals(batchCount(0, 128), 0);
  assertThrows(() => batchCount(10, 0), RangeError, "current value is 0");
});
