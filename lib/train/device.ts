/**
 * Copies batches and scalars to the device as tensors.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Batch } from "../data/batches.ts";
import type { Scalars, TensorBatch } from "./loss.ts";
import type { Schedule } from "./schedule.ts";

/** The scalars of a step. */
export function toScalars(schedule: Schedule): Scalars {
  const { learningRate, beta } = schedule;
  return {
    learningRate: tf.scalar(learningRate),
    ...(beta !== undefined && { beta: tf.scalar(beta) }),
  };
}

/** A batch on the device. */
export function toTensors({ images, labels, shape, extras, examples }: Batch): TensorBatch {
  const more = Object.entries(extras ?? {}).map(([name, { values, shape }]) =>
    [name, tf.tensor(values, shape)] as const
  );
  return {
    images: tf.tensor4d(images, shape),
    labels: tf.tensor1d(labels, "int32"),
    ...(extras && { extras: Object.fromEntries(more) }),
    ...(examples !== undefined && { worker: { examples: tf.scalar(examples) } }),
  };
}

/** Frees a batch on the device. */
export function disposeBatch({ images, labels, extras = {}, worker = {} }: TensorBatch): void {
  tf.dispose([images, labels, extras, { ...worker }]);
}
