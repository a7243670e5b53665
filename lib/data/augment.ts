/**
 * The augmentation of the CIFAR recipes: pad, random crop, random flip, normalise.
 *
 * @module
 */
import type { Random } from "../random.ts";
import type { ImageSet } from "./image_set.ts";
import { type Normalization, normalizationTable } from "./normalize.ts";

/**
 * The border of a padded image. `"reflect"` mirrors the image without repeating the edge, like NumPy.
 * `"zero"` is black pixels (0 before normalisation), like torchvision's `RandomCrop`.
 */
export type PadMode = "reflect" | "zero";

/** Throws a RangeError unless the border is of a known type. */
export function checkPadMode(padMode: PadMode): void {
  if (padMode === "reflect" || padMode === "zero") return;
  throw new RangeError(`Cannot pad by "${padMode}": it must be reflect or zero`);
}

/** Options of {@linkcode cropAndFlip}. */
export interface CropAndFlipOptions {
  /** The width of the border on each side, in pixels. */
  pad: number;
  /** The type of border. */
  padMode: PadMode;
  /** The constants to normalise the result with. */
  normalization: Normalization;
  /** Random numbers. Each image draws the row, the column and the flip, in this order. */
  random: Random;
}

/** The result of {@linkcode cropAndFlip}. */
export interface CroppedImages {
  /** Normalised images `[B, H, W, C]`. */
  images: Float32Array<ArrayBuffer>;
  /** Which images are flipped, `[B]`: 1 if flipped, else 0. */
  flipped: Uint8Array<ArrayBuffer>;
}

/**
 * Takes images from a set, pads them, crops them back to their size at a random place, flips them left
 * to right with probability 1/2, and normalises them.
 *
 * @param set The set to take from.
 * @param indices The images to take, `[B]`.
 * @throws {TypeError} If the normalisation has another number of channels than the set.
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
    const { top, left, flip } = drawView(random, pad);
    flipped[i] = Number(flip);
    const first = flip ? left + width - 1 : left;
    const step = flip ? -1 : 1;
    for (let y = 0; y < height; y++) {
      const row = rows[top + y]!;
      const from = index * imageSize + row * width * channels;
      for (let x = 0; x < width; x++) {
        const column = columns[first + step * x]!;
        const inside = row !== outsidePixel && column !== outsidePixel;
        for (let c = 0; c < channels; c++) {
          const value = inside ? images[from + column * channels + c]! : 0;
          output[to++] = table[c * 256 + value]!;
        }
      }
    }
  }
  return { images: output, flipped };
}

/** Draws where to crop an image, and whether to flip it. */
function drawView(random: Random, pad: number): { top: number; left: number; flip: boolean } {
  const top = random.integer(2 * pad + 1);
  const left = random.integer(2 * pad + 1);
  return { top, left, flip: random.integer(2) === 1 };
}

/** Draws the numbers of images that {@linkcode cropAndFlip} does not get. */
export function skipViews(random: Random, pad: number, count: number): void {
  for (let i = 0; i < count; i++) drawView(random, pad);
}

/** Marks a border position outside the image. */
export const outsidePixel: number = -1;

/**
 * For each position of the padded line, the position in a line of `size` pixels that it shows,
 * `[size + 2 * pad]`.
 */
export function paddedPositions(size: number, pad: number, padMode: PadMode): Int32Array {
  const period = Math.max(1, 2 * (size - 1));
  return Int32Array.from({ length: size + 2 * pad }, (_, i) => {
    const position = i - pad;
    if (padMode === "zero") return position >= 0 && position < size ? position : outsidePixel;
    const within = (position % period + period) % period;
    return within < size ? within : period - within;
  });
}
