/**
 * The types of a loss: a pure function of the outputs of student and teacher for a batch.
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
  /** Other data of the batch by name, each `[N, ...]`. */
  extras?: Record<string, tf.Tensor>;
  /** Only if several processes share each batch, and this is a part of it. */
  worker?: WorkerInputs;
}

/** What a worker tells the others with its part of a batch. */
export interface WorkerInputs {
  /** The number of examples that count. Default: all. 0 if one stands in for a part without examples. */
  examples?: tf.Scalar;
  /** 1 if this worker wants to end the run, else 0. Default 0. */
  stop?: tf.Scalar;
}

/** A term of a loss, a scalar: a value with a weight, or only a value with weight 1. */
export type LossTerm = tf.Tensor | {
  /** The value to report. */
  value: tf.Tensor;
  /** The loss to minimise uses the value times this. */
  weight: number | tf.Tensor;
};

/** The terms of a loss by name, in the order of reporting. Their weighted sum is minimised. */
export type LossTerms = Record<string, LossTerm>;

/** The output of a teacher. */
export interface TeacherOutput extends ModelOutput {
  /** The gradient of its cross entropy with respect to the images, `[N, H, W, C]`, if needed. */
  inputGradient?: tf.Tensor4D;
  /** Attention maps `[N, H, W]` by group number, if these were cached instead of the activations. */
  maps?: Record<string, tf.Tensor3D>;
}

/** Numbers that change at each step. As scalar tensors, so that a compiled step is not traced again. */
export interface Scalars {
  /** The learning rate. */
  learningRate: tf.Scalar;
  /** The weight of attention transfer, if it decays. */
  beta?: tf.Scalar;
}

/** The scalars that a step accepts; `rate` is another name for the learning rate. */
export type StepScalars = Scalars | Omit<Scalars, "learningRate"> & { rate: tf.Scalar };

/** The inputs of a loss. */
export interface LossInputs {
  /** The student's output for the batch, in train mode. */
  student: ModelOutput;
  /** The teacher's output, if there is a teacher. */
  teacher: TeacherOutput | undefined;
  /** The batch. You can use {@link inputGradient} on its images, since the student used them. */
  batch: TensorBatch;
  /** Applies the student in train mode to other images; the resulting statistics are discarded. */
  apply: (images: tf.Tensor4D) => ModelOutput;
  /** The loss's own parameters, trained with the student: {@link LossOptions.lossParams}. */
  params: Params;
  /** The scalars of the step. */
  scalars: Scalars;
}

/** A loss, as a pure function. */
export type Loss = (inputs: LossInputs) => LossTerms;

/** A loss, and the networks it uses. */
export interface LossOptions {
  /** The student. */
  model: Pick<Model, "f">;
  /** The loss to minimise. */
  loss: Loss;
  /** The frozen teacher. */
  teacher?: ((batch: TensorBatch) => TeacherOutput) | undefined;
  /** Initial values of the loss's own parameters, such as projections. {@link startState} takes them. */
  lossParams?: Params;
}

/** The trainable parameters of a step. */
export interface Trainable {
  /** The student's parameters, without running statistics. */
  student: Params;
  /** The loss's own parameters. */
  loss: Params;
}

/** A loss that is ready to be differentiated. */
export interface LossEvaluation {
  /** The parameters to differentiate with respect to. */
  trainable: Trainable;
  /** The student's output and the terms of the loss, for given parameters. */
  f: (trained: Trainable) => { student: ModelOutput; terms: LossTerms };
  /** The scalars, with `rate` renamed to `learningRate`. */
  scalars: Scalars;
}

/** For steps and the analysis of terms: the trainable parameters, and the loss as a function of them. */
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

/** The scalars of a step. Throws a TypeError unless they are tensors and include the learning rate. */
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

/** The weighted value of a term. */
export function weighted(term: LossTerm): tf.Scalar {
  return (term instanceof tf.Tensor ? term : tf.mul(term.value, term.weight)) as tf.Scalar;
}

/** Applies `f` to every term. */
export function mapTerms(
  terms: LossTerms,
  f: (term: LossTerm) => tf.Scalar,
): Record<string, tf.Scalar> {
  return Object.fromEntries(Object.entries(terms).map(([name, term]) => [name, f(term)]));
}
