/**
 * One step of training, and one of evaluation, as pure functions of tensors that `jit` compiles.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Model, ModelOutput } from "../../models/model.ts";
import { tidy } from "../../models/layers.ts";
import { crossEntropy } from "../losses/cross_entropy.ts";
import { addPrefix, filterParams, isTrainable, type Params, underPrefix } from "../params.ts";
import { valueAndGradients } from "./gradients.ts";
import type { Optimizer } from "./sgd.ts";

/** What changes from step to step. */
export interface TrainState {
  /** Parameters and running statistics. */
  params: Params;
  /** The optimiser's buffers, under the keys of the trainable parameters. */
  buffers: Params;
}

/** A batch on the device. */
export interface TensorBatch {
  /** Normalised, `[N, H, W, C]`. */
  images: tf.Tensor4D;
  /** int32 `[N]`. */
  labels: tf.Tensor1D;
}

/** The terms of a loss by name, in the order in which they are reported; their sum is minimised. */
export type LossTerms = Record<string, tf.Scalar>;

/** The loss of a student's output, given the teacher's where there is a teacher. */
export type Loss = (
  student: ModelOutput,
  labels: tf.Tensor1D,
  teacher: ModelOutput | undefined,
) => LossTerms;

/** What a {@link trainStep} is made of. */
export interface TrainStepOptions {
  /** The student. */
  model: Pick<Model, "f">;
  /** What is minimised. */
  loss: Loss;
  /** How the parameters follow the gradient. */
  optimizer: Optimizer;
  /** The frozen teacher: images to output. */
  teacher?: ((images: tf.Tensor4D) => ModelOutput) | undefined;
}

/** A step's result. */
export interface StepResult {
  /** The state after the step. */
  state: TrainState;
  /** How many examples the student got right before the update. */
  correct: tf.Scalar;
  /** The loss before the update, term by term. */
  terms: LossTerms;
}

/**
 * Builds the whole training step: forward of student and teacher, losses, gradients, update.
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
 *   loss: ({ logits }, labels) => ({ cross_entropy: crossEntropy(logits, labels) }),
 * }));
 * const batch = { images: tf.zeros<tf.Rank.R4>([2, 8, 8, 3]), labels: tf.tensor1d([0, 1], "int32") };
 * const { terms } = await step(startState(model.init(0), optimizer), batch, tf.scalar(0.1));
 * terms.cross_entropy?.print();
 * ```
 */
export function trainStep(
  { model, loss, optimizer, teacher }: TrainStepOptions,
): (state: TrainState, batch: TensorBatch, rate: tf.Scalar) => StepResult {
  return ({ params, buffers }, { images, labels }, rate) =>
    tidy(() => {
      const teacherOutput = teacher?.(images);
      const statistics = filterParams(params, (key) => !isTrainable(key));
      const trainable = filterParams(params, isTrainable);
      const { gradients, extras } = valueAndGradients((trained) => {
        const output = model.f(images, { ...trained, ...statistics }, "train");
        const terms = loss(output, labels, teacherOutput);
        return {
          loss: tf.addN(Object.values(terms)),
          extras: {
            ...addPrefix("stats/", output.stats),
            ...addPrefix("terms/", terms),
            correct: countCorrect(output.logits, labels),
          },
        };
      }, trainable);
      const next = optimizer.update(trainable, gradients, buffers, rate);
      return {
        state: {
          params: { ...next.params, ...underPrefix("stats/", extras) },
          buffers: next.buffers,
        },
        correct: extras.correct as tf.Scalar,
        terms: underPrefix("terms/", extras) as LossTerms,
      };
    });
}

/** The state before the first step. */
export function startState(params: Params, optimizer: Optimizer): TrainState {
  return { params, buffers: optimizer.init(filterParams(params, isTrainable)) };
}

/** What a batch tells about a network in eval mode. */
export interface EvalResult {
  /** The mean cross entropy. */
  loss: tf.Scalar;
  /** How many examples it got right. */
  correct: tf.Scalar;
}

/** Builds the evaluation of a batch. */
export function evalStep(
  model: Pick<Model, "f">,
): (params: Params, batch: TensorBatch) => EvalResult {
  return (params, { images, labels }) =>
    tidy(() => {
      const { logits } = model.f(images, params, "eval");
      return { loss: crossEntropy(logits, labels), correct: countCorrect(logits, labels) };
    });
}

function countCorrect(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  return tf.sum(tf.cast(tf.equal(tf.argMax(logits, 1), labels), "float32"));
}
