/**
 * Holds out training images to choose settings with, so that the test images stay unseen.
 *
 * @module
 */
import type { Cifar } from "./cifar.ts";
import { sha256 } from "../files.ts";
import type { ImageSet } from "./image_set.ts";
import { type Part, partOf } from "./part.ts";

/**
 * Holds out the last training images, for evaluation instead of the test images.
 *
 * @param count at least 1, and less than the number of training images.
 * @returns `train` without its last `count` images, and these as `test`.
 * @throws {RangeError} If `count` is out of this range.
 *
 * @example
 * ```ts
 * import { holdOut, loadCifar } from "@attention-transfer/core";
 *
 * const { train, test } = holdOut(await loadCifar({ dataset: "CIFAR10-sample" }), 200);
 * console.log(train.size, test.size); // 1800 200
 * ```
 */
export function holdOut({ train }: Cifar, count: number): Cifar {
  if (!Number.isInteger(count) || count < 1 || count >= train.size) {
    throw new RangeError(
      `Cannot hold out ${count} of ${train.size} training images: give a whole number from 1 to ` +
        `${train.size - 1}`,
    );
  }
  const first = train.size - count;
  return { train: slice(train, 0, first), test: slice(train, first, train.size) };
}

/** The images of a part, in order. */
export function partOfSet(set: ImageSet, part: Part): ImageSet {
  return slice(set, ...partOf(set.size, part));
}

function slice(set: ImageSet, start: number, end: number): ImageSet {
  const imageSize = set.height * set.width * set.channels;
  return {
    ...set,
    images: set.images.subarray(start * imageSize, end * imageSize),
    labels: set.labels.subarray(start, end),
    size: end - start,
  };
}

/**
 * A digest to distinguish data sets of one name, such as CIFAR-10 before and after JPEG compression.
 *
 * @returns the SHA-256, in hexadecimal, of four SHA-256 digests: training images, training labels as
 * 32-bit numbers, test images, test labels.
 */
export async function dataDigest({ train, test }: Cifar): Promise<string> {
  const parts = [train, test].flatMap(({ images, labels }) => [images, labels]);
  const digests: string[] = [];
  for (const { buffer, byteOffset, byteLength } of parts) {
    digests.push(await sha256(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)));
  }
  return await sha256(new TextEncoder().encode(digests.join("")));
}
