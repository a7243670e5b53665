/**
 * Selects the part of an image for the network, with the rules of torchvision's transforms.
 *
 * @module
 */
import { checkOptions } from "../arguments.ts";
import type { Random } from "../random.ts";
import type { ImageSize } from "./image_header.ts";
import { type ColorJitter, type JitterStep, randomJitter } from "./jitter.ts";

/** A part of an image, in pixels. */
export interface Box extends ImageSize {
  /** The first row, from 0. */
  readonly top: number;
  /** The first column, from 0. */
  readonly left: number;
}

/** How to turn an image into a network input. */
export interface View {
  /** The part of the image to resize. */
  readonly box: Box;
  /** The size of the part after resizing. */
  readonly resized: ImageSize;
  /** The first row to use of the resized part. Default 0. */
  readonly top?: number;
  /** The first column to use of the resized part. Default 0. */
  readonly left?: number;
  /** True to mirror it left to right. */
  readonly flip: boolean;
  /** Colour changes, in order. */
  readonly jitter?: readonly JitterStep[];
}

/** Options of {@linkcode randomView}. */
export interface RandomViewOptions {
  /** The height and width of the result, in pixels. */
  size: number;
  /**
   * The range of the part's area, as a fraction of the image's area.
   *
   * @default [0.08, 1]
   */
  area?: readonly [number, number];
  /**
   * The range of the ratio of width to height.
   *
   * @default [3 / 4, 4 / 3]
   */
  ratio?: readonly [number, number];
  /** How much to change colours. Default: no change. */
  jitter?: ColorJitter;
}

const tries = 10;

/**
 * Draws a part of an image for training: torchvision's `RandomResizedCrop`, then
 * `RandomHorizontalFlip`, then `ColorJitter`. The area is drawn from a uniform distribution, the ratio
 * from a log-uniform one. The first of ten draws that fits into the image is used. If none fits, it
 * uses the largest centred part with a ratio in range.
 *
 * Numbers are drawn in this order: area and ratio of each try, top, left, flip, then the jitter.
 *
 * @throws {RangeError} If `area` or `ratio` is not a range of positive numbers.
 */
export function randomView(image: ImageSize, options: RandomViewOptions, random: Random): View {
  checkOptions("randomView", options, { size: true, area: true, ratio: true, jitter: true });
  const { size, area = [0.08, 1], ratio = [3 / 4, 4 / 3], jitter } = options;
  checkRange("area", area);
  checkRange("ratio", ratio);
  const box = randomBox(image, area, ratio, random) ?? middleBox(image, ratio);
  const flip = random.integer(2) === 1;
  return {
    box,
    resized: { height: size, width: size },
    flip,
    ...(jitter && { jitter: randomJitter(jitter, random) }),
  };
}

function randomBox(
  image: ImageSize,
  area: readonly [number, number],
  ratio: readonly [number, number],
  random: Random,
): Box | undefined {
  for (let i = 0; i < tries; i++) {
    const pixels = image.height * image.width * between(area, random.uniform());
    const drawn = Math.exp(between([Math.log(ratio[0]), Math.log(ratio[1])], random.uniform()));
    const width = roundHalfEven(Math.sqrt(pixels * drawn));
    const height = roundHalfEven(Math.sqrt(pixels / drawn));
    if (width < 1 || width > image.width || height < 1 || height > image.height) continue;
    const top = random.integer(image.height - height + 1);
    const left = random.integer(image.width - width + 1);
    return { top, left, height, width };
  }
  return undefined;
}

function middleBox(image: ImageSize, [least, greatest]: readonly [number, number]): Box {
  const ratio = image.width / image.height;
  const { height, width } = ratio < least
    ? { width: image.width, height: roundHalfEven(image.width / least) }
    : ratio > greatest
    ? { width: roundHalfEven(image.height * greatest), height: image.height }
    : image;
  return {
    top: Math.floor((image.height - height) / 2),
    left: Math.floor((image.width - width) / 2),
    height,
    width,
  };
}

/** Options of {@linkcode centerView}. */
export interface CenterViewOptions {
  /** The height and width of the result, in pixels. */
  size: number;
  /** The length of the shorter side after resizing, in pixels; at least `size`. */
  resize: number;
}

/**
 * The centre of an image, for evaluation: torchvision's `Resize` (shorter side), then `CenterCrop`.
 *
 * @throws {RangeError} If `resize` is less than `size`.
 */
export function centerView(image: ImageSize, options: CenterViewOptions): View {
  checkOptions("centerView", options, { size: true, resize: true });
  const { size, resize } = options;
  if (!(resize >= size)) {
    throw new RangeError(`resize must be at least ${size}, the size: current value is ${resize}`);
  }
  const { height, width } = image;
  const shorter = Math.min(height, width);
  const resized = {
    height: Math.floor((resize * height) / shorter),
    width: Math.floor((resize * width) / shorter),
  };
  return {
    box: { top: 0, left: 0, height, width },
    resized,
    top: roundHalfEven((resized.height - size) / 2),
    left: roundHalfEven((resized.width - size) / 2),
    flip: false,
  };
}

function between([least, greatest]: readonly [number, number], share: number): number {
  return least + (greatest - least) * share;
}

/** Python's `round`, which torchvision uses. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function checkRange(name: string, range: readonly [number, number]): void {
  const [least, greatest] = range;
  if (!(least > 0 && least <= greatest && greatest < Infinity)) {
    throw new RangeError(`${name} must be a range of positive numbers: current value is ${range}`);
  }
}
