/**
 * The part of each batch that belongs to one of several processes that train together.
 *
 * @module
 */
import { checkInteger } from "../arguments.ts";

/** One of several equal parts. */
export interface Part {
  /** The number of the part, from 0. */
  rank: number;
  /** The number of parts. */
  parts: number;
}

/** All in one part. */
export const whole: Part = { rank: 0, parts: 1 };

/**
 * The items of a part: from the first number up to, but without, the second. The parts follow each
 * other without gap or overlap, and their sizes differ by at most one.
 *
 * @throws {RangeError} If a number is not an integer in its range.
 *
 * @example
 * ```ts
 * import { partOf } from "@attention-transfer/core/data";
 *
 * console.log(partOf(5, { rank: 0, parts: 2 }), partOf(5, { rank: 1, parts: 2 })); // [0, 2] [2, 5]
 * ```
 */
export function partOf(count: number, { rank, parts }: Part): [from: number, to: number] {
  checkInteger("count", count, 0);
  checkInteger("parts", parts, 1);
  checkInteger("rank", rank, 0, parts - 1);
  return [Math.floor(rank * count / parts), Math.floor((rank + 1) * count / parts)];
}
