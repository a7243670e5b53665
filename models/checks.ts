/**
 * Checks of the networks' options and inputs.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { checkFloats, checkOptions, describeValue } from "../lib/arguments.ts";
import type { Mode } from "./model.ts";
import { sgeOptionNames, type SgeOptions } from "./spatial_group_enhance.ts";

/** The groups' widths `floor(base * width)`. Throws a RangeError if one is below 1. */
export function groupWidths(
  network: string,
  bases: readonly [number, ...number[]],
  width: number,
): number[] {
  const widths = bases.map((channels) => Math.floor(channels * width));
  if (!(widths.every((channels) => channels >= 1) && Number.isFinite(width))) {
    throw new RangeError(
      `Cannot build a ${network} of width ${width}: it must be a number of 1/${bases[0]} or more`,
    );
  }
  return widths;
}

/** Throws a RangeError unless `numClasses` is a whole number of at least 1. */
export function checkClasses(network: string, numClasses: number): void {
  if (!Number.isInteger(numClasses) || numClasses < 1) {
    throw new RangeError(
      `Cannot build a ${network} for ${numClasses} classes: it must be a whole number, 1 or more`,
    );
  }
}

/** Throws a RangeError unless this is a valid start for batch norm weights. */
export function checkBatchNormWeight(network: string, start: unknown): void {
  if (start === "uniform" || start === "ones") return;
  throw new RangeError(
    `Cannot build a ${network} with batchNormWeight ${describeValue(start)}: it must be ` +
      `"uniform" or "ones"`,
  );
}

/**
 * Throws a TypeError unless the images are `[N, H, W, C]` with the network's number of channels.
 *
 * @param filter The filter of the first convolution, `[kh, kw, C, out]`.
 */
export function checkImages(network: string, images: tf.Tensor4D, filter: tf.Tensor4D): void {
  checkFloats("the images", images);
  const channels = filter.shape[2];
  if (images.rank === 4 && images.shape[3] === channels) return;
  const isTurned = images.rank === 4 && images.shape[1] === channels;
  throw new TypeError(
    `Cannot run a ${network} on images [${images.shape}]: they must be [N, H, W, ${channels}]` +
      (isTurned ? ", and these look like [N, C, H, W]; use tf.transpose(x, [0, 2, 3, 1])" : ""),
  );
}

/** Throws a TypeError unless the mode is valid. Layers would handle an unknown mode differently. */
export function checkMode(network: string, mode: Mode): void {
  if (mode === "train" || mode === "eval") return;
  throw new TypeError(
    `Cannot run a ${network} in mode ${describeValue(mode)}: it must be "train" or "eval"`,
  );
}

/**
 * Throws a RangeError unless the SGE groups divide the channels; a TypeError for an unknown option.
 */
export function checkSge(
  network: string,
  sge: SgeOptions | undefined,
  channels: readonly number[],
): void {
  if (sge === undefined) return;
  checkOptions(`sge of ${network}`, sge, sgeOptionNames);
  const { groups } = sge;
  if (!Number.isInteger(groups) || groups < 1) {
    throw new RangeError(
      `Cannot build a ${network} with ${groups} groups of SGE: it must be a whole number, 1 or more`,
    );
  }
  if (channels.some((count) => count % groups !== 0)) {
    const most = channels.reduce(greatestCommonDivisor);
    throw new RangeError(
      `Cannot build a ${network} with ${groups} groups of SGE: they must divide the channels, which ` +
        `are ${channels.join(", ")}, so at most ${most}`,
    );
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
