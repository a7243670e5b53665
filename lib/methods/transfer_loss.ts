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
 * Cross entropy plus the methods' terms.
 *
 * @throws {RangeError} If `labelSmoothing` is not from 0 to 1, or methods take more than all of the
 * cross entropy's weight.
 * @throws {TypeError} If two terms would have the same name. From the loss, if the scalars have a factor
 * of no method, or a method needs a teacher and the step has none.
 * @throws {UserError} From the loss, if a method compares gradients by the images of a worker's part.
 */
export function transferLoss(
  { methods, pairs, labelSmoothing = 0 }: TransferOptions,
): Loss<LossInputs, TransferTerms> {
  checkPart("smooth labels by", labelSmoothing);
  checkTermNames(methods, pairs);
  checkShares(methods);
  return (inputs) => {
    const { student, classifier, batch, apply, scalars } = inputs;
    checkFactors(scalars.factors, methods);
    if (!inputs.teacher) checkNeedNone(methods, "give the step the teacher, too");
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
    const weight = methods.reduce(
      (rest: number | tf.Scalar, { name, crossEntropyShare = 0 }) =>
        minus(rest, product(crossEntropyShare, scalars.factors?.[name])),
      1,
    );
    const value = labelSmoothing > 0
      ? crossEntropy(student.logits, batch.labels, { mixed, labelSmoothing })
      : ce;
    const terms: TransferTerms = { cross_entropy: { value, weight } };
    for (const method of methods) {
      Object.assign(terms, termsOf(method, shared, inputs, pairs));
    }
    return terms;
  };
}

/**
 * Checks that no method needs a teacher, where there is none.
 *
 * @param advice what to do, as the end of the line.
 * @throws {TypeError} If one does.
 */
export function checkNeedNone(methods: readonly Method[], advice: string): void {
  const lacking = methods.find(({ of }) => of !== "student");
  if (lacking === undefined) return;
  throw new TypeError(`Cannot use the method ${lacking.name} without a teacher: ${advice}`);
}

/** Two terms of one name would be one term: the last. */
function checkTermNames(methods: readonly Method[], pairs: readonly GroupPair[]): void {
  const names = methods.flatMap(({ of, name }) =>
    of === "each pair" ? pairs.map((_, i) => `${name}_${i}`) : [name]
  );
  const twice = ["cross_entropy", ...names].find((name, i, all) => all.indexOf(name) < i);
  if (twice === undefined) return;
  throw new TypeError(
    `Cannot use two terms of the name ${twice}: give a method another name, as in ` +
      '{ ...method, name: "another" }',
  );
}

/** With more than all of its weight taken, training would maximise the cross entropy. */
function checkShares(methods: readonly Method[]): void {
  const shares = methods.map(({ crossEntropyShare = 0 }) => crossEntropyShare);
  const taken = shares.reduce((sum, share) => sum + share, 0);
  if (taken <= 1 + 1e-9) return; // the shares' rounding
  throw new RangeError(
    `Cannot take ${taken} of the cross entropy's weight (${shares.join(" + ")}): the methods' ` +
      "crossEntropyShare must not add up to more than 1; use a smaller alpha",
  );
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
