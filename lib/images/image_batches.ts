/**
 * Batches of decoded images, made ahead of the network that takes them.
 *
 * @module
 */
import { checkOptions, type OptionNames } from "../arguments.ts";
import { type Batch, batchCount } from "../data/batches.ts";
import { augmentationStream, checkInteger, epochOrder } from "../data/epoch.ts";
import type { ImageDecoder } from "./decoder.ts";
import type { ImageFolder } from "./image_folder.ts";
import type { ImageSize } from "./image_header.ts";
import { type ImageSource, imageSource, type LabeledImage } from "./image_source.ts";
import { mapOrdered, type MapOrderedOptions } from "./ordered.ts";
import type { SkippedImages } from "./skipped.ts";
import { centerView, randomView, type RandomViewOptions, type View } from "./view.ts";

/** How batches of images are made. */
export interface ImageBatchOptions {
  /** What decodes, resizes and normalises the images. */
  decoder: ImageDecoder;
  /** The number of images in a batch; the last one has what is left. */
  batchSize: number;
  /** Takes the images that cannot be used. */
  skipped: SkippedImages;
  /**
   * How many batches of images are decoded before they are asked for, at least 1. This bounds the
   * memory: there is room for `ahead` batches beside the one that is given.
   *
   * @default 2
   */
  ahead?: number;
}

/** How batches to train on are made. */
export interface TrainImageBatchOptions extends ImageBatchOptions, Omit<RandomViewOptions, "size"> {
  /** The seed of the run, an integer in `[0, 2^32)`. */
  seed: number;
  /** The epoch, a non-negative integer: each has an order and an augmentation of its own. */
  epoch: number;
  /**
   * The index of the first batch to give. It and those after it are what they would be had the
   * earlier ones been given too; nothing of those is decoded.
   *
   * @default 0
   */
  first?: number;
}

/** How batches to evaluate on are made. */
export interface EvalImageBatchOptions extends ImageBatchOptions {
  /**
   * What the shorter side of an image is resized to, in pixels; at least `decoder.size`.
   *
   * @default 256
   */
  resize?: number;
}

type AllOptions = TrainImageBatchOptions & EvalImageBatchOptions;

/** The names of the options of both kinds of batches: who has one object for both gives it to each. */
const optionNames: OptionNames<AllOptions> = {
  decoder: true,
  batchSize: true,
  skipped: true,
  ahead: true,
  seed: true,
  epoch: true,
  first: true,
  area: true,
  ratio: true,
  jitter: true,
  resize: true,
};

/**
 * The batches of one epoch of training: all images in random order, each cropped at random
 * ({@linkcode RandomViewOptions}) and half of them mirrored. They depend on the folder, the seed, the
 * epoch and the options alone, and not on the number of threads.
 *
 * An image that cannot be used is reported to `skipped`, and the next one of the epoch's order that
 * can be used stands in for it, cropped at random like all others. So every batch has its size, which a
 * compiled step wants, and what is in a batch does not depend on what happened in the earlier ones.
 *
 * @throws {RangeError} If an option is not an integer in its range.
 * @throws {UserError} If no image at all can be used; from the iterator.
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
  const images = mapOrdered(range(first * batchSize, size), decodeAt, workOf(options));
  return batches(source, images, options);
}

/**
 * The middle of every image once, in the folder's order ({@linkcode centerView}).
 *
 * An image that cannot be used is reported to `skipped` and left out, and the later ones move up: each
 * image counts once, and only the last batch is smaller.
 *
 * @throws {RangeError} If `batchSize` or `ahead` is not a positive integer, or `resize` is less than
 * `decoder.size`.
 * @throws {UserError} If no image at all can be used; from the iterator.
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
  viewOf({ height: 1, width: 1 }); // refuses what cannot be before the first batch is asked for
  const source = imageSource(folder, decoder, skipped);
  const decodeAt = (index: number) => source.decode(index, viewOf);
  return batches(source, mapOrdered(range(0, folder.size), decodeAt, workOf(options)), options);
}

/** Puts decoded images together; where one is undefined, the next takes its place. */
async function* batches(
  source: ImageSource,
  images: AsyncIterable<LabeledImage | undefined>,
  { batchSize, decoder: { size } }: ImageBatchOptions,
): AsyncGenerator<Batch, void, undefined> {
  const imageSize = size * size * 3;
  let pixels = new Float32Array(0);
  let labels: number[] = [];
  const batch = (): Batch => ({
    images: labels.length === batchSize ? pixels : pixels.slice(0, labels.length * imageSize),
    labels: Int32Array.from(labels),
    shape: [labels.length, size, size, 3],
  });
  let [tried, used] = [0, 0];
  for await (const image of images) {
    tried++;
    if (!image) continue;
    used++;
    if (labels.length === 0) pixels = new Float32Array(batchSize * imageSize);
    pixels.set(image.pixels, labels.length * imageSize);
    labels.push(image.label);
    source.release(image);
    if (labels.length === batchSize) {
      yield batch();
      labels = [];
    }
  }
  if (labels.length > 0) yield batch();
  if (tried > 0 && used === 0) throw source.noneLeft();
}

/** How much is done at a time. */
function workOf({ decoder, batchSize, ahead = 2 }: ImageBatchOptions): MapOrderedOptions {
  checkInteger("batchSize", batchSize, 1);
  checkInteger("ahead", ahead, 1);
  // As many again as are decoded are read from the disk or wait for the JavaScript thread.
  return { concurrency: 2 * decoder.threads, window: ahead * batchSize };
}

function* range(from: number, to: number): Generator<number, void, undefined> {
  for (let i = from; i < to; i++) yield i;
}
