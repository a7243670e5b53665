/**
 * Implements `--log-terms`: shows how strongly each loss term affects the student.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import type { Batch } from "../../lib/data/batches.ts";
import { UserError } from "../../lib/errors.ts";
import type { Tensors } from "../../lib/params.ts";
import type { Scalars, TensorBatch } from "../../lib/train/loss.ts";
import { toScalars, toTensors } from "../../lib/train/device.ts";
import { dispose } from "../../lib/train/dispose.ts";
import type { TrainOptions } from "../../lib/train/loop.ts";
import type { Place } from "../../lib/train/position.ts";
import type { TrainState } from "../../lib/train/train_state.ts";

/** The gradient norm of each weighted term: `jit(termGradientNorms(...))`. */
export type TermNorms = (
  params: Tensors,
  batch: TensorBatch,
  scalars: Scalars,
  lossParams: Tensors,
) => Promise<Record<string, tf.Scalar>>;

/** The effect of each term, for a log. */
export interface TermReport {
  /** The norm of each weighted term's gradient with respect to the student's parameters. */
  term_gradient_norms: Record<string, number>;
  /** The same as fractions of their sum, from 0 to 1. */
  term_shares: Record<string, number>;
}

/** Measures on the next batch of the run, and prints the result in a line. */
export async function reportTerms(
  termNorms: TermNorms,
  { params, loss }: TrainState,
  position: Place,
  { trainBatches, schedule }: Pick<TrainOptions, "trainBatches" | "schedule">,
): Promise<TermReport> {
  const next = await nextBatch(position, trainBatches);
  const batch = toTensors(next.batch);
  const scalars = toScalars(schedule(next.place));
  const norms = await termNorms(params, batch, scalars, loss?.params ?? {});
  const values = await Promise.all(
    Object.values(norms).map(async (norm) => (await norm.data())[0]!),
  );
  dispose(norms, scalars, batch);
  const sum = values.reduce((a, b) => a + b, 0);
  const names = Object.keys(norms);
  const report = {
    term_gradient_norms: Object.fromEntries(names.map((name, i) => [name, values[i]!])),
    term_shares: Object.fromEntries(names.map((name, i) => [name, sum && values[i]! / sum])),
  };
  const described = names.map((name, i) =>
    `${name} ${values[i]!.toPrecision(3)} (${(100 * report.term_shares[name]!).toFixed(1)}%)`
  );
  console.error(`gradient norm of each weighted term: ${described.join(", ")}`);
  return report;
}

/** A run's next batch and its position; after an epoch's last batch, from the next epoch. */
export async function nextBatch(
  { epoch, batch: first, steps }: Place,
  trainBatches: TrainOptions["trainBatches"],
): Promise<{ batch: Batch; place: Place }> {
  for (const place of [{ epoch, batch: first, steps }, { epoch: epoch + 1, batch: 0, steps }]) {
    for await (const batch of trainBatches(place.epoch, place.batch)) return { batch, place };
  }
  throw new UserError("Cannot measure a training step: there are no images");
}
