/**
 * Runs of the training loop without a network, for tests of what it counts and in which order.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Batch } from "../../../lib/data/batches.ts";
import {
  type EpochEvent,
  trainEpochs,
  type TrainEvent,
  type TrainOptions,
} from "../../../lib/train/loop.ts";
import { type Position, startPosition } from "../../../lib/train/position.ts";

/** Batches of the given labels; an image is a single pixel. */
export function batchesOf(...labels: number[][]): Batch[] {
  return labels.map((batch) => ({
    images: new Float32Array(batch.length),
    labels: Int32Array.from(batch),
    shape: [batch.length, 1, 1, 1],
  }));
}

/** A run over three small batches whose only parameter counts the steps; a loss is a mean label. */
export function counting(options: Partial<TrainOptions> = {}): TrainOptions {
  return {
    state: { params: { count: tf.scalar(0) }, buffers: {} },
    position: startPosition(),
    step: ({ params }, { labels }, { learningRate }) =>
      Promise.resolve({
        state: { params: { count: tf.add(params["count"]!, 1) }, buffers: {} },
        correct: tf.scalar(labels.size - 1),
        correct5: tf.scalar(labels.size),
        loss: tf.tidy(() => tf.mul(tf.mean<tf.Scalar>(labels), 2)),
        terms: { label: tf.mean(labels), rate: tf.clone(learningRate) },
        gradientSums: tf.tensor1d([0]),
      }),
    evaluate: (_params, { labels }) =>
      Promise.resolve({ loss: tf.mean(labels), correct: tf.scalar(1), correct5: tf.scalar(2) }),
    trainBatches: (_epoch, first) => batchesOf([1, 2, 3, 4], [5, 6, 7, 8], [9]).slice(first),
    testBatches: () => batchesOf([0, 1], [5]),
    schedule: ({ epoch }) => ({ learningRate: 10 / (epoch + 1) }),
    epochs: 2,
    ...options,
  };
}

/** All that happens in a run. */
export async function collect(options: TrainOptions): Promise<TrainEvent[]> {
  const events = [];
  for await (const event of trainEpochs(options)) events.push(event);
  return events;
}

export function epochsOf(events: TrainEvent[]): EpochEvent[] {
  return events.filter((event) => event.type === "epoch");
}

/** Whole epochs, steps of the current one, steps of the run. */
export function standing({ epoch, batch, steps }: Position): [number, number, number] {
  return [epoch, batch, steps];
}
