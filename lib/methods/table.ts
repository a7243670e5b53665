/**
 * All methods that the commands offer, by the name of the option that is a method's weight. Options,
 * checks, notes, log keys, the benchmark's cases and the table in docs/methods.md follow from it: a new
 * method is a file beside this one and a line here.
 *
 * @module
 */
import { activationEntry } from "./activation.ts";
import { attentionEntry } from "./attention.ts";
import { decoupledEntry, distillationEntry } from "./distillation.ts";
import { gradientEntry, symmetryEntry } from "./gradient.ts";
import { type Method, type MethodEntry, type MethodSettings, type Need, needOf } from "./method.ts";
import { relationalEntry, similarityEntry } from "./relations.ts";

/** The methods, in the order of the log's terms. */
export const methodTable = {
  alpha: distillationEntry,
  beta: attentionEntry,
  activationBeta: activationEntry,
  decoupledBeta: decoupledEntry,
  similarityBeta: similarityEntry,
  relationalBeta: relationalEntry,
  gradientBeta: gradientEntry,
  gradientSymmetryBeta: symmetryEntry,
} satisfies Record<string, MethodEntry>;

/** The name of an option that is a method's weight. */
export type WeightName = keyof typeof methodTable;

/** The weight of each method; 0 leaves it out. */
export type MethodWeights = Record<WeightName, number>;

/** The names of the weights, in the order of the table. */
export const weightNames = Object.keys(methodTable) as WeightName[];

/** All weights 0: no transfer. */
export const noTransfer = Object.fromEntries(
  weightNames.map((name) => [name, 0]),
) as MethodWeights;

/** The names of the weights that are not 0. */
export function namesWithWeight(weights: MethodWeights): WeightName[] {
  return weightNames.filter((name) => weights[name] > 0);
}

/** The methods with a weight. */
export function chosenMethods(weights: MethodWeights, settings: MethodSettings): Method[] {
  return namesWithWeight(weights).map((name) => methodTable[name].method(weights[name], settings));
}

/** An entry, and what its method is whatever its weight. */
export interface MethodFacts extends MethodEntry {
  /** The name of its term in the log. */
  term: string;
  /** What it compares. */
  of: Method["of"];
  /** What it needs of the teacher; undefined where it needs none. */
  needs: Need | undefined;
}

/** What the table says of the method of a weight. */
export function methodFacts(name: WeightName): MethodFacts {
  const entry: MethodEntry = methodTable[name];
  const method = entry.method(1, { temperature: 1, attention: {} });
  return { ...entry, term: method.name, of: method.of, needs: needOf(method) };
}
