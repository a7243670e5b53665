/**
 * The training loop of all tasks: epochs of steps, with an evaluation after each epoch.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Tensors } from "../params.ts";
import { bestOf, stopsEarly } from "./best.ts";
import { toScalars } from "./device.ts";
import { dispose } from "./dispose.ts";
import { type Evaluate, evaluateUnlessAborted } from "./evaluate.ts";
import { describeNonFinite, notFinite } from "./finite.ts";
import type { Scalars, TensorBatch } from "./loss.ts";
import { addSkipped, addToMeter, type Meter } from "./meter.ts";
import { type Batches, type Metrics, metricsOf, take } from "./pipeline.ts";
import { afterEpoch, type Place, type Position } from "./position.ts";
import type { Schedule } from "./schedule.ts";
import { trainableKeys } from "./state_keys.ts";
import type { StepResult } from "./train_step.ts";
import type { TrainState } from "./train_state.ts";

/** Options of {@link trainEpochs}. */
export interface TrainOptions {
  state: TrainState;
  position: Position;
  /** Usually `jit(trainStep(...))`. */
  step: (state: TrainState, batch: TensorBatch, scalars: Scalars) => Promise<StepResult>;
  /** Usually `jit(evalStep(...))`. */
  evaluate: Evaluate;
  /** The batches of an epoch (from 0), starting with batch `first`. */
  trainBatches: (epoch: number, first: number) => Batches;
  testBatches: () => Batches;
  /** The learning rate of a step, and the other numbers of its loss. */
  schedule: (place: Place) => Schedule;
  epochs: number;
  /** Stops after this many steps of the whole run. */
  maxSteps?: number | undefined;
  /**
   * True to keep the best evaluation of a whole epoch in the position: of the averaged weights, if there
   * are any.
   */
  keepsBest?: boolean | undefined;
  /** With `keepsBest`: stops after this many epochs without a better evaluation. */
  earlyStop?: number | undefined;
  /** Called after every step: returns true to pause now. */
  pauseAfter?: ((done: Place) => boolean) | undefined;
  /** Ends the run after the current step, or after the current batch of an evaluation. */
  signal?: AbortSignal | undefined;
  /** If this process is one of several that train together: how they agree. */
  workers?: Agreement | undefined;
}

/** How several processes that train together agree on what is not in the step. */
export interface Agreement {
  /**
   * Adds up the evaluations of all workers, after each epoch.
   *
   * @param own undefined if this worker broke it off.
   * @param stops true if this worker wants to end the run.
   * @param state must be the same for all workers.
   * @returns `test` is undefined if a worker broke it off; `stops` is true if one wants to end.
   */
  join(
    own: Meter | undefined,
    stops: boolean,
    state: TrainState,
  ): Promise<{ test: Meter | undefined; stops: boolean }>;
  /** True if a failure means that another worker is gone or does not answer. */
  isLost(failure: unknown): boolean;
}

/**
 * An event of a run: a completed step, a completed epoch (`maxSteps` may cut the last one), or a pause.
 * In a pause event, position and state match.
 */
export type TrainEvent =
  | { type: "step"; position: Position; loss: number; skipped: boolean }
  | { type: "pause"; position: Position; state: TrainState }
  | EpochEvent;

/** A completed epoch. */
export interface EpochEvent {
  type: "epoch";
  position: Position;
  state: TrainState;
  train: Meter;
  test: Meter;
  /** The evaluation of the averaged weights, if there are any. */
  testAverage?: Meter | undefined;
  /** Seconds. */
  trainTime: number;
  testTime: number;
}

/** True if a run has nothing left to do, including the evaluation after its last step. */
export function isDone(
  position: Position,
  { epochs, maxSteps = Infinity, earlyStop }: Pick<
    TrainOptions,
    "epochs" | "maxSteps" | "earlyStop"
  >,
): boolean {
  const { epoch, steps, pendingEvaluation } = position;
  return epoch >= epochs || stopsEarly(position, earlyStop) ||
    (steps >= maxSteps && !pendingEvaluation);
}

/** After this many skipped steps in a row, the run fails. */
const mostSkipped = 100;

/**
 * Trains, and reports events. A step's event comes while the next step is already running, except
 * before a pause. If the caller leaves the loop at an event, or the run ends, the last event's state
 * belongs to the caller. All other states are disposed.
 *
 * If `signal` is aborted, the run ends with a pause, unless nothing was done since the last event. The
 * steps of an epoch, or all steps allowed by `maxSteps`, may then be complete but not yet evaluated. A
 * run that continues from there starts with the evaluation.
 *
 * Of several workers, all end after the same step if the signal of one is aborted. If one is lost, the
 * others get a pause with the state of the last step that all have done, before the error is thrown.
 *
 * @throws {UserError} If a term of the loss or a gradient is not finite, and the step does not skip
 * this or skipped a hundred times in a row. The message names the step and what is not finite.
 */
export async function* trainEpochs(
  options: TrainOptions,
): AsyncGenerator<TrainEvent, void, undefined> {
  const { workers } = options;
  const run: Run = {
    state: options.state,
    given: options.state,
    position: options.position,
    keys: trainableKeys(options.state),
    skippedInARow: 0,
    stopping: false,
  };
  try {
    while (!isDone(run.position, options) && !wantsEnd(run, options)) {
      const start = performance.now();
      const { cut, aborted } = yield* oneEpoch(run, options);
      if (aborted) return;
      const trained = performance.now();
      const evaluated = await evaluateUnlessStopped(run, options);
      if (!evaluated) {
        yield pauseOf(run);
        return;
      }
      run.given = run.state;
      const { meter: train, best } = run.position;
      refuseAllSkipped(run.position);
      const { test, testAverage } = evaluated;
      const position = afterEpoch(run.position, cut);
      // Only of whole epochs: a run in pieces is then the same as one in one piece.
      if (options.keepsBest && !cut) position.best = bestOf(best, testAverage ?? test, position);
      run.position = position;
      yield {
        type: "epoch",
        ...{ position, state: run.state, train, test, testAverage },
        trainTime: (trained - start) / 1000,
        testTime: (performance.now() - trained) / 1000,
      };
    }
  } catch (error) {
    if (workers?.isLost(error)) yield pauseOf(run);
    throw error;
  } finally {
    if (run.state !== run.given) dispose(run.state);
  }
}

/** The changing data of a run. */
interface Run {
  state: TrainState;
  /** The last state given in an event. If the caller leaves there, it is the caller's. */
  given: TrainState;
  /** The position of the last step whose metrics were read. */
  position: Position;
  /** The names of the gradients. */
  readonly keys: readonly string[];
  skippedInARow: number;
  /** True once a worker wants to end, and all know it. */
  stopping: boolean;
}

function pauseOf(run: Run): TrainEvent {
  run.given = run.state;
  return { type: "pause", position: run.position, state: run.state };
}

/** Workers may only end together, so each first tells the others. */
function wantsEnd({ stopping }: Run, { signal, workers }: TrainOptions): boolean {
  return workers ? stopping : signal?.aborted ?? false;
}

/** The evaluations after an epoch; undefined if the run ends without them. */
async function evaluateUnlessStopped(
  run: Run,
  options: TrainOptions,
): Promise<{ test: Meter; testAverage?: Meter } | undefined> {
  if (run.stopping) return undefined;
  const { params, average } = run.state;
  const test = await evaluateParams(params, run, options);
  if (!test || !average) return test && { test };
  const testAverage = await evaluateParams(average, run, options);
  return testAverage && { test, testAverage };
}

async function evaluateParams(
  params: Tensors,
  run: Run,
  { evaluate, testBatches, signal, workers }: TrainOptions,
): Promise<Meter | undefined> {
  const own = await evaluateUnlessAborted(evaluate, params, testBatches(), signal);
  if (!workers) return own;
  const { test, stops } = await workers.join(own, signal?.aborted ?? false, run.state);
  run.stopping = stops;
  return test;
}

/** The remaining steps of an epoch. `cut` is true if `maxSteps` left some out. */
async function* oneEpoch(
  run: Run,
  options: TrainOptions,
): AsyncGenerator<TrainEvent, { cut: boolean; aborted: boolean }, undefined> {
  const { step, trainBatches, schedule, maxSteps = Infinity, pauseAfter, signal } = options;
  const { epoch } = run.position;
  const batches = take(trainBatches(epoch, run.position.batch), maxSteps - run.position.steps);
  let { batch, steps } = run.position; // position of the next step to start
  const makeStep = async (item: TensorBatch) => {
    const scalars = toScalars(schedule({ epoch, batch: batch++, steps: steps++ }));
    if (options.workers) item.worker = { ...item.worker, stop: tf.scalar(Number(signal?.aborted)) };
    try {
      const { state, ...metrics } = await step(run.state, item, scalars);
      dispose(run.state);
      run.state = state;
      return metrics;
    } finally {
      dispose(scalars);
    }
  };
  let [ends, pauses] = [false, false];
  const holds = () => {
    ends = wantsEnd(run, options);
    return pauses = ends || (pauseAfter?.({ epoch, batch, steps }) ?? false);
  };
  for await (const metrics of metricsOf(batches, makeStep, holds)) {
    const { loss, skipped = false, stops } = metrics;
    run.stopping ||= stops;
    run.skippedInARow = skipped ? run.skippedInARow + 1 : 0;
    run.position = advance(run.position, metrics, run.keys, run.skippedInARow);
    yield { type: "step", position: run.position, loss, skipped };
    if (!pauses) continue;
    yield pauseOf(run);
    if (ends) return { cut: batches.cut, aborted: true };
  }
  return { cut: batches.cut, aborted: false };
}

function refuseAllSkipped({ epoch, meter: { examples, skipped } }: Position): void {
  if (examples > 0 || skipped === 0) return;
  throw notFinite(
    `all ${skipped} steps of epoch ${epoch + 1} were skipped, for their loss or a gradient is ` +
      "not finite",
  );
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
  throw notFinite(`${problem}${before}`, ", or a smaller weight of that term");
}
