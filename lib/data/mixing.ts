/**
 * Mixup and CutMix: which images of a batch are mixed, and how. The step mixes them on the device, so
 * that a teacher sees the same images as the student.
 *
 * @module
 */
import { checkInteger, checkOptions } from "../arguments.ts";
import type { Random } from "../random.ts";
import type { Batch, Mixing } from "./batches.ts";
import { mixingStream } from "./epoch.ts";

/** Options of {@linkcode mixUp}. */
export interface MixUpOptions {
  /** The partner of each image, by its place in the batch. */
  partners: Int32Array<ArrayBuffer>;
  /** Height and width of the images. */
  size: readonly [height: number, width: number];
  /** The share of the image itself, lambda in the paper, from 0 to 1. */
  share: number;
}

/** Options of {@linkcode cutMix}. */
export interface CutMixOptions extends MixUpOptions {
  /** Row and column of the middle of the box. */
  center: readonly [row: number, column: number];
}

/**
 * Mixup (arXiv:1710.09412): `share` times the image plus `1 - share` times its partner, and their labels
 * likewise. As `MixUp` of torchvision.transforms.v2, whose partner is the previous image.
 *
 * @throws {TypeError} If an option is unknown.
 * @throws {RangeError} If `share` is not from 0 to 1.
 *
 * @example
 * ```ts
 * import { mixUp } from "@attention-transfer/core";
 *
 * const mixing = mixUp({ partners: Int32Array.of(1, 0), size: [32, 32], share: 0.7 });
 * console.log(mixing.own[0], mixing.share); // 0.7 0.7
 * ```
 */
export function mixUp(options: MixUpOptions): Mixing {
  checkOptions("mixUp", options, { partners: true, size: true, share: true });
  const { partners, size: [height, width], share } = options;
  checkShare(share);
  return { partners, own: new Float32Array(height * width).fill(share), share };
}

/**
 * CutMix (arXiv:1905.04899): a box of the partner in the image. It covers `1 - share` of the image,
 * unless the border cuts it; the labels count by the pixels. As `CutMix` of torchvision.transforms.v2:
 * from `center`, half of the box, rounded down, goes in each direction.
 *
 * @throws {TypeError} If an option is unknown.
 * @throws {RangeError} If `share` is not from 0 to 1, or `center` is outside the image.
 *
 * @example
 * ```ts
 * import { cutMix } from "@attention-transfer/core";
 *
 * const partners = Int32Array.of(1, 0);
 * const { share } = cutMix({ partners, size: [32, 32], share: 0.75, center: [0, 16] });
 * console.log(share); // 0.875: half of the box is outside
 * ```
 */
export function cutMix(options: CutMixOptions): Mixing {
  checkOptions("cutMix", options, { partners: true, size: true, share: true, center: true });
  const { partners, size: [height, width], share, center: [row, column] } = options;
  checkShare(share);
  checkInteger("the row of the center", row, 0, height - 1);
  checkInteger("the column of the center", column, 0, width - 1);
  const half = 0.5 * Math.sqrt(1 - share);
  const [top, bottom] = cut(row, Math.floor(half * height), height);
  const [left, right] = cut(column, Math.floor(half * width), width);
  const own = new Float32Array(height * width).fill(1);
  for (let y = top; y < bottom; y++) own.fill(0, y * width + left, y * width + right);
  return { partners, own, share: 1 - (bottom - top) * (right - left) / (height * width) };
}

function cut(center: number, half: number, size: number): [from: number, to: number] {
  return [Math.max(0, center - half), Math.min(size, center + half)];
}

function checkShare(share: number): void {
  if (share >= 0 && share <= 1) return;
  throw new RangeError(`Cannot use ${share} as share: it must be from 0 to 1`);
}

/** How to draw the mixing of a batch. */
export interface DrawMixingOptions {
  /** Mixes by {@linkcode mixUp} with shares from `Beta(mixup, mixup)`; above 0. Default: never. */
  mixup?: number | undefined;
  /** Mixes by {@linkcode cutMix} with shares from `Beta(cutmix, cutmix)`; above 0. Default: never. */
  cutmix?: number | undefined;
  /** The probability that a batch is mixed at all. Default 1. */
  probability?: number | undefined;
}

/** Options of {@linkcode withMixing}. */
export interface WithMixingOptions extends DrawMixingOptions {
  /** The seed of the run, an integer in `[0, 2^32)`. */
  seed: number;
  /** The epoch, a non-negative integer. */
  epoch: number;
  /** The index of the first of the batches in the epoch. Default 0. */
  first?: number;
}

/**
 * Adds to each batch how its images are mixed: partners are a random permutation, as in the papers.
 * With both mixup and CutMix, each batch is mixed by one of them, with the same probability. Everything
 * depends on seed, epoch and the batch's number alone.
 *
 * @throws {RangeError} If `mixup` or `cutmix` is not above 0, `probability` is not from 0 to 1, or
 * another number is not an integer in its range.
 * @throws {TypeError} If an option is unknown.
 *
 * @example
 * ```ts
 * import { withMixing } from "@attention-transfer/core";
 *
 * const batch = {
 *   images: new Float32Array(4 * 8 * 8 * 3),
 *   labels: Int32Array.of(0, 1, 2, 3),
 *   shape: [4, 8, 8, 3] as [number, number, number, number],
 * };
 * const options = { seed: 0, epoch: 0, mixup: 0.2, cutmix: 1 };
 * for await (const { mixing } of withMixing([batch], options)) console.log(mixing?.partners);
 * ```
 */
export async function* withMixing(
  batches: Iterable<Batch> | AsyncIterable<Batch>,
  options: WithMixingOptions,
): AsyncGenerator<Batch, void, undefined> {
  checkOptions("withMixing", options, {
    ...{ seed: true, epoch: true, first: true, mixup: true, cutmix: true, probability: true },
  });
  const { seed, epoch, first = 0 } = options;
  checkInteger("first", first, 0);
  let place = first;
  for await (const batch of batches) {
    const mixing = drawMixing(mixingStream(seed, epoch, place++), batch.shape, options);
    yield { ...batch, mixing };
  }
}

function drawMixing(
  random: Random,
  [count, height, width]: Batch["shape"],
  { mixup, cutmix, probability = 1 }: DrawMixingOptions,
): Mixing {
  for (const [name, alpha] of Object.entries({ mixup, cutmix })) {
    if (alpha === undefined || alpha > 0 && alpha < Infinity) continue;
    throw new RangeError(`Cannot use ${alpha} as ${name}: it must be above 0`);
  }
  if (!(probability >= 0 && probability <= 1)) {
    throw new RangeError(`Cannot use ${probability} as probability: it must be from 0 to 1`);
  }
  const partners = Int32Array.from(random.permutation(count));
  const size = [height, width] as const;
  const cuts = mixup === undefined || cutmix !== undefined && random.integer(2) === 1;
  const alpha = cuts ? cutmix : mixup;
  const mixes = alpha !== undefined && random.uniform() < probability;
  if (!mixes) return mixUp({ partners, size, share: 1 });
  const share = drawBeta(random, alpha);
  if (!cuts) return mixUp({ partners, size, share });
  return cutMix({
    ...{ partners, size, share },
    center: [random.integer(height), random.integer(width)],
  });
}

/** A number of the distribution Beta(alpha, alpha). */
export function drawBeta(random: Random, alpha: number): number {
  const [a, b] = [drawLogGamma(random, alpha), drawLogGamma(random, alpha)];
  return 1 / (1 + Math.exp(b - a));
}

/**
 * The logarithm of a number of the distribution Gamma(alpha, 1): that of Gamma(alpha + 1, 1) by
 * Marsaglia and Tsang (2000), times a power of a uniform number, which would be 0 for a small alpha.
 */
function drawLogGamma(random: Random, alpha: number): number {
  const d = alpha + 2 / 3;
  while (true) {
    const x = random.normal();
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    const accepted = v > 0 &&
      Math.log(1 - random.uniform()) < x * x / 2 + d - d * v + d * Math.log(v);
    if (accepted) return Math.log(d * v) + Math.log(1 - random.uniform()) / alpha;
  }
}
