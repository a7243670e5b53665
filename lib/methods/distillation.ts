/**
 * Methods that compare logits.
 *
 * @module
 */
import { checkOptions, checkPart } from "../arguments.ts";
import { checkTemperature, checkWeights } from "../losses/checks.ts";
import { correlationDistillationLoss } from "../losses/correlation.ts";
import { decoupledDistillationLoss } from "../losses/decoupled.ts";
import { distillationLoss } from "../losses/distillation.ts";
import type { MethodEntry, OutputMethod } from "./method.ts";

/**
 * Knowledge distillation (arXiv:1503.02531): `alpha * T^2 * KL(teacher || student)`. Cross entropy gets
 * the weight `1 - alpha`.
 *
 * @param options alpha: 0 to 1. temperature: default 4. standardize: whether it compares standardised
 * logits, LSKD (arXiv:2403.01427); default false. weight: replaces alpha as the weight of the term, so
 * that LSKD's published weights are alpha 0.9, weight 9, temperature 2.
 * @throws {TypeError} If an option is unknown.
 * @throws {RangeError} If an option is out of range.
 */
export function knowledgeDistillation(
  options: {
    alpha: number;
    temperature?: number;
    standardize?: boolean | undefined;
    weight?: number | undefined;
  },
): OutputMethod {
  checkOptions("knowledgeDistillation", options, {
    ...{ alpha: true, temperature: true, standardize: true, weight: true },
  });
  const { alpha, temperature = 4, standardize = false, weight = alpha } = options;
  const loss = { temperature, alpha: 1, standardize };
  checkPart("distil with alpha", alpha);
  checkTemperature(temperature);
  checkWeights({ weight });
  return {
    name: "distillation",
    of: "outputs",
    weight,
    crossEntropyShare: alpha,
    term: ({ student, teacher, batch: { labels } }) =>
      distillationLoss(student.logits, teacher.logits, labels, loss),
  };
}

/**
 * Decoupled distillation, DKD (arXiv:2203.08679).
 *
 * @param options weight: 1 in the paper. temperature: default 4. others: the weight of the other classes
 * (NCKD) beside the target class, which has 1; default 8. The paper's differs by pair. standardize:
 * whether it compares standardised logits, LSKD (arXiv:2403.01427); default false.
 * @throws {TypeError} If an option is unknown.
 * @throws {RangeError} If the temperature or others is out of range.
 */
export function decoupledDistillation(
  options: {
    weight: number;
    temperature?: number;
    others?: number | undefined;
    standardize?: boolean | undefined;
  },
): OutputMethod {
  checkOptions("decoupledDistillation", options, {
    ...{ weight: true, temperature: true, others: true, standardize: true },
  });
  const { weight, temperature = 4, others: beta = 8, standardize = false } = options;
  const loss = { temperature, beta, standardize };
  checkTemperature(temperature);
  checkWeights({ others: beta });
  return {
    name: "decoupled",
    of: "outputs",
    weight,
    term: ({ student, teacher, batch: { labels } }) =>
      decoupledDistillationLoss(student.logits, teacher.logits, labels, loss),
  };
}

/**
 * DIST, distillation by correlations (arXiv:2205.10536).
 *
 * @param options weight: 1 in the paper, with the loss's own beta 2 and gamma 2. temperature: default 4.
 * @throws {TypeError} If an option is unknown.
 * @throws {RangeError} If the temperature is not above 0.
 */
export function correlationDistillation(
  options: { weight: number; temperature?: number },
): OutputMethod {
  checkOptions("correlationDistillation", options, { weight: true, temperature: true });
  const { weight, temperature = 4 } = options;
  checkTemperature(temperature);
  return {
    name: "correlation",
    of: "outputs",
    weight,
    term: ({ student, teacher }) =>
      correlationDistillationLoss(student.logits, teacher.logits, { temperature }),
  };
}

export const distillationEntry: MethodEntry = {
  label: "KD",
  help: "knowledge distillation: weight of the teacher's soft targets; cross entropy " +
    "gets 1 - alpha",
  max: 1,
  usualWeight: 0.9,
  loss: "distillationLoss",
  formula: "T² KL(teacher / T, student / T), the mean over the batch",
  settings: ["temperature", "standardize", "kdWeight"],
  minClasses: 1,
  method: (alpha, { temperature, standardize, kdWeight: weight }) =>
    knowledgeDistillation({ alpha, temperature, standardize, weight }),
};

export const decoupledEntry: MethodEntry = {
  label: "DKD",
  help: "decoupled distillation (DKD), with --temperature: weight; the paper uses 1",
  usualWeight: 1,
  loss: "decoupledDistillationLoss",
  formula: "DKD: target class and other classes apart, weights 1 and 8, at `--temperature`",
  settings: ["temperature", "decoupledOthers", "standardize"],
  minClasses: 2,
  method: (weight, { temperature, decoupledOthers: others, standardize }) =>
    decoupledDistillation({ weight, temperature, others, standardize }),
};

export const correlationEntry: MethodEntry = {
  label: "DIST",
  help: "distillation by correlations (DIST), with --temperature: weight; the paper uses 1",
  usualWeight: 1,
  loss: "correlationDistillationLoss",
  formula:
    "DIST: one minus Pearson's correlation of the probabilities at `--temperature`, over the " +
    "classes and over the examples, each times 2 T²",
  settings: ["temperature"],
  minClasses: 2,
  withWorkers: "own part",
  method: (weight, { temperature }) => correlationDistillation({ weight, temperature }),
};
