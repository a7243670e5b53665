/**
 * The training loop that all tasks share: epochs of steps, each epoch followed by an evaluation.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Batch } from "../data/batches.ts";
import { UserError } from "../errors.ts";
import type { Params } from "../params.ts";
import { addToMeter, type BatchFigures, emptyMeter, type Meter } from "./meter.ts";
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
  schedule: (place: Omit<Position, "meter">) => Schedule;
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
 * Trains, and tells what happens. A step's event comes while the next step runs already. The state of
 * the last epoch's event belongs to the caller; all others are disposed as training goes on, and that
 * of an epoch that the caller leaves, too.
 *
 * @throws {UserError} where a term of the loss is not finite; it names the step and the term.
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainEvent, void, undefined> {
  const { step, evaluate, trainBatches, testBatches, schedule, epochs, maxSteps = Infinity } =
    options;
  let { state, position } = options;
  let given = state;
  try {
    while (position.epoch < epochs && position.steps < maxSteps) {
      const { epoch } = position;
      const start = performance.now();
      const batches = take(trainBatches(epoch, position.batch), maxSteps - position.steps);
      // Of the step that starts; `position` is of the last one whose figures were read.
      let { batch, steps } = position;
      const makeStep = async (item: TensorBatch) => {
        const scalars = toScalars(schedule({ epoch, batch: batch++, steps: steps++ }));
        try {
          const { state: next, ...figures } = await step(state, item, scalars);
          disposeState(state);
          state = next;
          return figures;
        } finally {
          tf.dispose(scalars);
        }
      };
      for await (const figures of figuresOf(batches, makeStep)) {
        position = advance(position, figures);
        yield { type: "step", position };
      }
      const trained = performance.now();
      const test = await evaluateAll(evaluate, state.params, testBatches());
      const { meter: train } = position;
      // An epoch cut short stays the current one: the position says how far it came.
      const isWhole = !batches.cut;
      if (isWhole) position = { ...startPosition(), epoch: epoch + 1, steps: position.steps };
      given = state;
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
  } finally {
    if (state !== given) disposeState(state);
  }
}

function disposeState({ params, buffers }: TrainState): void {
  tf.dispose([params, buffers]);
}

function advance(position: Position, figures: BatchFigures): Position {
  const steps = position.steps + 1;
  for (const [name, value] of Object.entries({ ...figures.terms, loss: figures.loss })) {
    if (!Number.isFinite(value)) {
      throw new UserError(
        `Cannot go on training: ${name} is ${value} at step ${steps} (epoch ${
          position.epoch + 1
        }); try a smaller learning rate, or a smaller weight of that term`,
      );
    }
  }
  const meter = addToMeter(position.meter, figures);
  return { ...position, batch: position.batch + 1, steps, meter };
}

/** The mean loss and the number of right answers over all batches. */
export async function evaluateAll(
  evaluate: TrainOptions["evaluate"],
  params: Params,
  batches: Batches,
): Promise<Meter> {
  let meter = emptyMeter();
  for await (const figures of figuresOf(batches, (batch) => evaluate(params, batch))) {
    meter = addToMeter(meter, figures);
  }
  return meter;
}

/** What a batch gave, on the device. */
type Figures = EvalResult & Partial<Pick<StepResult, "terms">>;

/**
 * Starts work on each batch in turn, and gives its figures. While work runs, the figures of the batch
 * before are read and the batch after is made: what computes need not wait for either.
 */
async function* figuresOf(
  batches: Batches,
  start: (batch: TensorBatch) => Promise<Figures>,
): AsyncGenerator<BatchFigures, void, undefined> {
  const iterator = iteratorOf(batches);
  const nextBatch = async () => await iterator.next(); // one that throws at once rejects, too
  const workOn = async (batch: Batch) => {
    const item = toTensors(batch);
    const [work, next] = await Promise.allSettled([start(item), nextBatch()]);
    disposeBatch(item);
    if (work.status === "rejected") throw work.reason;
    if (next.status === "fulfilled") {
      return { examples: batch.labels.length, result: work.value, next: next.value };
    }
    disposeFigures(work.value);
    throw next.reason;
  };
  let running: ReturnType<typeof workOn> | undefined;
  const begin = ({ done, value }: IteratorResult<Batch, void>) => {
    running = done ? undefined : workOn(value as Batch);
    running?.catch(() => {}); // it is told when its turn comes
  };
  try {
    begin(await iterator.next());
    while (running) {
      const { examples, result, next } = await running;
      begin(next);
      yield { ...await readFigures(result), examples };
    }
  } finally {
    const unread = await running?.catch(() => undefined);
    if (unread) disposeFigures(unread.result);
    await iterator.return?.();
  }
}

async function readFigures(
  { terms = {}, ...counts }: Figures,
): Promise<Omit<BatchFigures, "examples">> {
  try {
    return { ...await readScalars(counts), terms: await readScalars(terms) };
  } finally {
    disposeFigures({ ...counts, terms });
  }
}

async function readScalars<Name extends string>(
  scalars: Record<Name, tf.Scalar>,
): Promise<Record<Name, number>> {
  const entries = Object.entries<tf.Scalar>(scalars).map(async ([name, scalar]) =>
    [name, (await scalar.data())[0]] as const
  );
  return Object.fromEntries(await Promise.all(entries)) as Record<Name, number>;
}

function disposeFigures({ terms = {}, ...counts }: Figures): void {
  tf.dispose([counts, terms]);
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
export function toTensors({ images, labels, shape, extras }: Batch): TensorBatch {
  const more = Object.entries(extras ?? {}).map(([name, { values, shape }]) =>
    [name, tf.tensor(values, shape)] as const
  );
  return {
    images: tf.tensor4d(images, shape),
    labels: tf.tensor1d(labels, "int32"),
    ...(extras && { extras: Object.fromEntries(more) }),
  };
}

/** Frees a batch on the device. */
export function disposeBatch({ images, labels, extras = {} }: TensorBatch): void {
  tf.dispose([images, labels, extras]);
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
