/**
 * Builds the loss of a training step from a list of methods.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { ModelOutput } from "../../models/model.ts";
import { checkPart } from "../arguments.ts";
import { UserError } from "../errors.ts";
import { crossEntropy } from "../losses/cross_entropy.ts";
import { inputGradient } from "../losses/gradient.ts";
import type { Loss, LossInputs, LossTerm, LossTerms, TeacherOutput } from "../train/loss.ts";
import { type GroupPair, projectionKey } from "./groups.ts";
import type { Method, PairInputs, StudentInputs } from "./method.ts";

/** Options of {@link transferLoss}. */
export interface TransferOptions {
  /** The methods, in the order of their terms. */
  methods: readonly Method[];
  /** The pairs of groups. Methods of the "last pair" compare the last one. */
  pairs: readonly GroupPair[];
  /** The label smoothing of the cross entropy. Default 0. */
  labelSmoothing?: number | undefined;
}

/** The terms of {@link distill}'s loss: cross entropy, and those of the methods by name. */
export type TransferTerms = LossTerms & {
  /** The cross entropy of the student. */
  cross_entropy: LossTerm;
};

/**
 * Cross entropy plus the methods' terms. Without a teacher, methods that need one add nothing.
 *
 * @throws {RangeError} If `labelSmoothing` is not from 0 to 1.
 * @throws {TypeError} From the loss, if the scalars have a factor of no method.
 * @throws {UserError} From the loss, if a method compares gradients by the images of a worker's part.
 */
export function transferLoss(
  { methods, pairs, labelSmoothing = 0 }: TransferOptions,
): Loss<LossInputs, TransferTerms> {
  checkPart("smooth labels by", labelSmoothing);
  return (inputs) => {
    const { student, classifier, batch, teacher, apply, scalars } = inputs;
    checkFactors(scalars.factors, methods);
    const { mixed } = batch;
    // Not smoothed for methods: a teacher's gradient is that of its cross entropy alone.
    const ce = crossEntropy(student.logits, batch.labels, { mixed });
    let gradient: tf.Tensor4D | undefined;
    const shared: StudentInputs = {
      ...{ student, classifier, batch, apply, scalars, crossEntropy: ce },
      inputGradient: () => {
        if (inputs.isPart) throw new UserError(noPartGradient, { code: "not-supported" });
        return gradient ??= inputGradient(() => ce, batch.images);
      },
    };
    const used = methods.filter(({ of }) => teacher || of === "student");
    const weight = used.reduce(
      (rest: number | tf.Scalar, { name, crossEntropyShare = 0 }) =>
        minus(rest, product(crossEntropyShare, scalars.factors?.[name])),
      1,
    );
    const value = labelSmoothing > 0
      ? crossEntropy(student.logits, batch.labels, { mixed, labelSmoothing })
      : ce;
    const terms: TransferTerms = { cross_entropy: { value, weight } };
    for (const method of used) {
      Object.assign(terms, termsOf(method, shared, inputs, pairs));
    }
    return terms;
  };
}

const noPartGradient = "Cannot compare gradients by the images with several workers: a worker's " +
  "gradient is that of its own part of the batch; use one process";

/** A factor without a method would have no effect. */
function checkFactors(factors: object = {}, methods: readonly Method[]): void {
  const names = methods.map(({ name }) => name);
  const unknown = Object.keys(factors).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new TypeError(
    `Cannot use a factor for ${unknown}: no method has this name; there are ${
      names.join(", ") || "none"
    }`,
  );
}

function termsOf(
  method: Method,
  shared: StudentInputs,
  inputs: LossInputs,
  pairs: readonly GroupPair[],
): LossTerms {
  const { scalars } = inputs;
  const weight = product(
    typeof method.weight === "number" ? method.weight : method.weight(scalars),
    scalars.factors?.[method.name],
  );
  const teacher = inputs.teacher as TeacherOutput; // defined, unless the method needs no teacher
  switch (method.of) {
    case "student":
      return { [method.name]: { value: method.term(shared), weight } };
    case "outputs":
      return { [method.name]: { value: method.term({ ...shared, teacher }), weight } };
    case "last pair": {
      const last = pairs.at(-1);
      if (last === undefined) return {};
      const value = method.term(pairInputs(last, pairs.length - 1, inputs, teacher));
      return { [method.name]: { value, weight } };
    }
    case "all pairs": {
      const value = method.term({
        student: levels(inputs.student, pairs.map(({ student }) => student)),
        teacher: levels(teacher, pairs.map(({ teacher }) => teacher)),
        params: inputs.params,
      });
      return { [method.name]: { value, weight } };
    }
    case "each pair":
      return Object.fromEntries(pairs.map((pair, i): [string, LossTerm] => {
        const value = method.term(pairInputs(pair, i, inputs, teacher));
        return [`${method.name}_${i}`, { value, weight: product(weight, pair.weight) }];
      }));
  }
}

type Weight = number | tf.Scalar;

function product(weight: Weight, factor: Weight = 1): Weight {
  const numbers = typeof weight === "number" && typeof factor === "number";
  return numbers ? weight * factor : tf.mul(weight, factor);
}

function minus(a: Weight, b: Weight): Weight {
  return typeof a === "number" && typeof b === "number" ? a - b : tf.sub(a, b);
}

/** The activations of the groups, and the mean of the features over the positions. */
function levels({ groups, features }: ModelOutput, numbers: readonly number[]): tf.Tensor4D[] {
  const pooled = tf.mean<tf.Tensor4D>(features as tf.Tensor4D, [1, 2], true);
  return [...numbers.map((group) => groups[group] as tf.Tensor4D), pooled];
}

function pairInputs(
  { student: s, teacher: t }: GroupPair,
  index: number,
  { student, params }: LossInputs,
  { groups, maps }: TeacherOutput,
): PairInputs {
  const teacher = groups[t] as tf.Tensor4D;
  return {
    student: student.groups[s] as tf.Tensor4D,
    teacher,
    teacherMap: maps?.[t] ?? teacher,
    projection: params[projectionKey(index)] as tf.Tensor4D | undefined,
  };
}
