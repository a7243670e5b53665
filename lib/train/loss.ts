/**
 * What a loss is here: a pure function of what student and teacher show for a batch.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Model, ModelOutput } from "../../models/model.ts";
import { checkTensors } from "../arguments.ts";
import { checkBatch, checkLoss, checkOutput, checkScalars, checkTerms } from "./checks.ts";
import { filterParams, isTrainable, type Params, underPrefix } from "../params.ts";

/** A batch on the device. */
export interface TensorBatch {
  /** Normalised, `[N, H, W, C]`. */
  images: tf.Tensor4D;
  /** int32 `[N]`. */
  labels: tf.Tensor1D;
  /** What else came with the batch, by name: `[N, ...]`. */
  extras?: Record<string, tf.Tensor>;
}

/** A term of a loss: a value and what it is weighed by, or a value alone, whose weight is 1. */
export type LossTerm = tf.Scalar | {
  /** As it is reported. */
  value: tf.Scalar;
  /** The value times this is minimised. */
  weight: number | tf.Scalar;
};

/** The terms of a loss by name, in the order in which they are reported; their sum is minimised. */
export type LossTerms = Record<string, LossTerm>;

/** What a teacher shows. */
export interface TeacherOutput extends ModelOutput {
  /** The gradient of its cross entropy by the images, `[N, H, W, C]`, where a loss wants it. */
  inputGradient?: tf.Tensor4D;
  /** Attention maps `[N, H, W]` by the number of the group, where these were kept in its place. */
  maps?: Record<string, tf.Tensor3D>;
}

/** Numbers that change from step to step, such as the learning rate `rate`, as scalars. */
export interface Scalars {
  /** The learning rate. */
  rate: tf.Scalar;
  /** What else a loss takes, such as a weight that decays. */
  [name: string]: tf.Scalar;
}

/** What a loss is computed from. */
export interface LossInputs {
  /** The student's output for the batch, in train mode. */
  student: ModelOutput;
  /** The teacher's, where there is a teacher. */
  teacher: TeacherOutput | undefined;
  /** The batch; {@link inputGradient} of it may be taken of what the student gave. */
  batch: TensorBatch;
  /** The student in train mode on other images: the statistics that it gives are not kept. */
  apply: (images: tf.Tensor4D) => ModelOutput;
  /** The loss's own parameters, which are trained with the student: see {@link lossPrefix}. */
  params: Params;
  /** The scalars that the step was given. */
  scalars: Scalars;
}

/** A loss, as a pure function. */
export type Loss = (inputs: LossInputs) => LossTerms;

/**
 * Parameters whose key starts with this belong to the loss and not to the student: projections, say.
 * They are trained in the same way, and the loss gets them without the prefix.
 */
export const lossPrefix = "loss.";

/** A loss, and what it is taken of. */
export interface LossOptions {
  /** The student. */
  model: Pick<Model, "f">;
  /** What is minimised. */
  loss: Loss;
  /** The frozen teacher. */
  teacher?: ((batch: TensorBatch) => TeacherOutput) | undefined;
}

/** A loss, ready to be differentiated. */
export interface LossEvaluation {
  /** The parameters to differentiate by, the loss's own included. */
  trainable: Params;
  /** The student's output and the loss's terms, given these. */
  f: (trained: Params) => { student: ModelOutput; terms: LossTerms };
}

/** What a step and a look at its terms share: the trainable parameters, and the loss as their function. */
export function lossEvaluation(
  options: LossOptions,
): (params: Params, batch: TensorBatch, scalars: Scalars) => LossEvaluation {
  checkLoss(options);
  const { model, loss, teacher } = options;
  return (params, batch, scalars) => {
    checkTensors("the parameters", params);
    checkBatch(batch);
    checkScalars(scalars);
    const [count] = batch.images.shape;
    const teacherOutput = teacher?.(batch);
    if (teacher) checkOutput("the teacher", teacherOutput as TeacherOutput, count);
    const statistics = filterParams(params, (key) => !isTrainable(key));
    const f = (trained: Params) => {
      const apply = (images: tf.Tensor4D) =>
        model.f(images, { ...trained, ...statistics }, "train");
      const student = apply(batch.images);
      checkOutput("the student", student, count);
      const own = underPrefix(lossPrefix, trained);
      const terms = loss({ student, teacher: teacherOutput, batch, apply, params: own, scalars });
      checkTerms(terms);
      return { student, terms };
    };
    const trainable = filterParams(params, isTrainable);
    if (Object.keys(trainable).length === 0) {
      throw new TypeError("Cannot train: there are no parameters that can be trained");
    }
    return { trainable, f };
  };
}

/** The value of a term. */
export function valueOf(term: LossTerm): tf.Scalar {
  return term instanceof tf.Tensor ? term : term.value;
}

/** The value of a term, times its weight. */
export function weighted(term: LossTerm): tf.Scalar {
  return term instanceof tf.Tensor ? term : tf.mul(term.value, term.weight);
}

/** `f` of every term. */
export function mapTerms(
  terms: LossTerms,
  f: (term: LossTerm) => tf.Scalar,
): Record<string, tf.Scalar> {
  return Object.fromEntries(Object.entries(terms).map(([name, term]) => [name, f(term)]));
}
