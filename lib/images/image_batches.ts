/**
 * Batches of decoded images, prepared ahead of the network.
 *
 * @module
 */
import { checkInteger, checkOptions, type OptionNames } from "../arguments.ts";
import { type Batch, batchCount, placesOf } from "../data/batches.ts";
import { augmentationStream, epochOrder } from "../data/epoch.ts";
import { type Part, whole } from "../data/part.ts";
import type { ImageDecoder } from "./decoder.ts";
import type { ImageFolder } from "./image_folder.ts";
import type { ImageSize } from "./image_header.ts";
import { type ImageSource, imageSource, type LabeledImage } from "./image_source.ts";
import { mapOrdered, type MapOrderedOptions } from "./ordered.ts";
import type { SkippedImages } from "./skipped.ts";
import { centerView, randomView, type RandomViewOptions, type View } from "./view.ts";

/** Options of all batches of images. */
export interface ImageBatchOptions {
  /** Decodes, resizes and normalises the images. */
  decoder: ImageDecoder;
  /** The number of images in a batch. The last batch may be smaller. */
  batchSize: number;
  /** Collects the images that cannot be used. */
  skipped: SkippedImages;
  /**
   * The number of batches to decode in advance, at least 1. This limits the memory: `ahead` batches
   * plus the current one.
   *
   * @default 2
   */
  ahead?: number;
}

/** Options of {@linkcode trainImageBatches}. */
export interface TrainImageBatchOptions extends ImageBatchOptions, Omit<RandomViewOptions, "size"> {
  /** The seed of the run, an integer in `[0, 2^32)`. */
  seed: number;
  /** The epoch, a non-negative integer. Each epoch has its own order and augmentation. */
  epoch: number;
  /**
   * The index of the first batch to return. Skipping earlier batches does not change the later ones,
   * and their images are not decoded.
   *
   * @default 0
   */
  first?: number;
  /**
   * Only this part of each batch, for one of several processes that train together. Together the parts
   * are the batch, and only the images of the part are decoded.
   *
   * @default all of it
   */
  part?: Part;
}

/** Options of {@linkcode evalImageBatches}. */
export interface EvalImageBatchOptions extends ImageBatchOptions {
  /**
   * The length of the shorter side after resizing, in pixels; at least `decoder.size`.
   *
   * @default 256
   */
  resize?: number;
}

type AllOptions = TrainImageBatchOptions & EvalImageBatchOptions;

/** The option names of both kinds of batches. Both functions accept the same options object. */
const optionNames: OptionNames<AllOptions> = {
  decoder: true,
  batchSize: true,
  skipped: true,
  ahead: true,
  seed: true,
  epoch: true,
  first: true,
  part: true,
  area: true,
  ratio: true,
  jitter: true,
  resize: true,
};

/**
 * The batches of one training epoch: all images in random order, randomly cropped
 * ({@linkcode RandomViewOptions}), half of them mirrored. They depend only on the folder, the seed, the
 * epoch and the options, not on the number of threads.
 *
 * An image that cannot be used is reported to `skipped`. It is replaced by the next usable image in the
 * epoch's order, with its own random crop. So every batch keeps its size, as compiled steps need, and
 * its contents do not depend on earlier batches.
 *
 * @throws {RangeError} If an option is not an integer in its range.
 * @throws {UserError} If no image can be used; thrown by the iterator.
 *
 * @example
 * ```ts
 * import {
 *   IMAGENET_NORMALIZATION,
 *   openImageDecoder,
 *   readImageFolder,
 *   SkippedImages,
 *   trainImageBatches,
 *   useTensorFlow,
 * } from "@attention-transfer/core";
 *
 * const { library } = await useTensorFlow();
 * const decoder = openImageDecoder({ library, normalization: IMAGENET_NORMALIZATION });
 * const skipped = new SkippedImages(({ path, reason }) => console.error(`${path}: ${reason}`));
 * const options = { decoder, skipped, batchSize: 256, seed: 0 };
 * async function epoch(path: string, epoch: number): Promise<void> {
 *   const folder = await readImageFolder(path);
 *   for await (const { shape } of trainImageBatches(folder, { ...options, epoch })) {
 *     console.log(shape); // [256, 224, 224, 3]
 *   }
 * }
 * ```
 */
export function trainImageBatches(
  folder: ImageFolder,
  options: TrainImageBatchOptions,
): AsyncGenerator<Batch, void, undefined> {
  checkOptions<AllOptions>("trainImageBatches", options, optionNames);
  const { decoder, batchSize, seed, epoch, first = 0, skipped, area, ratio, jitter } = options;
  const { part = whole } = options;
  const { size } = folder;
  const count = batchCount(size, batchSize);
  checkInteger("first", first, 0, count);
  const order = epochOrder(seed, epoch, size);

  const viewOf = (place: number) => (image: ImageSize): View => {
    const random = augmentationStream(seed, epoch, place);
    const view = { size: decoder.size, ...(area && { area }), ...(ratio && { ratio }) };
    return randomView(image, { ...view, ...(jitter && { jitter }) }, random);
  };
  const source = imageSource(folder, decoder, skipped);
  const decodeAt = async (place: number, signal: AbortSignal): Promise<LabeledImage> => {
    for (let i = 0; i < size; i++) {
      signal.throwIfAborted();
      const image = await source.decode(order[(place + i) % size]!, viewOf(place));
      if (image) return image;
    }
    throw source.noneLeft();
  };
  const placesIn = (batch: number) => placesOf(Math.min(batchSize, size - batch * batchSize), part);
  function* places(): Generator<number, void, undefined> {
    for (let batch = first; batch < count; batch++) {
      const { from, to } = placesIn(batch);
      yield* range(batch * batchSize + from, batch * batchSize + to);
    }
  }
  const largest = Math.ceil(batchSize / part.parts);
  const images = mapOrdered(places(), decodeAt, workOf({ ...options, batchSize: largest }));
  return batches(source, images, decoder, (made) => {
    const { from, to, ...counted } = placesIn(first + made);
    return { size: to - from, ...counted };
  });
}

/**
 * The centre of every image once, in the folder's order ({@linkcode centerView}).
 *
 * An image that cannot be used is reported to `skipped` and left out, and the later ones move up. So
 * each image counts once, and only the last batch is smaller.
 *
 * @throws {RangeError} If `batchSize` or `ahead` is not a positive integer, or `resize` is less than
 * `decoder.size`.
 * @throws {UserError} If no image can be used; thrown by the iterator.
 *
 * @example
 * ```ts
 * import { evalImageBatches, type ImageDecoder, type ImageFolder, SkippedImages } from
 *   "@attention-transfer/core";
 *
 * async function count(folder: ImageFolder, decoder: ImageDecoder): Promise<number> {
 *   let images = 0;
 *   const skipped = new SkippedImages();
 *   for await (const { labels } of evalImageBatches(folder, { decoder, skipped, batchSize: 100 })) {
 *     images += labels.length;
 *   }
 *   return images; // folder.size - skipped.size
 * }
 * ```
 */
export function evalImageBatches(
  folder: ImageFolder,
  options: EvalImageBatchOptions,
): AsyncGenerator<Batch, void, undefined> {
  checkOptions("evalImageBatches", options as AllOptions, optionNames);
  const { decoder, resize = 256, skipped } = options;
  const viewOf = (image: ImageSize) => centerView(image, { size: decoder.size, resize });
  viewOf({ height: 1, width: 1 }); // checks the options before the first batch is requested
  const source = imageSource(folder, decoder, skipped);
  const decodeAt = (index: number) => source.decode(index, viewOf);
  const images = mapOrdered(range(0, folder.size), decodeAt, workOf(options));
  return batches(source, images, decoder, () => ({ size: options.batchSize }));
}

/** The number of images of a batch, and what else it holds. */
type BatchPlan = { size: number } & Pick<Batch, "examples">;

/**
 * Combines decoded images to batches. Skips undefined ones.
 *
 * @param planOf the plan of a batch, from 0. The images may end before it is full.
 */
async function* batches(
  source: ImageSource,
  images: AsyncIterable<LabeledImage | undefined>,
  { size }: Pick<ImageDecoder, "size">,
  planOf: (made: number) => BatchPlan,
): AsyncGenerator<Batch, void, undefined> {
  const imageSize = size * size * 3;
  let pixels = new Float32Array(0);
  let labels: number[] = [];
  let [tried, used, made] = [0, 0, 0];
  let plan: BatchPlan = { size: 0 };
  const batch = (): Batch => {
    const { size: whole, ...counted } = plan;
    return {
      images: labels.length === whole ? pixels : pixels.slice(0, labels.length * imageSize),
      labels: Int32Array.from(labels),
      shape: [labels.length, size, size, 3],
      ...counted,
    };
  };
  for await (const image of images) {
    tried++;
    if (!image) continue;
    used++;
    if (labels.length === 0) {
      plan = planOf(made++);
      pixels = new Float32Array(plan.size * imageSize);
    }
    pixels.set(image.pixels, labels.length * imageSize);
    labels.push(image.label);
    source.release(image);
    if (labels.length === plan.size) {
      yield batch();
      labels = [];
    }
  }
  if (labels.length > 0) yield batch();
  if (tried > 0 && used === 0) throw source.noneLeft();
}

/** How many images to process at a time. */
function workOf(
  { decoder, batchSize, ahead = 2 }: Pick<ImageBatchOptions, "decoder" | "batchSize" | "ahead">,
): MapOrderedOptions {
  checkInteger("batchSize", batchSize, 1);
  checkInteger("ahead", ahead, 1);
  // Twice as many: while some are decoded, others are read from disk or wait for the JavaScript thread.
  return { concurrency: 2 * decoder.threads, window: ahead * batchSize };
}

function* range(from: number, to: number): Generator<number, void, undefined> {
  for (let i = from; i < to; i++) yield i;
}
