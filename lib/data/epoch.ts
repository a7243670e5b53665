/**
 * Random numbers for the batches of an epoch, from any source of images.
 *
 * @module
 */
import { type Random, randomStream } from "../random.ts";

// The purpose of each random stream of a run; stream 0 is for the parameters.
const ofOrder = 1;
const ofAugmentation = 2;
const ofMixing = 3;

/** The order of `size` images in an epoch. */
export function epochOrder(seed: number, epoch: number, size: number): Uint32Array {
  return randomStream(seed, ofOrder, epoch).permutation(size);
}

/** The random numbers to augment a batch or an image with; `place` is its number in the epoch. */
export function augmentationStream(seed: number, epoch: number, place: number): Random {
  return randomStream(seed, ofAugmentation, epoch, place);
}

/** The random numbers to mix the images of a batch with. */
export function mixingStream(seed: number, epoch: number, batch: number): Random {
  return randomStream(seed, ofMixing, epoch, batch);
}
