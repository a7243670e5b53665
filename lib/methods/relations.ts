/**
 * Methods that compare how the examples of a batch relate to each other, at the last pair of groups.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkOptions } from "../arguments.ts";
import { relationalDistillationLoss } from "../losses/relational.ts";
import { similarityPreservingLoss } from "../losses/similarity.ts";
import type { MethodEntry, PairMethod } from "./method.ts";

/**
 * Similarity-preserving distillation, SP (arXiv:1907.09682).
 *
 * @param options weight: the paper's is 3000.
 * @throws {TypeError} If an option is not known.
 */
export function similarityPreserving(options: { weight: number }): PairMethod {
  checkOptions("similarityPreserving", options, { weight: true });
  return {
    name: "similarity",
    of: "last pair",
    weight: options.weight,
    term: ({ student, teacher }) => similarityPreservingLoss(student, teacher),
  };
}

/**
 * Relational distillation, RKD (arXiv:1904.05068), of the mean over the positions of each activation. A
 * batch of one example has no relations: its term is 0.
 *
 * @param options weight: the paper's is 1.
 * @throws {TypeError} If an option is not known.
 */
export function relationalDistillation(options: { weight: number }): PairMethod {
  checkOptions("relationalDistillation", options, { weight: true });
  return {
    name: "relational",
    of: "last pair",
    weight: options.weight,
    term: ({ student, teacher }) =>
      student.shape[0] === 1
        ? tf.scalar(0)
        : relationalDistillationLoss(tf.mean(student, [1, 2]), tf.mean(teacher, [1, 2])),
  };
}

/** Similarity-preserving distillation, for the table. */
export const similarityEntry: MethodEntry = {
  label: "SP",
  help: "similarity-preserving distillation (SP): weight; the paper uses 3000",
  usualWeight: 3000,
  loss: "similarityPreservingLoss",
  formula: "SP: between the similarities of the examples of a batch, at the last pair of groups",
  relatesExamples: true,
  method: (weight) => similarityPreserving({ weight }),
};

/** Relational distillation, for the table. */
export const relationalEntry: MethodEntry = {
  label: "RKD",
  help: "relational distillation (RKD) of the last group: weight; the paper uses 1",
  usualWeight: 1,
  loss: "relationalDistillationLoss",
  formula:
    "RKD: distances (25) and angles (50) between examples, of the last group's mean over positions",
  relatesExamples: true,
  method: (weight) => relationalDistillation({ weight }),
};
