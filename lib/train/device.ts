/**
 * Copies batches and scalars to the device as tensors.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Batch } from "../data/batches.ts";
import { needBackend } from "../need_backend.ts";
import { mapValues } from "../params.ts";
import type { Scalars, TensorBatch } from "./loss.ts";
import type { Schedule } from "./schedule.ts";

/** The scalars of a step. */
export function toScalars(schedule: Schedule): Scalars {
  const { learningRate, beta, averageRate, factors } = schedule;
  return {
    learningRate: tf.scalar(learningRate),
    ...(beta !== undefined && { beta: tf.scalar(beta) }),
    ...(factors && { factors: mapValues(factors, (factor) => tf.scalar(factor)) }),
    ...(averageRate !== undefined && { averageRate: tf.scalar(averageRate) }),
  };
}

/**
 * A batch of arrays, such as {@link trainBatches} makes, as tensors for a step. {@link train} does this
 * itself.
 *
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import { toTensors } from "@attention-transfer/core";
 *
 * const batch = toTensors({
 *   images: new Float32Array(2 * 8 * 8 * 3),
 *   labels: Int32Array.of(0, 1),
 *   shape: [2, 8, 8, 3],
 * });
 * console.log(batch.images.shape, batch.labels.dtype); // [2, 8, 8, 3] int32
 * ```
 */
export function toTensors({ images, labels, shape, extras, examples, mixing }: Batch): TensorBatch {
  needBackend("a batch");
  return {
    images: tf.tensor4d(images, shape),
    labels: tf.tensor1d(labels, "int32"),
    ...(extras && { extras: mapValues(extras, ({ values, shape }) => tf.tensor(values, shape)) }),
    ...(mixing && {
      mixing: {
        partners: tf.tensor1d(mixing.partners, "int32"),
        own: tf.tensor2d(mixing.own, [shape[1], shape[2]]),
        share: tf.scalar(mixing.share),
      },
    }),
    ...(examples !== undefined && { worker: { examples: tf.scalar(examples) } }),
  };
}
