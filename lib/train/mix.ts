/**
 * Mixes the images of a batch, as mixup and CutMix do.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { tidy } from "../../models/layers.ts";
import { checkTensors } from "../arguments.ts";
import type { TensorBatch } from "./batch.ts";

/**
 * The batch with its images mixed as its `mixing` says: each image counts `own` at each pixel, its
 * partner the rest. `labels` are then those of the image with the larger share, and `mixed` has the
 * other labels with their share, for {@link crossEntropy}. A step does this first, so that student and
 * teacher see the mixed images. Without `mixing`, it is the batch as it was.
 *
 * @throws {TypeError} If a tensor is missing or disposed.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { mixBatch } from "@attention-transfer/core";
 *
 * const { images, labels, mixed } = mixBatch({
 *   images: tf.tensor4d([0, 1], [2, 1, 1, 1]),
 *   labels: tf.tensor1d([5, 7], "int32"),
 *   mixing: {
 *     partners: tf.tensor1d([1, 0], "int32"),
 *     own: tf.tensor2d([[0.25]]),
 *     share: tf.scalar(0.25),
 *   },
 * });
 * console.log(images.dataSync(), labels.dataSync()); // [0.75, 0.25], [7, 5]
 * console.log(mixed?.labels.dataSync(), mixed?.share.dataSync()); // [5, 7], [0.75]
 * ```
 */
export function mixBatch(batch: TensorBatch): TensorBatch {
  const { mixing, ...others } = batch;
  if (mixing === undefined) return batch;
  checkTensors("the mixing of the batch", mixing);
  const { images, labels } = batch;
  return tidy(() => {
    const { partners, share } = mixing;
    const own = tf.expandDims(mixing.own, 2);
    const theirs = tf.gather(labels, partners);
    const isLarger = tf.greaterEqual(share, 0.5);
    return {
      ...others,
      images: tf.add<tf.Tensor4D>(
        tf.mul(images, own),
        tf.mul(tf.gather(images, partners), tf.sub(1, own)),
      ),
      labels: tf.where(isLarger, labels, theirs),
      mixed: {
        labels: tf.where(isLarger, theirs, labels),
        share: tf.maximum<tf.Scalar>(share, tf.sub(1, share)),
      },
    };
  });
}
