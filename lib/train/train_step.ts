/**
 * One step of training, as a pure function of tensors, for `jit` to compile.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { withSharedStatistics } from "../../models/batch_norm.ts";
import type { RankedGroups } from "../../models/model.ts";
import { tidy } from "../../models/layers.ts";
import {
  checkFunction,
  checkOptions,
  checkTensor,
  checkTensors,
  type OptionNames,
} from "../arguments.ts";
import { total } from "../autodiff/total.ts";
import { filterParams, isTrainable, mapValues, type Tensors } from "../params.ts";
import { averageParams } from "./average.ts";
import { checkStats } from "./checks.ts";
import { checkMaxNorm, clipGradients } from "./clip.ts";
import { type LossWithExtras, valueAndGradients } from "./gradients.ts";
import {
  type AnyBatch,
  type LossEvaluation,
  lossEvaluation,
  type LossOptions,
  type LossTerms,
  type StepScalars,
  type Teacher,
  type TeacherOutput,
  type TermValues,
  type Trainable,
  valueOf,
  weighted,
} from "./loss.ts";
import { countCorrect } from "./count_correct.ts";
import type { Optimizer } from "./sgd.ts";
import { chooseState, type TrainState } from "./train_state.ts";
import { allGather, overWorkers } from "./workers.ts";

/**
 * Options of {@link trainStep}.
 *
 * @typeParam StudentGroups the groups of the student. Default: any number.
 * @typeParam OfTeacher the teacher's output as the loss gets it. Default: perhaps none.
 * @typeParam Terms the terms of the loss. Default: terms of any names.
 */
export interface TrainStepOptions<
  StudentGroups extends readonly tf.Tensor[] = readonly tf.Tensor[],
  OfTeacher extends TeacherOutput | undefined = TeacherOutput | undefined,
  Terms extends LossTerms = LossTerms,
> extends LossOptions<StudentGroups, OfTeacher, Terms> {
  /** The optimiser that updates the parameters. */
  optimizer: Optimizer;
  /**
   * The largest norm of all gradients together, those of the loss's own parameters included: see
   * {@link clipGradients}. Default: they are not clipped.
   */
  maxNorm?: number | undefined;
  /**
   * If true, a step whose loss or gradient is not finite leaves the state unchanged, including running
   * statistics. Default false.
   */
  skipsNonFinite?: boolean;
  /**
   * Whether this process is one of several that train together: see `cluster` of `useTensorFlow`. Each
   * gets its part of every batch. Gradients, running statistics and metrics are averaged over the
   * examples of all, so that all have the same state after the step. A term that compares the examples
   * of a batch, such as that of {@link similarityPreserving}, compares those of each part alone;
   * {@link gradientAttention} and {@link gradientSymmetry} are refused. Default false.
   */
  workers?: boolean;
  /**
   * With `workers`: whether batch norm normalises by the statistics of all workers' examples, so that
   * the step is that of one process with the whole batch. Slower: each layer exchanges its statistics.
   * If false, each worker normalises its part by itself. Default false.
   */
  syncBatchNorm?: boolean;
}

/**
 * The result of a step.
 *
 * @typeParam Terms the terms of the loss. Default: terms of any names.
 */
export interface StepResult<Terms extends LossTerms = LossTerms> {
  /** The state after the step. */
  state: TrainState;
  /** The number of examples the student got right before the update; counted as in `EvalResult`. */
  correct: tf.Scalar;
  /** The number of examples whose label was among the student's top five answers. */
  correct5: tf.Scalar;
  /** The loss before the update: the weighted sum of the terms. */
  loss: tf.Scalar;
  /** The terms of the loss, without their weights. */
  terms: TermValues<Terms>;
  /**
   * The sum of each gradient, in the order of the trainable parameters, `[K]`. This is the cheapest way
   * to see which gradients are not finite.
   */
  gradientSums: tf.Tensor1D;
  /** Only if steps can be skipped: 1 if this one was, else 0. */
  skipped?: tf.Scalar;
  /** With `workers`: the number of examples of all workers. */
  examples?: tf.Scalar;
  /** With `workers`: how many of them want to end the run. */
  stop?: tf.Scalar;
}

/**
 * A training step, for {@link jit} to compile.
 *
 * @typeParam Terms the terms of the loss. Default: terms of any names.
 */
export type TrainStep<Terms extends LossTerms = LossTerms> = (
  state: TrainState,
  batch: AnyBatch,
  scalars: StepScalars,
) => StepResult<Terms>;

/**
 * Builds the whole training step: forward passes of student and teacher, loss, gradients and update.
 *
 * The types follow from the options: where a teacher is given, the loss gets its output; the result's
 * terms have the names that the loss gives them.
 *
 * @typeParam StudentGroups the groups of the student.
 * @typeParam TeacherGroups the groups of the teacher.
 * @typeParam Terms the terms of the loss.
 * @throws {RangeError} If `maxNorm` is not above 0. The step throws it if a label is not one of the
 * classes, where labels can be read.
 * @throws {TypeError} If an option is unknown or not a function. The step throws it if the loss returns
 * no terms or a term that is not a scalar, labels are not int32 `[N]`, statistics do not fit the
 * parameters of their names, or a tensor is missing or disposed.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { crossEntropy, jit, sgd, startState, trainStep, wideResNet } from "@attention-transfer/core";
 *
 * const model = wideResNet({ depth: 10, width: 0.25, numClasses: 10 });
 * const optimizer = sgd();
 * const step = jit(trainStep({
 *   model,
 *   optimizer,
 *   loss: ({ student, batch }) => ({ cross_entropy: crossEntropy(student.logits, batch.labels) }),
 * }));
 * const batch = { images: tf.zeros([2, 8, 8, 3]), labels: tf.tensor1d([0, 1], "int32") };
 * const state = startState(model.init(0), optimizer);
 * const { terms } = await step(state, batch, { learningRate: tf.scalar(0.1) });
 * terms.cross_entropy.print();
 * ```
 */
export function trainStep<
  StudentGroups extends readonly tf.Tensor[],
  TeacherGroups extends readonly tf.Tensor[],
  Terms extends LossTerms,
>(
  options:
    & TrainStepOptions<StudentGroups, TeacherOutput<RankedGroups<TeacherGroups>>, Terms>
    & { teacher: Teacher<TeacherGroups> },
): TrainStep<Terms>;
/** The same without a teacher, or with one that may be undefined. */
export function trainStep<
  StudentGroups extends readonly tf.Tensor[],
  Terms extends LossTerms,
>(
  options: TrainStepOptions<StudentGroups, TeacherOutput | undefined, Terms>,
): TrainStep<Terms>;
export function trainStep(given: object): TrainStep {
  const options = given as TrainStepOptions;
  checkOptions("trainStep", options, optionNames);
  const { optimizer, maxNorm, skipsNonFinite = false } = options;
  const { workers = false, syncBatchNorm = false } = options;
  if (syncBatchNorm && !workers) {
    throw new TypeError("Cannot use syncBatchNorm in one process: give the option workers, too");
  }
  checkFunction("update of the optimiser", Object(optimizer).update);
  if (maxNorm !== undefined) checkMaxNorm(maxNorm);
  const evaluate = lossEvaluation(options);
  return (before, batch, scalars) =>
    tidy(() => {
      const { params, buffers, loss: ofLoss, average } = Object(before) as TrainState;
      checkTensors("the parameters", params);
      checkTensors("the buffers", buffers);
      const evaluation = evaluate(params, ofLoss?.params ?? {}, batch, scalars);
      const { trainable, scalars: { learningRate, averageRate } } = evaluation;
      const f = (trained: Trainable) => batchLoss(evaluation, trained);
      const { loss, gradients, extras: { stats, ...metrics } } = workers
        ? overAll(f, trainable, batch, syncBatchNorm)
        : valueAndGradients(f, trainable);
      checkStats(stats, params);
      const used = maxNorm === undefined ? gradients : clipGradients(gradients, maxNorm).gradients;
      const next = optimizer.update(trainable.student, used.student, buffers, learningRate);
      // Statistics that the network does not return, as of a frozen batch norm, stay as they are.
      const fixed = mapValues(
        filterParams(params, (key) => !isTrainable(key) && !Object.hasOwn(stats, key)),
        (tensor) => tf.clone(tensor),
      );
      const state: TrainState = { ...next, params: { ...next.params, ...fixed, ...stats } };
      if (ofLoss) {
        state.loss = optimizer.update(trainable.loss, used.loss, ofLoss.buffers, learningRate);
      }
      if (average) {
        checkTensor("the averageRate of the scalars", averageRate);
        state.average = averageParams(average, state.params, averageRate as tf.Scalar);
      } else if (averageRate !== undefined) {
        throw new TypeError(noAverage);
      }
      const all = [...Object.values(gradients.student), ...Object.values(gradients.loss)];
      const gradientSums = tf.stack(all.map((gradient) => tf.sum(gradient))) as tf.Tensor1D;
      if (!skipsNonFinite) return { state, ...metrics, loss, gradientSums };
      const sound = tf.logicalAnd(tf.isFinite(loss), tf.all(tf.isFinite(gradientSums)));
      return {
        state: chooseState(sound, state, before),
        ...{ ...metrics, loss, gradientSums },
        skipped: tf.sub(1, tf.cast(sound, "float32")),
      };
    });
}

const noAverage = "Cannot use the averageRate of the scalars: the state has no averaged weights; " +
  "start it with startState(params, optimizer, lossParams, { average: true })";

/** The loss of a batch, and what is reported of it. */
type BatchLoss = LossWithExtras<
  & { stats: Tensors; terms: Record<string, tf.Scalar>; examples?: tf.Scalar; stop?: tf.Scalar }
  & Record<"correct" | "correct5", tf.Scalar>
>;

function batchLoss({ f, batch }: LossEvaluation, trained: Trainable): BatchLoss {
  const { student, terms } = f(trained);
  return {
    loss: total(Object.values(terms).map(weighted)),
    extras: {
      stats: student.stats,
      terms: mapValues(terms, valueOf),
      ...countCorrect(student.logits, batch.labels),
    },
  };
}

/** Value and gradients of a loss over the examples of all workers. */
function overAll(
  f: (trained: Trainable) => BatchLoss,
  trainable: Trainable,
  { labels, worker = {} }: AnyBatch,
  syncBatchNorm: boolean,
): BatchLoss & { gradients: Trainable } {
  const { examples = tf.scalar(labels.shape[0]), stop = tf.scalar(0) } = worker;
  const shared = syncBatchNorm ? { gather: allGather, examples } : undefined;
  const { gradients, extras: { loss, extras } } = withSharedStatistics(
    shared,
    // The gradient of the sum over the examples: a worker's loss may depend on the others' examples.
    () =>
      valueAndGradients((trained: Trainable) => {
        const own = f(trained);
        return { loss: tf.mul<tf.Scalar>(own.loss, examples), extras: own };
      }, trainable),
  );
  const { stats, terms, correct, correct5 } = extras;
  // A worker without an image of its own has another's, which does not count.
  const counted = (count: tf.Scalar) => tf.minimum<tf.Scalar>(count, examples);
  const { means, sums, examples: all } = overWorkers({
    means: { loss, stats, terms },
    totals: { gradients },
    sums: { correct: counted(correct), correct5: counted(correct5), stop },
    examples,
  });
  return {
    loss: means.loss,
    gradients: means.gradients,
    extras: { stats: means.stats, terms: means.terms, ...sums, examples: all },
  };
}

const optionNames: OptionNames<TrainStepOptions> = {
  model: true,
  optimizer: true,
  maxNorm: true,
  loss: true,
  teacher: true,
  lossParams: true,
  skipsNonFinite: true,
  workers: true,
  syncBatchNorm: true,
};
