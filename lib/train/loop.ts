/**
 * The training loop that all tasks share: epochs of steps, each epoch followed by an evaluation.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "../errors.ts";
import type { Params } from "../params.ts";
import { toScalars } from "./device.ts";
import { describeNonFinite } from "./finite.ts";
import type { Scalars, TensorBatch } from "./loss.ts";
import { addSkipped, addToMeter, emptyMeter, type Meter } from "./meter.ts";
import { type Batches, type Metrics, metricsOf, take } from "./pipeline.ts";
import type { Schedule } from "./schedule.ts";
import { trainableKeys } from "./state_keys.ts";
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
  /** Whether steps were done that no evaluation has followed yet. */
  pendingEvaluation: boolean;
}

/** The place of a step. */
export type Place = Pick<Position, "epoch" | "batch" | "steps">;

/** The position before the first step. */
export function startPosition(): Position {
  return { epoch: 0, batch: 0, steps: 0, meter: emptyMeter(), pendingEvaluation: false };
}

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
  schedule: (place: Place) => Schedule;
  epochs: number;
  /** Stops after so many steps of the whole run. */
  maxSteps?: number | undefined;
  /** Whether to pause, now that so many steps are done; asked after every step. */
  pauseAfter?: ((done: Place) => boolean) | undefined;
  /** Ends the run after the step that runs, or the batch of an evaluation. */
  signal?: AbortSignal | undefined;
}

/**
 * What happens in a run: a step was done, or an epoch (the last one may be cut by `maxSteps`), or it
 * pauses, so that position and state belong together.
 */
export type TrainEvent =
  | { type: "step"; position: Position; loss: number; skipped: boolean }
  | { type: "pause"; position: Position; state: TrainState }
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

/** Whether a run has nothing left to do, the evaluation after its last step included. */
export function isDone(
  { epoch, steps, pendingEvaluation }: Position,
  { epochs, maxSteps = Infinity }: Pick<TrainOptions, "epochs" | "maxSteps">,
): boolean {
  return epoch >= epochs || (steps >= maxSteps && !pendingEvaluation);
}

/** So many steps that are skipped in a row mean that the run is lost. */
const mostSkipped = 100;

/**
 * Trains, and tells what happens. A step's event comes while the next step runs already, but before a
 * pause. The state of an event belongs to a caller who leaves at it or at the end; all others are
 * disposed as training goes on.
 *
 * A run whose `signal` is aborted ends with a pause, unless nothing was done since the event before;
 * the steps of an epoch, or all that `maxSteps` allows, may be done then, and their evaluation not. A run
 * that goes on from there begins with it.
 *
 * @throws {UserError} If a term of the loss or a gradient is not finite, and the step does not skip
 * that, or did so a hundred times in a row; it names the step and what is not finite.
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainEvent, void, undefined> {
  const { evaluate, testBatches, signal } = options;
  const run: Run = {
    state: options.state,
    given: options.state,
    position: options.position,
    keys: trainableKeys(options.state),
    skippedInARow: 0,
  };
  try {
    while (!isDone(run.position, options) && !signal?.aborted) {
      const start = performance.now();
      const { cut, aborted } = yield* trainEpoch(run, options);
      if (aborted) return;
      const trained = performance.now();
      const test = await unlessAborted(
        evaluateAll(evaluate, run.state.params, testBatches(), signal),
        signal,
      );
      run.given = run.state;
      if (!test) {
        yield { type: "pause", position: run.position, state: run.state };
        return;
      }
      const { meter } = run.position;
      refuseAllSkipped(run.position);
      run.position = afterEpoch(run.position, cut);
      yield {
        type: "epoch",
        position: run.position,
        state: run.state,
        train: meter,
        test,
        trainTime: (trained - start) / 1000,
        testTime: (performance.now() - trained) / 1000,
      };
    }
  } finally {
    if (run.state !== run.given) disposeState(run.state);
  }
}

/** What changes while a run goes on. */
interface Run {
  state: TrainState;
  /** The last state that an event had: it belongs to the caller. */
  given: TrainState;
  /** Of the last step whose metrics were read. */
  position: Position;
  /** Of the gradients. */
  readonly keys: readonly string[];
  skippedInARow: number;
}

/** The steps of an epoch, or what is left of them. `cut` tells whether `maxSteps` left some out. */
async function* trainEpoch(
  run: Run,
  { step, trainBatches, schedule, maxSteps = Infinity, pauseAfter, signal }: TrainOptions,
): AsyncGenerator<TrainEvent, { cut: boolean; aborted: boolean }, undefined> {
  const { epoch } = run.position;
  const batches = take(trainBatches(epoch, run.position.batch), maxSteps - run.position.steps);
  let { batch, steps } = run.position; // of the step that starts
  const makeStep = async (item: TensorBatch) => {
    const scalars = toScalars(schedule({ epoch, batch: batch++, steps: steps++ }));
    try {
      const { state, ...metrics } = await step(run.state, item, scalars);
      disposeState(run.state);
      run.state = state;
      return metrics;
    } finally {
      tf.dispose(Object.values(scalars));
    }
  };
  let pauses = false;
  const holds = () => pauses = (signal?.aborted || pauseAfter?.({ epoch, batch, steps })) ?? false;
  for await (const metrics of metricsOf(batches, makeStep, holds)) {
    const { loss, skipped = false } = metrics;
    run.skippedInARow = skipped ? run.skippedInARow + 1 : 0;
    run.position = advance(run.position, metrics, run.keys, run.skippedInARow);
    yield { type: "step", position: run.position, loss, skipped };
    if (!pauses) continue;
    run.given = run.state;
    yield { type: "pause", position: run.position, state: run.state };
    if (signal?.aborted) return { cut: batches.cut, aborted: true };
  }
  return { cut: batches.cut, aborted: false };
}

function refuseAllSkipped({ epoch, meter: { examples, skipped } }: Position): void {
  if (examples > 0 || skipped === 0) return;
  throw new UserError(
    `Cannot go on training: all ${skipped} steps of epoch ${epoch + 1} were skipped, for their ` +
      "loss or a gradient is not finite; try a smaller learning rate",
    { code: "not-finite" },
  );
}

/** An epoch that was cut short stays the current one: the position says how far it came. */
function afterEpoch(position: Position, cut: boolean): Position {
  return cut
    ? { ...position, pendingEvaluation: false }
    : { ...startPosition(), epoch: position.epoch + 1, steps: position.steps };
}

function disposeState({ params, buffers, loss }: TrainState): void {
  tf.dispose([params, buffers, loss?.params ?? {}, loss?.buffers ?? {}]);
}

function advance(
  position: Position,
  metrics: Metrics,
  keys: readonly string[],
  skippedInARow: number,
): Position {
  const steps = position.steps + 1;
  const { meter } = position;
  const next = { ...position, batch: position.batch + 1, steps, pendingEvaluation: true };
  if (metrics.skipped && skippedInARow < mostSkipped) return { ...next, meter: addSkipped(meter) };
  const problem = describeNonFinite(
    metrics,
    keys,
    `at step ${steps} (epoch ${position.epoch + 1})`,
  );
  if (problem === undefined) return { ...next, meter: addToMeter(meter, metrics) };
  const before = metrics.skipped ? `, as in the ${skippedInARow - 1} steps before` : "";
  throw new UserError(
    `Cannot go on training: ${problem}${before}; try a smaller learning rate, or a smaller weight of ` +
      "that term",
    { code: "not-finite" },
  );
}

/** The result; undefined where the signal ended the work. */
async function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return undefined;
    throw error;
  }
}

/**
 * The mean loss and the number of right answers over all batches.
 *
 * @throws The reason of the signal, if that is aborted; the batch that runs is done first.
 */
export async function evaluateAll(
  evaluate: TrainOptions["evaluate"],
  params: Params,
  batches: Batches,
  signal?: AbortSignal,
): Promise<Meter> {
  let meter = emptyMeter();
  for await (const metrics of metricsOf(batches, (batch) => evaluate(params, batch))) {
    signal?.throwIfAborted();
    meter = addToMeter(meter, metrics);
  }
  return meter;
}
