/**
 * Splits a set of images into batches: shuffled and augmented for training, in order for evaluation.
 *
 * @module
 */
import { checkInteger, checkOptions, type OptionNames } from "../arguments.ts";
import { checkPadMode, cropAndFlip, type PadMode, skipViews } from "./augment.ts";
import { augmentationStream, epochOrder } from "./epoch.ts";
import type { ImageSet } from "./image_set.ts";
import { type Normalization, normalizeImages } from "./normalize.ts";
import { type Part, partOf, whole } from "./part.ts";

/** A batch of images, ready for a network, with their labels. */
export interface Batch {
  /** Normalised images `[B, H, W, C]`, row-major. */
  images: Float32Array<ArrayBuffer>;
  /** The classes of the images, `[B]`. */
  labels: Int32Array<ArrayBuffer>;
  /** `[B, H, W, C]`. */
  shape: [number, number, number, number];
  /** The images in the set. Only present if each is shown completely, unflipped or flipped. */
  source?: SourceImages;
  /** Other data of the images, by name. */
  extras?: Record<string, BatchValues>;
  /** How the step mixes the images with each other: see `withMixing`. */
  mixing?: Mixing;
  /**
   * Only if several processes share each batch: the number of images that count. With fewer images than
   * processes, a process without one gets a copy of the first, with 0 here.
   */
  examples?: number;
}

/** Complete images of a set. */
export interface SourceImages {
  /** Their indices in the set, `[B]`. */
  indices: Uint32Array;
  /** Which images are flipped left to right, `[B]`: 1 if flipped, else 0. */
  flipped: Uint8Array;
}

/** How the images of a batch are mixed with each other. */
export interface Mixing {
  /** The image that each is mixed with, by its place in the batch, `[B]`. */
  partners: Int32Array<ArrayBuffer>;
  /** The weight of the image itself at each pixel, from 0 to 1, `[H, W]`, row-major. */
  own: Float32Array<ArrayBuffer>;
  /** How much its own label counts, from 0 to 1; its partner's label counts the rest. */
  share: number;
}

/** One or several numbers for each image of a batch. */
export interface BatchValues {
  /** Row-major. */
  values: Float32Array<ArrayBuffer>;
  /** `[B, ...]`. */
  shape: number[];
}

/** Options of {@linkcode evalBatches}. */
export interface BatchOptions {
  /** The number of images in a batch. The last batch may be smaller. */
  batchSize: number;
  /** The constants to normalise the images with. */
  normalization: Normalization;
}

/** Options of {@linkcode trainBatches}. */
export interface TrainBatchOptions extends BatchOptions {
  /** The seed of the run, an integer in `[0, 2^32)`. */
  seed: number;
  /** The epoch, a non-negative integer. Each epoch has its own order and augmentation. */
  epoch: number;
  /** The width of the border added before the random crop, in pixels on each side. */
  pad: number;
  /** The type of border. */
  padMode: PadMode;
  /**
   * The index of the first batch to return. Skipping earlier batches does not change the later ones.
   *
   * @default 0
   */
  first?: number;
  /**
   * Only this part of each batch, for one of several processes that train together. Together the parts
   * are the batch.
   *
   * @default all of it
   */
  part?: Part;
}

/** The option names of both kinds of batches. Both functions accept the same options object. */
const optionNames: OptionNames<TrainBatchOptions> = {
  batchSize: true,
  normalization: true,
  seed: true,
  epoch: true,
  pad: true,
  padMode: true,
  first: true,
  part: true,
};

/**
 * The batches of one training epoch. They depend only on the arguments. Batches are made on demand.
 *
 * @example
 * ```ts
 * import { loadCifar, NORMALIZATION, trainBatches } from "@attention-transfer/core";
 *
 * const { train } = await loadCifar({ dataset: "CIFAR10-sample" });
 * const batches = trainBatches(train, {
 *   batchSize: 128,
 *   seed: 0,
 *   epoch: 1,
 *   pad: 4,
 *   padMode: "reflect",
 *   normalization: NORMALIZATION.paper,
 * });
 * for (const { shape } of batches) console.log(shape); // [128, 32, 32, 3], the last one [80, ...]
 * ```
 *
 * @throws {RangeError} If an option is not in its range, or the set has fewer pixels or labels than its
 * sizes say.
 * @throws {TypeError} If an option is unknown; from the first batch, if the normalisation has another
 * number of channels than the set.
 */
export function trainBatches(
  set: ImageSet,
  options: TrainBatchOptions,
): Generator<Batch, void, undefined> {
  checkOptions("trainBatches", options, optionNames);
  const { seed, epoch, batchSize, pad, padMode, normalization, first = 0, part = whole } = options;
  checkSet(set);
  const count = batchCount(set.size, batchSize);
  checkInteger("pad", pad, 0);
  checkPadMode(padMode);
  checkInteger("first", first, 0, count);
  const order = epochOrder(seed, epoch, set.size);

  return (function* () {
    for (let i = first; i < count; i++) {
      const batch = order.subarray(i * batchSize, (i + 1) * batchSize);
      const { from, to, ...counted } = placesOf(batch.length, part);
      const indices = batch.subarray(from, to);
      const random = augmentationStream(seed, epoch, i);
      skipViews(random, pad, from);
      const options = { pad, padMode, normalization, random };
      const { images, flipped } = cropAndFlip(set, indices, options);
      yield {
        images,
        labels: Int32Array.from(indices, (index) => set.labels[index]!),
        shape: [indices.length, set.height, set.width, set.channels],
        ...(pad === 0 && { source: { indices, flipped } }),
        ...counted,
      };
    }
  })();
}

/**
 * Throws a RangeError unless a set has all its pixels and labels: what is missing would become NaN and
 * 0. More of them do no harm: `{ ...set, size: 100 }` is the first 100 images.
 */
function checkSet({ images, labels, size, height, width, channels }: ImageSet): void {
  const pixels = size * height * width * channels;
  if (images.length >= pixels && labels.length >= size) return;
  throw new RangeError(
    `Cannot make batches of ${size} images of ${height}x${width}x${channels}: they need ${pixels} ` +
      `numbers and ${size} labels, and there are ${images.length} and ${labels.length}`,
  );
}

/**
 * The places in a batch that belong to a part. A step needs at least one image: a part without images
 * gets the batch's first one, with `examples: 0`, so that it does not count.
 */
export function placesOf(
  size: number,
  part: Part,
): { from: number; to: number } & Pick<Batch, "examples"> {
  const [from, to] = partOf(size, part);
  if (part.parts === 1) return { from, to };
  return from < to ? { from, to, examples: to - from } : { from: 0, to: 1, examples: 0 };
}

/**
 * The whole set once, in order and without augmentation. Batches are made on demand.
 *
 * @example
 * ```ts
 * import { evalBatches, loadCifar, NORMALIZATION } from "@attention-transfer/core";
 *
 * const { test } = await loadCifar({ dataset: "CIFAR10-sample" });
 * const [first] = evalBatches(test, { batchSize: 100, normalization: NORMALIZATION.paper });
 * console.log(first?.shape); // [100, 32, 32, 3]
 * ```
 *
 * @throws {RangeError} If `batchSize` is not a positive integer, or the set has fewer pixels or labels
 * than its sizes say.
 * @throws {TypeError} If an option is unknown; from the first batch, if the normalisation has another
 * number of channels than the set.
 */
export function evalBatches(
  set: ImageSet,
  options: BatchOptions,
): Generator<Batch, void, undefined> {
  checkOptions("evalBatches", options as TrainBatchOptions, optionNames);
  const { batchSize, normalization } = options;
  checkSet(set);
  const count = batchCount(set.size, batchSize);
  const { height, width, channels } = set;
  const imageSize = height * width * channels;

  return (function* () {
    for (let i = 0; i < count; i++) {
      const [from, to] = [i * batchSize, Math.min((i + 1) * batchSize, set.size)];
      const pixels = set.images.subarray(from * imageSize, to * imageSize);
      yield {
        images: normalizeImages(pixels, channels, normalization),
        labels: set.labels.slice(from, to),
        shape: [to - from, height, width, channels],
      };
    }
  })();
}

/**
 * The number of batches for `size` images, including a smaller last one.
 *
 * @example
 * ```ts
 * import { batchCount } from "@attention-transfer/core";
 *
 * console.log(batchCount(50_000, 128)); // 391
 * ```
 *
 * @throws {RangeError} If `batchSize` is not a positive integer.
 */
export function batchCount(size: number, batchSize: number): number {
  checkInteger("batchSize", batchSize, 1);
  return Math.ceil(size / batchSize);
}
