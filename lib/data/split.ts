/**
 * A part of the training images to choose settings by, so that the test images stay unseen.
 *
 * @module
 */
import type { Cifar } from "./cifar.ts";
import { sha256 } from "../files.ts";
import type { ImageSet } from "./image_set.ts";

/**
 * Holds out the last training images, to evaluate on them in place of the test images.
 *
 * @param count 1 or more, and fewer than there are training images.
 * @returns `train` without its last `count` images, and these as `test`.
 * @throws {RangeError} If `count` is no such number.
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
 * Tells data sets of one name apart, such as CIFAR-10 as it was published and after JPEG.
 *
 * @returns the SHA-256, in hexadecimal digits, of the SHA-256 digests of the training images, their
 * labels as 32-bit numbers, the test images and theirs.
 */
export async function dataDigest({ train, test }: Cifar): Promise<string> {
  const parts = [train, test].flatMap(({ images, labels }) => [images, labels]);
  const digests: string[] = [];
  for (const { buffer, byteOffset, byteLength } of parts) {
    digests.push(await sha256(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)));
  }
  return await sha256(new TextEncoder().encode(digests.join("")));
}
