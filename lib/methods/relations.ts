/**
 * Methods that compare the relations between the examples of a batch, at the last pair of groups.
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
 * @param options weight: 3000 in the paper.
 * @throws {TypeError} If an option is unknown.
 */
export function similarityPreserving(options: { weight: number }): PairMethod<"last pair"> {
  checkOptions("similarityPreserving", options, { weight: true });
  return {
    name: "similarity",
    of: "last pair",
    weight: options.weight,
    term: ({ student, teacher }) => similarityPreservingLoss(student, teacher),
  };
}

/**
 * Relational distillation, RKD (arXiv:1904.05068), of the spatial mean of each activation. A batch of
 * one example has no relations: its term is 0.
 *
 * @param options weight: 1 in the paper.
 * @throws {TypeError} If an option is unknown.
 */
export function relationalDistillation(options: { weight: number }): PairMethod<"last pair"> {
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

export const similarityEntry: MethodEntry = {
  label: "SP",
  help: "similarity-preserving distillation (SP): weight; the paper uses 3000",
  usualWeight: 3000,
  loss: "similarityPreservingLoss",
  formula: "SP: between the similarities of the examples of a batch, at the last pair of groups",
  relatesExamples: true,
  withWorkers: "own part",
  method: (weight) => similarityPreserving({ weight }),
};

export const relationalEntry: MethodEntry = {
  label: "RKD",
  help: "relational distillation (RKD) of the last group: weight; the paper uses 1",
  usualWeight: 1,
  loss: "relationalDistillationLoss",
  formula:
    "RKD: distances (25) and angles (50) between examples, of the last group's mean over positions",
  relatesExamples: true,
  withWorkers: "own part",
  method: (weight) => relationalDistillation({ weight }),
};
