/**
 * The types of a loss, a pure function of the outputs of student and teacher for a batch, and its
 * evaluation.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { AnyModel, AnyOutput, ModelOutput, RankedGroups } from "../../models/model.ts";
import { checkFunction, checkTensor, checkTensors } from "../arguments.ts";
import { checkedBatch, checkedOutput, checkTerms } from "./checks.ts";
import type { AnyBatch, TensorBatch } from "./batch.ts";
import { mixBatch } from "./mix.ts";
import { filterParams, isTrainable, type Params, type Tensors } from "../params.ts";

export type { AnyBatch, MixingTensors, TensorBatch, WorkerInputs } from "./batch.ts";

/** A term of a loss, a scalar: a value with a weight, or only a value with weight 1. */
export type LossTerm = tf.Tensor | {
  /** The value to report. */
  value: tf.Tensor;
  /** The loss to minimise uses the value times this. */
  weight: number | tf.Tensor;
};

/** The terms of a loss by name, in the order of reporting. Their weighted sum is minimised. */
export type LossTerms = Record<string, LossTerm>;

/** The values of a loss's terms, under the same names. */
export type TermValues<Terms extends LossTerms = LossTerms> = {
  [Name in keyof Terms]: tf.Scalar;
};

/** What a teacher gives besides the output of its network. */
export interface TeacherExtras {
  /** The gradient of its cross entropy with respect to the images, `[N, H, W, C]`, if needed. */
  inputGradient?: tf.Tensor4D;
  /** Attention maps `[N, H, W]` by group number, if these were cached instead of the activations. */
  maps?: Record<string, tf.Tensor3D>;
  /** The classifier `[classes, C]`, if needed. */
  classifier?: tf.Tensor2D;
  /** Pooled class activation maps `[N, h, w, classes]`, if these were cached. */
  classMaps?: tf.Tensor4D;
}

/**
 * The output of a teacher.
 *
 * @typeParam OfGroups its groups. Default: any number.
 */
export interface TeacherOutput<OfGroups extends readonly tf.Tensor4D[] = tf.Tensor4D[]>
  extends ModelOutput<OfGroups>, TeacherExtras {}

/**
 * A frozen teacher: a function of the batch that gives a network's output.
 *
 * @typeParam OfGroups the groups of its output. Default: any number.
 */
export type Teacher<OfGroups extends readonly tf.Tensor[] = readonly tf.Tensor[]> = (
  batch: TensorBatch,
) => AnyOutput<OfGroups> & TeacherExtras;

/** Numbers that change at each step. As scalar tensors, so that a compiled step is not traced again. */
export interface Scalars {
  /** The learning rate. */
  learningRate: tf.Scalar;
  /** The weight of attention transfer, if a loss of your own lets it decay; {@link distill}'s does not. */
  beta?: tf.Scalar;
  /**
   * Factors of the methods' weights, by the names of the methods, if they change during training: see
   * {@link weightFactor}. Distillation also lowers the weight of the cross entropy by alpha; the factor
   * scales this, too.
   */
  factors?: Record<string, tf.Scalar>;
  /** If the state has averaged weights: how far they move, `rate` of {@link averageParams}. */
  averageRate?: tf.Scalar;
}

/** The scalars that a step accepts; `rate` is another name for the learning rate. */
export type StepScalars = Scalars | Omit<Scalars, "learningRate"> & { rate: tf.Scalar };

/**
 * The inputs of a loss.
 *
 * @typeParam Student the student's output.
 * @typeParam OfTeacher the teacher's output, or undefined if there is none. Default: either.
 */
export interface LossInputs<
  Student extends ModelOutput = ModelOutput,
  OfTeacher extends TeacherOutput | undefined = TeacherOutput | undefined,
> {
  /** The student's output for the batch, in train mode. */
  student: Student;
  /** The teacher's output, if there is a teacher. */
  teacher: OfTeacher;
  /**
   * The batch, with its images mixed if it has a `mixing`. You can use {@link inputGradient} on them,
   * since the student used them.
   */
  batch: TensorBatch;
  /** Applies the student in train mode to other images; the resulting statistics are discarded. */
  apply: (images: tf.Tensor4D) => Student;
  /** The student's classifier `[classes, C]`, if its model names the key. */
  classifier?: tf.Tensor2D | undefined;
  /** The loss's own parameters, trained with the student: {@link LossOptions.lossParams}. */
  params: Params;
  /** The scalars of the step. */
  scalars: Scalars;
  /** True if the batch is this worker's part of one: see `workers` of {@link trainStep}. */
  isPart?: boolean;
}

/**
 * A loss, as a pure function.
 *
 * @typeParam Inputs what it is given. Default: outputs with any number of groups, perhaps a teacher's.
 * @typeParam Terms the terms that it gives. Default: terms of any names.
 */
export type Loss<Inputs = LossInputs, Terms extends LossTerms = LossTerms> = (
  inputs: Inputs,
) => Terms;

/**
 * A loss, and the networks it uses.
 *
 * @typeParam StudentGroups the groups of the student. Default: any number.
 * @typeParam OfTeacher the teacher's output as the loss gets it. Default: perhaps none.
 * @typeParam Terms the terms of the loss. Default: terms of any names.
 */
export interface LossOptions<
  StudentGroups extends readonly tf.Tensor[] = readonly tf.Tensor[],
  OfTeacher extends TeacherOutput | undefined = TeacherOutput | undefined,
  Terms extends LossTerms = LossTerms,
> {
  /** The student. */
  model: AnyModel<StudentGroups>;
  /** The loss to minimise. */
  loss: Loss<LossInputs<ModelOutput<RankedGroups<StudentGroups>>, OfTeacher>, Terms>;
  /** The frozen teacher. */
  teacher?: Teacher | undefined;
  /** Initial values of the loss's own parameters, such as projections. {@link startState} takes them. */
  lossParams?: Tensors;
}

/** The trainable parameters of a step. */
export interface Trainable {
  /** The student's parameters, without running statistics. */
  student: Tensors;
  /** The loss's own parameters. */
  loss: Tensors;
}

/** A loss that is ready to be differentiated. */
export interface LossEvaluation {
  /** The parameters to differentiate with respect to. */
  trainable: Trainable;
  /** The student's output and the terms of the loss, for given parameters. */
  f: (trained: Trainable) => { student: ModelOutput; terms: LossTerms };
  /** The scalars, with `rate` renamed to `learningRate`. */
  scalars: Scalars;
  /** The batch as the student sees it. */
  batch: TensorBatch;
}

/** For steps and the analysis of terms: the trainable parameters, and the loss as a function of them. */
export function lossEvaluation(options: LossOptions & { workers?: boolean }): (
  params: Tensors,
  lossParams: Tensors,
  batch: AnyBatch,
  scalars: StepScalars,
) => LossEvaluation {
  const { model, loss, teacher, workers: isPart = false } = options;
  checkFunction("f of the model", Object(model).f);
  checkFunction("the loss", loss);
  if (teacher !== undefined) checkFunction("the teacher", teacher);
  return (params, lossParams, given, stepScalars) => {
    checkTensors("the parameters", params);
    checkTensors("the loss's own parameters", lossParams);
    const batch = mixBatch(checkedBatch(given));
    const scalars = checkedScalars(stepScalars);
    const [count] = batch.images.shape;
    const teacherOutput: TeacherOutput | undefined = teacher &&
      checkedOutput("the teacher", teacher(batch), count);
    const statistics = filterParams(params, (key) => !isTrainable(key));
    const f = (trained: Trainable) => {
      const apply = (images: tf.Tensor4D) =>
        model.f(images, { ...trained.student, ...statistics }, "train") as ModelOutput;
      const student = checkedOutput("the student", apply(batch.images), count);
      const classifier = classifierOf(model, trained.student);
      const inputs = { student, teacher: teacherOutput, classifier, batch, apply, scalars };
      const terms = loss({ ...inputs, params: trained.loss, isPart });
      checkTerms(terms);
      return { student, terms };
    };
    const student = filterParams(params, isTrainable);
    if (Object.keys(student).length + Object.keys(lossParams).length === 0) {
      throw new TypeError("Cannot train: there are no parameters that can be trained");
    }
    return { trainable: { student, loss: lossParams }, f, scalars, batch };
  };
}

/** The weights of a network's classifier; undefined if the model does not name them. */
export function classifierOf(
  { classifier: key }: Pick<AnyModel, "classifier">,
  params: Tensors,
): tf.Tensor2D | undefined {
  return key === undefined ? undefined : params[key] as tf.Tensor2D | undefined;
}

/** The scalars of a step. Throws a TypeError unless they are tensors and include the learning rate. */
function checkedScalars(given: StepScalars): Scalars {
  const { factors, ...flat } = Object(given) as Scalars;
  checkTensors("the scalars", given && flat);
  if (factors !== undefined) checkTensors("the factors of the scalars", factors);
  const { rate, ...scalars } = flat as Scalars & { rate?: tf.Scalar };
  const learningRate = scalars.learningRate ?? rate;
  checkTensor("the learningRate of the scalars", learningRate);
  return { ...scalars, learningRate, ...(factors && { factors }) };
}

/** The value of a term. */
export function valueOf(term: LossTerm): tf.Scalar {
  return (term instanceof tf.Tensor ? term : term.value) as tf.Scalar;
}

/** The weighted value of a term. */
export function weighted(term: LossTerm): tf.Scalar {
  return (term instanceof tf.Tensor ? term : tf.mul(term.value, term.weight)) as tf.Scalar;
}
