/**
 * The labelled images that networks are compared on.
 *
 * @module
 */
import { type Batch, evalBatches } from "../../../lib/data/batches.ts";
import type { ImageSet } from "../../../lib/data/image_set.ts";
import type { Normalization } from "../../../lib/data/normalize.ts";
import { UserError } from "../../../lib/errors.ts";
import { type Picture, picturesOfSet } from "../../visualize/pictures.ts";

/** Labelled images, from a data set or from elsewhere. */
export interface TestImages {
  /** Says what they are, such as `the 10000 test images of CIFAR10`. */
  name: string;
  /** The number of images. */
  size: number;
  /** The name of each class. */
  classes: readonly string[];
  /** All images in order, normalised for a network. Each call starts again. */
  batches(normalization: Normalization): Iterable<Batch> | AsyncIterable<Batch>;
  /** Some of the images by their number in that order, to draw them. */
  pictures(indices: readonly number[]): Iterable<Picture> | AsyncIterable<Picture>;
}

/** Options of {@linkcode imagesOfSet}. */
export interface SetOptions {
  /** The name of the data set. */
  dataset: string;
  /** Only so many of the first images. Default: all. */
  first?: number | undefined;
  /** Images in a batch, which limits the memory. Default 100. */
  batchSize?: number;
}

/**
 * The images of a test set in memory, such as CIFAR's.
 *
 * @throws {UserError} If there are none.
 */
export function imagesOfSet(
  set: ImageSet,
  { dataset, first = set.size, batchSize = 100 }: SetOptions,
): TestImages {
  const size = Math.min(first, set.size);
  if (!(size >= 1)) {
    throw new UserError(`Cannot compare networks on ${dataset}: ${size} test images were chosen`);
  }
  const { images, labels, height, width, channels } = set;
  const part: ImageSet = {
    ...set,
    images: images.subarray(0, size * height * width * channels),
    labels: labels.subarray(0, size),
    size,
  };
  const whole = `${set.size} test images of ${dataset}`;
  return {
    name: size === set.size ? `the ${whole}` : `the first ${size} of the ${whole}`,
    size,
    classes: set.classes,
    batches: (normalization) => evalBatches(part, { batchSize, normalization }),
    pictures: (indices) => picturesOfSet(part, indices),
  };
}
