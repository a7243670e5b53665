/**
 * The training loop that all tasks share: epochs of steps, each epoch followed by an evaluation.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Batch } from "../data/batches.ts";
import { UserError } from "../errors.ts";
import type { Params } from "../params.ts";
import { addToMeter, emptyMeter, type Meter } from "./meter.ts";
import type { EvalResult, StepResult, TensorBatch, TrainState } from "./train_step.ts";

/** Where a run stands. */
export interface Position {
  /** Whole epochs done. */
  epoch: number;
  /** Steps done in the current epoch. */
  batch: number;
  /** Steps done in the whole run. */
  steps: number;
  /** What the current epoch's steps gave so far. */
  meter: Meter;
}

/** The position before the first step. */
export function startPosition(): Position {
  return { epoch: 0, batch: 0, steps: 0, meter: emptyMeter() };
}

/** What {@link train} needs. */
export interface TrainOptions {
  state: TrainState;
  position: Position;
  /** Usually `jit(trainStep(...))`. */
  step: (state: TrainState, batch: TensorBatch, rate: tf.Scalar) => Promise<StepResult>;
  /** Usually `jit(evalStep(...))`. */
  evaluate: (params: Params, batch: TensorBatch) => Promise<EvalResult>;
  /** The batches of an epoch (from 0), from the given batch on. */
  trainBatches: (epoch: number, first: number) => Iterable<Batch>;
  testBatches: () => Iterable<Batch>;
  /** The learning rate of an epoch (from 0). */
  rate: (epoch: number) => number;
  epochs: number;
  /** Stops after so many steps of the whole run. */
  maxSteps?: number | undefined;
}

/** What happens in a run: a step was done, or an epoch (the last one may be cut by `maxSteps`). */
export type TrainEvent =
  | { type: "step"; position: Position }
  | {
    type: "epoch";
    position: Position;
    state: TrainState;
    train: Meter;
    test: Meter;
    /** Seconds. */
    trainTime: number;
    testTime: number;
  };

/**
 * Trains, and tells what happens. The state of the last event belongs to the caller; the earlier ones
 * are disposed as training goes on.
 *
 * @throws {UserError} where a term of the loss is not finite; it names the step and the term.
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainEvent, void, undefined> {
  const { step, evaluate, trainBatches, testBatches, rate, epochs, maxSteps = Infinity } = options;
  let { state, position } = options;
  while (position.epoch < epochs && position.steps < maxSteps) {
    const { epoch, batch } = position;
    const start = performance.now();
    const epochRate = tf.scalar(rate(epoch));
    const batches = take(trainBatches(epoch, batch), maxSteps - position.steps);
    for await (
      const { item, result } of overlapped(batches, (item) => step(state, item, epochRate))
    ) {
      tf.dispose(state as unknown as tf.TensorContainer);
      state = result.state;
      position = await advance(position, item, result);
      yield { type: "step", position };
    }
    epochRate.dispose();
    const trained = performance.now();
    const test = await evaluateAll(evaluate, state.params, testBatches());
    const { meter: train } = position;
    // An epoch cut short stays the current one: the position says how far it came.
    const isWhole = !batches.cut;
    if (isWhole) position = { ...startPosition(), epoch: epoch + 1, steps: position.steps };
    yield {
      type: "epoch",
      position,
      state,
      train,
      test,
      trainTime: (trained - start) / 1000,
      testTime: (performance.now() - trained) / 1000,
    };
  }
}

async function advance(
  position: Position,
  batch: TensorBatch,
  result: StepResult,
): Promise<Position> {
  const terms = await readScalars(result.terms);
  const [correct] = await result.correct.data();
  const steps = position.steps + 1;
  for (const [name, value] of Object.entries(terms)) {
    if (!Number.isFinite(value)) {
      throw new UserError(
        `Cannot go on training: ${name} is ${value} at step ${steps} (epoch ${
          position.epoch + 1
        }); ` +
          `try a smaller learning rate or weight of that term`,
      );
    }
  }
  tf.dispose([result.correct, ...Object.values(result.terms)]);
  const meter = addToMeter(position.meter, batch.labels.size, correct as number, terms);
  return { ...position, batch: position.batch + 1, steps, meter };
}

/** The mean loss and the number of right answers over all batches. */
export async function evaluateAll(
  evaluate: TrainOptions["evaluate"],
  params: Params,
  batches: Iterable<Batch>,
): Promise<Meter> {
  let meter = emptyMeter();
  for await (
    const { item, result } of overlapped(batches, (item) => evaluate(params, item))
  ) {
    const { loss, correct } = await readScalars({ ...result });
    meter = addToMeter(meter, item.labels.size, correct as number, { loss: loss as number });
    tf.dispose([result.loss, result.correct]);
  }
  return meter;
}

async function readScalars(scalars: Record<string, tf.Scalar>): Promise<Record<string, number>> {
  const entries = Object.entries(scalars).map(async ([name, scalar]) =>
    [name, (await scalar.data())[0] as number] as const
  );
  return Object.fromEntries(await Promise.all(entries));
}

/** Starts work on each batch in turn; while it runs, the next batch is made. */
async function* overlapped<Result>(
  batches: Iterable<Batch>,
  start: (batch: TensorBatch) => Promise<Result>,
): AsyncGenerator<{ item: TensorBatch; result: Result }> {
  const iterator = batches[Symbol.iterator]();
  for (let next = iterator.next(); !next.done;) {
    const item = toTensors(next.value);
    const work = start(item);
    next = iterator.next();
    yield { item, result: await work };
    tf.dispose([item.images, item.labels]);
  }
}

function toTensors({ images, labels, shape }: Batch): TensorBatch {
  return { images: tf.tensor4d(images, shape), labels: tf.tensor1d(labels, "int32") };
}

/** At most `count` of the batches; `cut` tells afterwards whether some were left. */
function take(batches: Iterable<Batch>, count: number): Iterable<Batch> & { cut: boolean } {
  return {
    cut: false,
    *[Symbol.iterator]() {
      for (const batch of batches) {
        if (count-- <= 0) {
          this.cut = true;
          return;
        }
        yield batch;
      }
    },
  };
}
