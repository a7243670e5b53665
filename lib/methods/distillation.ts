/**
 * Methods that compare logits.
 *
 * @module
 */
import { checkOptions } from "../arguments.ts";
import { checkAlpha, checkTemperature, checkWeights } from "../losses/checks.ts";
import { decoupledDistillationLoss } from "../losses/decoupled.ts";
import { distillationLoss } from "../losses/distillation.ts";
import type { MethodEntry, OutputMethod } from "./method.ts";

/**
 * Knowledge distillation (arXiv:1503.02531): `alpha * T^2 * KL(teacher || student)`. Cross entropy gets
 * the weight `1 - alpha`.
 *
 * @param options alpha: 0 to 1. temperature: default 4.
 * @throws {TypeError} If an option is unknown.
 * @throws {RangeError} If an option is out of range.
 */
export function knowledgeDistillation(
  options: { alpha: number; temperature?: number },
): OutputMethod {
  checkOptions("knowledgeDistillation", options, { alpha: true, temperature: true });
  const { alpha, temperature = 4 } = options;
  checkAlpha(alpha);
  checkTemperature(temperature);
  return {
    name: "distillation",
    of: "outputs",
    weight: alpha,
    crossEntropyShare: alpha,
    term: ({ student, teacher, batch: { labels } }) =>
      distillationLoss(student.logits, teacher.logits, labels, { temperature, alpha: 1 }),
  };
}

/**
 * Decoupled distillation, DKD (arXiv:2203.08679).
 *
 * @param options weight: 1 in the paper. temperature: default 4. others: the weight of the other classes
 * (NCKD) beside the target class, which has 1; default 8. The paper's differs by pair.
 * @throws {TypeError} If an option is unknown.
 * @throws {RangeError} If the temperature or others is out of range.
 */
export function decoupledDistillation(
  options: { weight: number; temperature?: number; others?: number | undefined },
): OutputMethod {
  checkOptions("decoupledDistillation", options, {
    ...{ weight: true, temperature: true, others: true },
  });
  const { weight, temperature = 4, others: beta = 8 } = options;
  checkTemperature(temperature);
  checkWeights({ others: beta });
  return {
    name: "decoupled",
    of: "outputs",
    weight,
    term: ({ student, teacher, batch: { labels } }) =>
      decoupledDistillationLoss(student.logits, teacher.logits, labels, { temperature, beta }),
  };
}

/** The entry of knowledge distillation in the table. */
export const distillationEntry: MethodEntry = {
  label: "KD",
  help: "knowledge distillation: weight of the teacher's soft targets; cross entropy " +
    "gets 1 - alpha",
  max: 1,
  usualWeight: 0.9,
  loss: "distillationLoss",
  formula: "T² KL(teacher / T, student / T), the mean over the batch",
  settings: ["temperature"],
  minClasses: 1,
  method: (alpha, { temperature }) => knowledgeDistillation({ alpha, temperature }),
};

/** The entry of decoupled distillation in the table. */
export const decoupledEntry: MethodEntry = {
  label: "DKD",
  help: "decoupled distillation (DKD), with --temperature: weight; the paper uses 1",
  usualWeight: 1,
  loss: "decoupledDistillationLoss",
  formula: "DKD: target class and other classes apart, weights 1 and 8, at `--temperature`",
  settings: ["temperature", "decoupledOthers"],
  minClasses: 2,
  method: (weight, { temperature, decoupledOthers: others }) =>
    decoupledDistillation({ weight, temperature, others }),
};
