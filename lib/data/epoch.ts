/**
 * What the batches of an epoch share, whatever its images come from: its random numbers, and the checks
 * of its options.
 *
 * @module
 */
import { type Random, randomStream } from "../random.ts";

// What each stream of random numbers of a run is for; 0 is left to the parameters.
const ORDER = 1;
const AUGMENTATION = 2;

/** The order in which an epoch shows `size` images. */
export function epochOrder(seed: number, epoch: number, size: number): Uint32Array {
  return randomStream(seed, ORDER, epoch).permutation(size);
}

/** The random numbers by which an epoch's batch, or image, of that place is augmented. */
export function augmentationStream(seed: number, epoch: number, place: number): Random {
  return randomStream(seed, AUGMENTATION, epoch, place);
}

/** @throws {RangeError} If an option is not an integer in its range. */
export function checkInteger(name: string, value: number, least: number, most = Infinity): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new RangeError(`${name} must be an integer ${range}: current value is ${value}`);
  }
}
