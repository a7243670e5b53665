/**
 * Combines a student, a teacher and methods for a training step.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { checkFunction, checkOptions, checkTensors } from "../arguments.ts";
import type { Tensors } from "../params.ts";
import type { AsManyAs } from "../losses/pairs.ts";
import type { Loss, LossInputs, Teacher } from "../train/loss.ts";
import { compareGroups, type DistillOptions, type GroupNumbers } from "./groups.ts";
import { comparesGroups, type Method, type NetworkWithParams } from "./method.ts";
import { teacherFunction } from "./teacher.ts";
import { checkNeedNone, transferLoss, type TransferTerms } from "./transfer_loss.ts";

/**
 * Nothing, unless a method compares all pairs of groups and the networks have different numbers of them:
 * then `groups` must say which to compare.
 *
 * @typeParam Methods all methods, as a union.
 * @typeParam Student the groups of the student.
 * @typeParam Teacher the groups of the teacher.
 */
export type NeededGroups<
  Methods extends Method,
  Student extends readonly unknown[],
  Teacher extends readonly unknown[],
> = Teacher extends AsManyAs<Student, Teacher> ? unknown
  : Method extends Methods ? unknown // which methods they are is not known
  : [Extract<Methods, { of: "each pair" | "all pairs" }>] extends [never] ? unknown
  : { groups: GroupNumbers };

/** The result of {@link distill}: teacher and loss for a training step. */
export interface Distillation {
  /** The frozen teacher; undefined if there is none. */
  teacher: Teacher | undefined;
  /** Cross entropy plus the methods' terms. */
  loss: Loss<LossInputs, TransferTerms>;
  /** Initial values of the methods' own parameters, such as projections, for {@link startState}. */
  lossParams: Tensors;
}

/**
 * Builds the teacher and the loss of a training step from a student, a teacher and methods.
 *
 * @typeParam Student the groups of the student.
 * @typeParam Teacher the groups of the teacher.
 * @typeParam Methods all methods, as a union.
 * @throws {TypeError} If an option is unknown or would have no effect, a network is invalid, two terms
 * would have the same name, or a method needs a teacher and there is none; from the step, if `factors`
 * names no method, or the step has no teacher.
 * @throws {RangeError} If `labelSmoothing` is not from 0 to 1, or methods take more than all of the
 * cross entropy's weight.
 * @throws {UserError} If groups cannot be paired, or a network does not give what a method compares.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import * as at from "@attention-transfer/core";
 *
 * const student = at.wideResNet({ depth: 10, width: 0.25, numClasses: 10 });
 * const teacher = at.wideResNet({ depth: 10, width: 0.5, numClasses: 10 });
 * const params = student.init(0);
 * const transfer = at.distill({
 *   student: { model: student, params },
 *   teacher: { model: teacher, params: teacher.init(1) },
 *   methods: [at.attentionTransfer({ weight: 1000 }), at.knowledgeDistillation({ alpha: 0.9 })],
 * });
 * const optimizer = at.sgd();
 * const step = at.jit(at.trainStep({ model: student, optimizer, ...transfer }));
 * const state = at.startState(params, optimizer, transfer.lossParams);
 * const batch = { images: tf.ones([2, 32, 32, 3]), labels: tf.tensor1d([0, 1], "int32") };
 * const { terms } = await step(state, batch, { learningRate: tf.scalar(0.1) });
 * console.log(Object.keys(terms)); // cross_entropy, attention_0, attention_1, attention_2, distillation
 * ```
 */
export function distill<
  Student extends readonly tf.Tensor[],
  Teacher extends readonly tf.Tensor[],
  Methods extends Method,
>(
  options:
    & DistillOptions<Student, Teacher>
    & { methods: readonly Methods[] }
    & NeededGroups<Methods, Student, Teacher>,
): Distillation;
export function distill(options: DistillOptions): Distillation {
  checkOptions("distill", options, {
    ...{ student: true, teacher: true, methods: true, groups: true, groupWeights: true },
    ...{ teacherPrecision: true, image: true, seed: true, labelSmoothing: true },
  });
  const { student, teacher, methods, teacherPrecision, labelSmoothing } = options;
  checkNetwork("student", student);
  if (teacher !== undefined) checkNetwork("teacher", teacher);
  methods.forEach((method, i) => checkFunction(`term of method ${i}`, Object(method).term));
  if (teacher === undefined) checkNeedNone(methods, "give distill() one");
  checkPairOptions(options);
  const { pairs, lossParams } = teacher === undefined
    ? { pairs: [], lossParams: {} }
    : compareGroups({ ...options, teacher });
  return {
    teacher: teacher && teacherFunction(teacher, methods, teacherPrecision),
    loss: transferLoss({ methods, pairs, labelSmoothing }),
    lossParams,
  };
}

/** Options that would have no effect. */
function checkPairOptions({ teacher, methods, groups, groupWeights }: DistillOptions): void {
  const used = teacher === undefined ? [] : methods;
  if (groups !== undefined && !used.some(comparesGroups)) {
    throw new TypeError("Cannot use the option groups: no method compares groups");
  }
  if (groupWeights !== undefined && !used.some(({ of }) => of === "each pair")) {
    throw new TypeError("Cannot use the option groupWeights: no method weighs pairs of groups");
  }
}

function checkNetwork(whose: string, network: unknown): void {
  const { model, params } = Object(network) as NetworkWithParams;
  checkFunction(`f of the ${whose}'s model`, Object(model).f);
  checkTensors(`the ${whose}'s parameters`, params);
}
