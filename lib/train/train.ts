/**
 * A training loop over batches of any source, which frees what it does not need any more. It is a thin
 * layer over the pipeline of the commands; their loop with epochs and evaluation is in loop.ts.
 *
 * @module
 */
import { checkFunction, checkOptions } from "../arguments.ts";
import type { Batch } from "../data/batches.ts";
import { mapValues } from "../params.ts";
import { toScalars } from "./device.ts";
import { dispose, disposeExcept } from "./dispose.ts";
import { describeNonFinite, notFinite } from "./finite.ts";
import type { AnyBatch, LossTerms, Scalars } from "./loss.ts";
import { metricsOf } from "./pipeline.ts";
import { trainableKeys } from "./state_keys.ts";
import type { StepResult } from "./train_step.ts";
import type { TrainState } from "./train_state.ts";

/** A number, or a function that gets it from the number of completed steps, from 0. */
export type PerStep = number | ((steps: number) => number);

/**
 * Options of {@link train}.
 *
 * @typeParam Terms the terms of the step's loss. Default: terms of any names.
 */
export interface TrainLoopOptions<Terms extends LossTerms = LossTerms> {
  /** Usually `jit(trainStep(...))`. */
  step: (
    state: TrainState,
    batch: AnyBatch,
    scalars: Scalars,
  ) => StepResult<Terms> | Promise<StepResult<Terms>>;
  /** The state to start from, such as {@link startState} makes. It stays yours, and is not freed. */
  state: TrainState;
  /**
   * The batches: an array, a generator or another source, asynchronous or not. Batches of arrays, such
   * as those of {@link trainBatches}, become tensors; batches of tensors are freed after their step.
   */
  batches: Iterable<Batch | AnyBatch> | AsyncIterable<Batch | AnyBatch>;
  /** The learning rate. */
  learningRate: PerStep;
  /** The scalar `beta` of the step, if the loss uses it; {@link distill}'s takes `factors` instead. */
  beta?: PerStep;
  /** Factors of the methods' weights, by the names of the methods. Default: none. */
  factors?: Readonly<Record<string, PerStep>>;
  /** If the state has averaged weights: how far they move, `rate` of {@link averageParams}. */
  averageRate?: PerStep;
}

/**
 * A completed step.
 *
 * @typeParam Terms the terms of the step's loss. Default: terms of any names.
 */
export interface CompletedStep<Terms extends LossTerms = LossTerms> {
  /** The number of completed steps. */
  steps: number;
  /** The state after the step. It is freed when the loop goes on; the last one is yours. */
  state: TrainState;
  /** The loss before the update: the weighted sum of the terms. */
  loss: number;
  /** The terms of the loss, without their weights. */
  terms: { [Name in keyof Terms]: number };
  /** The share of the examples that the student got right before the update, from 0 to 1. */
  accuracy: number;
  /** True if the step left the state unchanged: see `skipsNonFinite` of {@link trainStep}. */
  skipped: boolean;
}

/**
 * Trains on one batch after the other, and tells of each step. It frees batches, metrics and replaced
 * states, so that memory does not grow. While a step runs, the next batch is made.
 *
 * Leave the loop whenever you want. The state of the last step that you were told of is then yours, as
 * is the state that you gave.
 *
 * @typeParam Terms the terms of the step's loss.
 * @throws {TypeError} If an option is unknown, or the step or a batch is not valid.
 * @throws {UserError} If a term of the loss or a gradient is not finite, and the step does not skip
 * this. The message names the step and what is not finite.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import * as at from "@attention-transfer/core";
 *
 * const model = at.wideResNet({ depth: 10, width: 0.25, numClasses: 10 });
 * const optimizer = at.sgd();
 * const step = at.jit(at.trainStep({
 *   model,
 *   optimizer,
 *   loss: ({ student, batch }) => ({ ce: at.crossEntropy(student.logits, batch.labels) }),
 * }));
 * function* batches() {
 *   for (let i = 0; i < 3; i++) {
 *     yield { images: tf.randomNormal([2, 8, 8, 3]), labels: tf.tensor1d([0, 1], "int32") };
 *   }
 * }
 * const start = at.startState(model.init(0), optimizer);
 * let trained = start;
 * for await (
 *   const { steps, state, terms } of at.train({
 *     step,
 *     state: start,
 *     batches: batches(),
 *     learningRate: 0.1,
 *   })
 * ) {
 *   console.log(steps, terms.ce);
 *   trained = state;
 * }
 * console.log(Object.keys(trained.params).length);
 * ```
 */
export async function* train<Terms extends LossTerms>(
  options: TrainLoopOptions<Terms>,
): AsyncGenerator<CompletedStep<Terms>, void, undefined> {
  checkOptions("train", options, {
    ...{ step: true, state: true, batches: true, learningRate: true, beta: true },
    averageRate: true,
    factors: true,
  });
  const { step, state: given, batches, learningRate, beta, averageRate, factors } = options;
  checkFunction("the step", step);
  const keys = trainableKeys(given);
  let [state, told, steps] = [given, given, 0];
  const start = async (batch: AnyBatch) => {
    const scalars = toScalars({
      learningRate: valueAt(steps, learningRate),
      ...(beta !== undefined && { beta: valueAt(steps, beta) }),
      ...(factors && { factors: mapValues(factors, (value) => valueAt(steps, value)) }),
      ...(averageRate !== undefined && { averageRate: valueAt(steps, averageRate) }),
    });
    try {
      const { state: next, ...metrics } = await step(state, batch, scalars);
      state = next;
      return metrics;
    } finally {
      dispose(scalars);
    }
  };
  try {
    for await (const metrics of metricsOf(batches, start, () => true)) {
      steps++;
      const { loss, terms, correct, examples, skipped = false } = metrics;
      const problem = skipped ? undefined : describeNonFinite(metrics, keys, `at step ${steps}`);
      if (problem !== undefined) throw notFinite(problem);
      disposeExcept([given, state], [told]);
      told = state;
      yield {
        ...{ steps, state, loss, skipped, accuracy: correct / examples },
        terms: terms as CompletedStep<Terms>["terms"],
      };
    }
  } finally {
    if (state !== told) disposeExcept([given, told], [state]);
  }
}

function valueAt(steps: number, value: PerStep): number {
  return typeof value === "number" ? value : value(steps);
}
