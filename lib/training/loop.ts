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
import type { Scalars, TensorBatch } from "./loss.ts";
import type { EvalResult, StepResult, TrainState } from "./train_step.ts";

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

/** The values of a step's {@link Scalars}. */
export interface Schedule {
  rate: number;
  [name: string]: number;
}

/** Batches at hand, or those that come. */
export type Batches = Iterable<Batch> | AsyncIterable<Batch>;

/** What {@link train} needs. */
export interface TrainOptions {
  state: TrainState;
  position: Position;
  /** Usually `jit(trainStep(...))`. */
  step: (state: TrainState, batch: TensorBatch, scalars: Scalars) => Promise<StepResult>;
  /** Usually `jit(evalStep(...))`. */
  evaluate: (params: Params, batch: TensorBatch) => Promise<EvalResult>;
  /** The batches of an epoch (from 0), from the given batch on. */
  trainBatches: (epoch: number, first: number) => Batches;
  testBatches: () => Batches;
  /** The learning rate of a step, and the other numbers that its loss takes. */
  schedule: (position: Position) => Schedule;
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
  const { step, evaluate, trainBatches, testBatches, schedule, epochs, maxSteps = Infinity } =
    options;
  let { state, position } = options;
  while (position.epoch < epochs && position.steps < maxSteps) {
    const { epoch, batch } = position;
    const start = performance.now();
    const batches = take(trainBatches(epoch, batch), maxSteps - position.steps);
    const makeStep = async (item: TensorBatch) => {
      const scalars = toScalars(schedule(position));
      const result = await step(state, item, scalars);
      tf.dispose(scalars);
      return result;
    };
    for await (const { item, result } of overlapped(batches, makeStep)) {
      tf.dispose(state as unknown as tf.TensorContainer);
      state = result.state;
      position = await advance(position, item, result);
      yield { type: "step", position };
    }
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
  { terms: termScalars, loss, correct, correct5 }: StepResult,
): Promise<Position> {
  const terms = await readScalars(termScalars);
  const figures = await readScalars({ loss, correct, correct5 });
  const steps = position.steps + 1;
  for (const [name, value] of Object.entries({ ...terms, loss: figures.loss })) {
    if (!Number.isFinite(value)) {
      throw new UserError(
        `Cannot go on training: ${name} is ${value} at step ${steps} (epoch ${
          position.epoch + 1
        }); try a smaller learning rate, or a smaller weight of that term`,
      );
    }
  }
  tf.dispose([loss, correct, correct5, ...Object.values(termScalars)]);
  const meter = addToMeter(position.meter, { ...figures, examples: batch.labels.size, terms });
  return { ...position, batch: position.batch + 1, steps, meter };
}

/** The mean loss and the number of right answers over all batches. */
export async function evaluateAll(
  evaluate: TrainOptions["evaluate"],
  params: Params,
  batches: Batches,
): Promise<Meter> {
  let meter = emptyMeter();
  for await (
    const { item, result } of overlapped(batches, (item) => evaluate(params, item))
  ) {
    const figures = await readScalars({ ...result });
    meter = addToMeter(meter, { ...figures, examples: item.labels.size });
    tf.dispose(Object.values(result));
  }
  return meter;
}

async function readScalars<Name extends string>(
  scalars: Record<Name, tf.Scalar>,
): Promise<Record<Name, number>> {
  const entries = Object.entries<tf.Scalar>(scalars).map(async ([name, scalar]) =>
    [name, (await scalar.data())[0]] as const
  );
  return Object.fromEntries(await Promise.all(entries)) as Record<Name, number>;
}

/** Starts work on each batch in turn; while it runs, the next batch is made. */
async function* overlapped<Result>(
  batches: Batches,
  start: (batch: TensorBatch) => Promise<Result>,
): AsyncGenerator<{ item: TensorBatch; result: Result }> {
  const iterator = iteratorOf(batches);
  try {
    let next = await iterator.next();
    while (!next.done) {
      const item = toTensors(next.value);
      const [result, following] = await Promise.all([start(item), iterator.next()]);
      yield { item, result };
      tf.dispose([item.images, item.labels]);
      next = following;
    }
  } finally {
    await iterator.return?.();
  }
}

function iteratorOf(batches: Batches): Iterator<Batch> | AsyncIterator<Batch> {
  return Symbol.asyncIterator in batches
    ? batches[Symbol.asyncIterator]()
    : batches[Symbol.iterator]();
}

/** The scalars of a step. */
export function toScalars(schedule: Schedule): Scalars {
  const scalars = Object.entries(schedule).map(([name, value]) => [name, tf.scalar(value)]);
  return Object.fromEntries(scalars) as Scalars;
}

/** A batch on the device. */
export function toTensors({ images, labels, shape }: Batch): TensorBatch {
  return { images: tf.tensor4d(images, shape), labels: tf.tensor1d(labels, "int32") };
}

/** At most `count` of the batches; `cut` tells afterwards whether some were left. */
function take(batches: Batches, count: number): AsyncIterable<Batch> & { cut: boolean } {
  return {
    cut: false,
    async *[Symbol.asyncIterator]() {
      for await (const batch of batches) {
        if (count-- <= 0) {
          this.cut = true;
          return;
        }
        yield batch;
      }
    },
  };
}
