/**
 * All methods that the commands offer. The key is the name of the method's weight option. Options,
 * checks, notes, log keys, benchmark cases and the table in docs/methods.md are derived from this
 * table. To add a method, add a file in this folder and a line here.
 *
 * @module
 */
import { activationEntry } from "./activation.ts";
import { attentionEntry } from "./attention.ts";
import { classAttentionEntry } from "./class_attention.ts";
import { correlationEntry, decoupledEntry, distillationEntry } from "./distillation.ts";
import { gradientEntry, symmetryEntry } from "./gradient.ts";
import { type Method, type MethodEntry, type MethodSettings, type Need, needOf } from "./method.ts";
import { relationalEntry, similarityEntry } from "./relations.ts";
import { reviewEntry } from "./review.ts";

/** The methods, in the order of their terms in the log. */
export const methodTable = {
  alpha: distillationEntry,
  beta: attentionEntry,
  activationBeta: activationEntry,
  decoupledBeta: decoupledEntry,
  correlationBeta: correlationEntry,
  classAttentionBeta: classAttentionEntry,
  reviewBeta: reviewEntry,
  similarityBeta: similarityEntry,
  relationalBeta: relationalEntry,
  gradientBeta: gradientEntry,
  gradientSymmetryBeta: symmetryEntry,
} satisfies Record<string, MethodEntry>;

/** The name of a weight option. */
export type WeightName = keyof typeof methodTable;

/** The weight of each method; 0 turns it off. */
export type MethodWeights = Record<WeightName, number>;

/** The names of the weights, in table order. */
export const weightNames = Object.keys(methodTable) as WeightName[];

/** All weights 0: no transfer. */
export const noTransfer = Object.fromEntries(
  weightNames.map((name) => [name, 0]),
) as MethodWeights;

/** The names of the weights above 0. */
export function namesWithWeight(weights: MethodWeights): WeightName[] {
  return weightNames.filter((name) => weights[name] > 0);
}

/** The methods whose weight is above 0. */
export function chosenMethods(weights: MethodWeights, settings: MethodSettings): Method[] {
  return namesWithWeight(weights).map((name) => methodTable[name].method(weights[name], settings));
}

/** An entry, plus the facts of its method that do not depend on the weight. */
export interface MethodFacts extends MethodEntry {
  /** The name of its term in the log. */
  term: string;
  /** What it compares. */
  of: Method["of"];
  /** What it needs from the teacher; undefined if nothing. */
  needs: Need | undefined;
}

/** The facts about the method of a weight option. */
export function methodFacts(name: WeightName): MethodFacts {
  const entry: MethodEntry = methodTable[name];
  const method = entry.method(1, { temperature: 1, attention: {} });
  return { ...entry, term: method.name, of: method.of, needs: needOf(method) };
}
