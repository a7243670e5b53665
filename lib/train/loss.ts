/**
 * What a loss is here: a pure function of what student and teacher show for a batch.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Model, ModelOutput } from "../../models/model.ts";
import { checkTensor, checkTensors } from "../arguments.ts";
import { checkBatch, checkLoss, checkOutput, checkTerms } from "./checks.ts";
import { filterParams, isTrainable, type Params } from "../params.ts";

/** A batch on the device. */
export interface TensorBatch {
  /** Normalised, `[N, H, W, C]`. */
  images: tf.Tensor4D;
  /** int32 `[N]`. */
  labels: tf.Tensor1D;
  /** What else came with the batch, by name: `[N, ...]`. */
  extras?: Record<string, tf.Tensor>;
}

/** A term of a loss, a scalar: a value and its weight, or a value alone, whose weight is 1. */
export type LossTerm = tf.Tensor | {
  /** As it is reported. */
  value: tf.Tensor;
  /** The value times this is minimised. */
  weight: number | tf.Tensor;
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

/** Numbers that change from step to step, as scalars, so that a compiled step need not be traced anew. */
export interface Scalars {
  /** The learning rate. */
  learningRate: tf.Scalar;
  /** The weight of attention transfer, where it decays. */
  beta?: tf.Scalar;
}

/** The scalars as a step takes them; `rate` is another name of the learning rate. */
export type StepScalars = Scalars | Omit<Scalars, "learningRate"> & { rate: tf.Scalar };

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
  /** The loss's own parameters, which are trained with the student: {@link LossOptions.lossParams}. */
  params: Params;
  /** The scalars that the step was given. */
  scalars: Scalars;
}

/** A loss, as a pure function. */
export type Loss = (inputs: LossInputs) => LossTerms;

/** A loss, and what it is taken of. */
export interface LossOptions {
  /** The student. */
  model: Pick<Model, "f">;
  /** What is minimised. */
  loss: Loss;
  /** The frozen teacher. */
  teacher?: ((batch: TensorBatch) => TeacherOutput) | undefined;
  /**
   * First values of the loss's own parameters, such as projections: give them to {@link startState}, and
   * they are trained with the student.
   */
  lossParams?: Params;
}

/** The trainable parameters of a step. */
export interface Trainable {
  /** The student's, without running statistics. */
  student: Params;
  /** The loss's own. */
  loss: Params;
}

/** A loss, ready to be differentiated. */
export interface LossEvaluation {
  /** The parameters to differentiate by. */
  trainable: Trainable;
  /** The student's output and the loss's terms, given these. */
  f: (trained: Trainable) => { student: ModelOutput; terms: LossTerms };
  /** The scalars, under their own names. */
  scalars: Scalars;
}

/** What a step and a look at its terms share: the trainable parameters, and the loss as their function. */
export function lossEvaluation(
  options: LossOptions,
): (
  params: Params,
  lossParams: Params,
  batch: TensorBatch,
  scalars: StepScalars,
) => LossEvaluation {
  checkLoss(options);
  const { model, loss, teacher } = options;
  return (params, lossParams, batch, given) => {
    checkTensors("the parameters", params);
    checkTensors("the loss's own parameters", lossParams);
    checkBatch(batch);
    const scalars = checkedScalars(given);
    const [count] = batch.images.shape;
    const teacherOutput = teacher?.(batch);
    if (teacher) checkOutput("the teacher", teacherOutput as TeacherOutput, count);
    const statistics = filterParams(params, (key) => !isTrainable(key));
    const f = (trained: Trainable) => {
      const apply = (images: tf.Tensor4D) =>
        model.f(images, { ...trained.student, ...statistics }, "train");
      const student = apply(batch.images);
      checkOutput("the student", student, count);
      const inputs = { student, teacher: teacherOutput, batch, apply, scalars };
      const terms = loss({ ...inputs, params: trained.loss });
      checkTerms(terms);
      return { student, terms };
    };
    const student = filterParams(params, isTrainable);
    if (Object.keys(student).length + Object.keys(lossParams).length === 0) {
      throw new TypeError("Cannot train: there are no parameters that can be trained");
    }
    return { trainable: { student, loss: lossParams }, f, scalars };
  };
}

/** The scalars of a step. Throws a TypeError unless they are tensors, the learning rate among them. */
function checkedScalars(given: StepScalars): Scalars {
  checkTensors("the scalars", given);
  const { rate, ...scalars } = given as Scalars & { rate?: tf.Scalar };
  const learningRate = scalars.learningRate ?? rate;
  checkTensor("the learningRate of the scalars", learningRate);
  return { ...scalars, learningRate };
}

/** The value of a term. */
export function valueOf(term: LossTerm): tf.Scalar {
  return (term instanceof tf.Tensor ? term : term.value) as tf.Scalar;
}

/** The value of a term, times its weight. */
export function weighted(term: LossTerm): tf.Scalar {
  return (term instanceof tf.Tensor ? term : tf.mul(term.value, term.weight)) as tf.Scalar;
}

/** `f` of every term. */
export function mapTerms(
  terms: LossTerms,
  f: (term: LossTerm) => tf.Scalar,
): Record<string, tf.Scalar> {
  return Object.fromEntries(Object.entries(terms).map(([name, term]) => [name, f(term)]));
}
