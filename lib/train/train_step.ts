/**
 * One step of training, and one of evaluation, as pure functions of tensors that `jit` compiles.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Model } from "../../models/model.ts";
import { tidy } from "../../models/layers.ts";
import { checkFunction, checkOptions, checkTensors, type OptionNames } from "../arguments.ts";
import { checkBatch, checkOutput } from "./checks.ts";
import { total } from "../autodiff/total.ts";
import { crossEntropy } from "../losses/cross_entropy.ts";
import { addPrefix, filterParams, isTrainable, type Params, underPrefix } from "../params.ts";
import { valueAndGradients } from "./gradients.ts";
import {
  lossEvaluation,
  type LossOptions,
  mapTerms,
  type Scalars,
  type TensorBatch,
  valueOf,
  weighted,
} from "./loss.ts";
import { countCorrect, countNonFinite, type Counts } from "./count_correct.ts";
import type { Optimizer } from "./sgd.ts";

/** What changes from step to step. */
export interface TrainState {
  /** Parameters and running statistics. */
  params: Params;
  /** The optimiser's buffers, under the keys of the trainable parameters. */
  buffers: Params;
}

/** What a {@link trainStep} is made of. */
export interface TrainStepOptions extends LossOptions {
  /** How the parameters follow the gradient. */
  optimizer: Optimizer;
  /**
   * Whether a step whose loss or gradient is not finite leaves the state as it is, running statistics
   * included. Default false.
   */
  skipsNonFinite?: boolean;
}

/** A step's result. */
export interface StepResult {
  /** The state after the step. */
  state: TrainState;
  /** How many examples the student got right before the update; counted as in {@link EvalResult}. */
  correct: tf.Scalar;
  /** For how many the right class was among the student's first five. */
  correct5: tf.Scalar;
  /** The loss before the update: the weighted sum of the terms. */
  loss: tf.Scalar;
  /** Its terms, without their weights. */
  terms: Record<string, tf.Scalar>;
  /**
   * The sum of each gradient, in the order of the trainable parameters `[K]`: what tells, at the least
   * cost, which of them are not finite.
   */
  gradientSums: tf.Tensor1D;
  /** Where such steps are skipped: 1 where this one was, else 0. */
  skipped?: tf.Scalar;
}

/**
 * Builds the whole training step: forward of student and teacher, losses, gradients, update.
 *
 * @throws {TypeError} where an option is not known or no function; from the step, where the loss gives no
 * terms or one that is no scalar, labels are not int32 `[N]`, or a tensor is missing or disposed.
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
 * const batch = { images: tf.zeros<tf.Rank.R4>([2, 8, 8, 3]), labels: tf.tensor1d([0, 1], "int32") };
 * const state = startState(model.init(0), optimizer);
 * const { terms } = await step(state, batch, { rate: tf.scalar(0.1) });
 * terms.cross_entropy?.print();
 * ```
 */
export function trainStep(
  options: TrainStepOptions,
): (state: TrainState, batch: TensorBatch, scalars: Scalars) => StepResult {
  checkOptions("trainStep", options, optionNames);
  const { optimizer, skipsNonFinite = false } = options;
  checkFunction("update of the optimiser", Object(optimizer).update);
  const evaluate = lossEvaluation(options);
  return (before, batch, scalars) =>
    tidy(() => {
      const { params, buffers } = Object(before) as TrainState;
      checkTensors("the parameters", params);
      checkTensors("the buffers", buffers);
      const { trainable, f } = evaluate(params, batch, scalars);
      const { loss, gradients, extras } = valueAndGradients((trained) => {
        const { student, terms } = f(trained);
        return {
          loss: total(Object.values(terms).map(weighted)),
          extras: {
            ...addPrefix("stats/", student.stats),
            ...addPrefix("terms/", mapTerms(terms, valueOf)),
            ...addPrefix("counts/", countCorrect(student.logits, batch.labels)),
          },
        };
      }, trainable);
      const next = optimizer.update(trainable, gradients, buffers, scalars.rate);
      const state = {
        params: { ...next.params, ...underPrefix("stats/", extras) },
        buffers: next.buffers,
      };
      const gradientSums = tf.stack(Object.values(gradients).map((g) => tf.sum(g))) as tf.Tensor1D;
      const figures = {
        ...underPrefix("counts/", extras) as Counts,
        loss,
        terms: underPrefix("terms/", extras) as Record<string, tf.Scalar>,
        gradientSums,
      };
      if (!skipsNonFinite) return { state, ...figures };
      const sound = tf.logicalAnd(tf.isFinite(loss), tf.all(tf.isFinite(gradientSums)));
      return {
        state: {
          params: choose(sound, state.params, params),
          buffers: choose(sound, state.buffers, buffers),
        },
        ...figures,
        skipped: tf.sub(1, tf.cast(sound, "float32")),
      };
    });
}

const optionNames: OptionNames<TrainStepOptions> = {
  model: true,
  optimizer: true,
  loss: true,
  teacher: true,
  skipsNonFinite: true,
};

/** The first tensors where the scalar is true, else those of the second under the same keys. */
function choose(condition: tf.Tensor, first: Params, second: Params): Params {
  return Object.fromEntries(
    Object.entries(first).map((
      [key, tensor],
    ) => [key, tf.where(condition, tensor, second[key] as tf.Tensor)]),
  );
}

/** The state before the first step. Throws a TypeError where a parameter is no tensor, or disposed. */
export function startState(params: Params, optimizer: Optimizer): TrainState {
  checkTensors("the parameters", params);
  return { params, buffers: optimizer.init(filterParams(params, isTrainable)) };
}

/** What a batch tells about a network in eval mode. */
export interface EvalResult {
  /** The mean cross entropy. */
  loss: tf.Scalar;
  /**
   * How many examples it got right. Its answer is that of `torch.argmax`: the class of the largest
   * logit, of equal ones the lowest class; NaN counts as larger than any number.
   */
  correct: tf.Scalar;
  /** For how many the right class was among its first five; of equal logits the lower class is first. */
  correct5: tf.Scalar;
  /** For how many examples a logit was not finite: where this is not 0, the network has diverged. */
  nonFinite?: tf.Scalar;
}

/**
 * Builds the evaluation of a batch.
 *
 * @throws {TypeError} from the step, where labels are not int32 `[N]`, logits not `[N, classes]`, or a
 * tensor is missing or disposed.
 */
export function evalStep(
  model: Pick<Model, "f">,
): (params: Params, batch: TensorBatch) => EvalResult {
  checkFunction("f of the model", Object(model).f);
  return (params, batch) =>
    tidy(() => {
      checkTensors("the parameters", params);
      checkBatch(batch);
      const { images, labels } = batch;
      const output = model.f(images, params, "eval");
      checkOutput("the network", output, images.shape[0]);
      const { logits } = output;
      return {
        loss: crossEntropy(logits, labels),
        ...countCorrect(logits, labels),
        nonFinite: countNonFinite(logits),
      };
    });
}
