/**
 * The augmentation of the CIFAR recipes: pad, crop at random, flip at random, normalise.
 *
 * @module
 */
import type { Random } from "../random.ts";
import type { ImageSet } from "./image_set.ts";
import { type Normalization, normalizationTable } from "./normalize.ts";

/**
 * What the border of a padded image is made of: the image mirrored at its edge, the edge itself not
 * repeated (`"reflect"`, as NumPy's), or black pixels (`"zero"`; 0 before the normalisation, as in
 * torchvision's `RandomCrop`).
 */
export type PadMode = "reflect" | "zero";

/** How {@linkcode cropAndFlip} goes about it. */
export interface CropAndFlipOptions {
  /** The width of the border on each side, in pixels. */
  pad: number;
  /** What the border is made of. */
  padMode: PadMode;
  /** How the result is normalised. */
  normalization: Normalization;
  /** Where the chances come from: for each image the row, the column and the flip, in this order. */
  random: Random;
}

/** What {@linkcode cropAndFlip} gives. */
export interface CroppedImages {
  /** Normalised images `[B, H, W, C]`. */
  images: Float32Array<ArrayBuffer>;
  /** Which of them are flipped, `[B]`: 1, and 0 where not. */
  flipped: Uint8Array<ArrayBuffer>;
}

/**
 * Takes images from a set, each padded, cropped back to its size at a random place, flipped
 * left to right with probability 1/2, and normalised.
 *
 * @param set The set to take from.
 * @param indices The images to take, `[B]`.
 * @throws {TypeError} If the normalisation is of another number of channels than the set.
 */
export function cropAndFlip(
  set: ImageSet,
  indices: Uint32Array,
  { pad, padMode, normalization, random }: CropAndFlipOptions,
): CroppedImages {
  const { images, height, width, channels } = set;
  const table = normalizationTable(normalization, channels);
  const rows = paddedPositions(height, pad, padMode);
  const columns = paddedPositions(width, pad, padMode);
  const imageSize = height * width * channels;
  const output = new Float32Array(indices.length * imageSize);
  const flipped = new Uint8Array(indices.length);
  let to = 0;
  for (const [i, index] of indices.entries()) {
    const top = random.integer(2 * pad + 1);
    const left = random.integer(2 * pad + 1);
    const flip = random.integer(2) === 1;
    flipped[i] = Number(flip);
    const first = flip ? left + width - 1 : left;
    const step = flip ? -1 : 1;
    for (let y = 0; y < height; y++) {
      const row = rows[top + y]!;
      const from = index * imageSize + row * width * channels;
      for (let x = 0; x < width; x++) {
        const column = columns[first + step * x]!;
        const inside = row !== OUTSIDE && column !== OUTSIDE;
        for (let c = 0; c < channels; c++) {
          const value = inside ? images[from + column * channels + c]! : 0;
          output[to++] = table[c * 256 + value]!;
        }
      }
    }
  }
  return { images: output, flipped };
}

/** Marks a position of the border that shows nothing of the image. */
export const OUTSIDE: number = -1;

/**
 * Which position of a line of `size` pixels each position of the padded line shows,
 * `[size + 2 * pad]`.
 */
export function paddedPositions(size: number, pad: number, padMode: PadMode): Int32Array {
  const period = Math.max(1, 2 * (size - 1));
  return Int32Array.from({ length: size + 2 * pad }, (_, i) => {
    const position = i - pad;
    if (padMode === "zero") return position >= 0 && position < size ? position : OUTSIDE;
    const within = (position % period + period) % period;
    return within < size ? within : period - within;
  });
}
