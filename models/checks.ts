/**
 * What the networks ask of their options.
 *
 * @module
 */
import type { SgeOptions } from "./spatial_group_enhance.ts";

/** The widths of a network's groups: `floor(base * width)`. Throws a RangeError for less than 1. */
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

/** Throws a RangeError unless it is a whole number, 1 or more. */
export function checkClasses(network: string, numClasses: number): void {
  if (!Number.isInteger(numClasses) || numClasses < 1) {
    throw new RangeError(
      `Cannot build a ${network} for ${numClasses} classes: it must be a whole number, 1 or more`,
    );
  }
}

/** Throws a RangeError unless the groups of SGE, if any, divide the channels that it is to have. */
export function checkSge(
  network: string,
  sge: SgeOptions | undefined,
  channels: readonly number[],
): void {
  if (!sge) return;
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
