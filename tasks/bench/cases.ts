/**
 * The training steps that the benchmark times.
 *
 * @module
 */
import { UserError } from "../../lib/errors.ts";
import type { BenchOptions } from "./options.ts";
import { methodFacts, type MethodWeights, weightNames } from "../../lib/methods/table.ts";

/** A training step to time; the names are those that tasks/bench/pytorch.py takes. */
export interface Case extends Partial<MethodWeights> {
  /** Wide ResNets on CIFAR's images, which is the default, or ResNets on ImageNet's. */
  network?: "wrn" | "resnet";
  depth: number;
  width: number;
  /** Groups of spatial group-wise enhance. */
  sge?: number;
  /** Standardises the logits of distillation. */
  standardize?: boolean;
  /** The weight of distillation, in place of alpha. */
  kdWeight?: number;
  teacherDepth?: number;
  teacherWidth?: number;
  batch: number;
}

const student = { depth: 16, width: 1, batch: 128 };
const fromTeacher = { ...student, teacherDepth: 16, teacherWidth: 2 };

/** Distillation of standardised logits, as published but for the temperature. */
const lskd = { alpha: 0.9, kdWeight: 9, standardize: true };

/** Plain training. */
export const plainCase: Case = student;
/** The same with a teacher, by attention transfer and distillation. */
export const transferCase: Case = { ...fromTeacher, alpha: 0.9, beta: 1000 };

const cifarCases: Record<string, Case> = {
  "WRN-16-1": plainCase,
  "WRN-16-1 <- WRN-16-2, AT+KD": transferCase,
};

/** Each method of the table, by its usual weight. */
const methodCases: Record<string, Case> = {
  "WRN-16-1": student,
  ...Object.fromEntries(weightNames.map((name) => {
    const { label, usualWeight, of } = methodFacts(name);
    return [label, { ...(of === "student" ? student : fromTeacher), [name]: usualWeight }];
  })),
  "LSKD": { ...fromTeacher, ...lskd },
  "SGE": { ...student, sge: 8 },
};

const resNet18 = { network: "resnet", depth: 18, width: 1, batch: 16 } as const;
const followingResNet34: Case = { ...resNet18, teacherDepth: 34, teacherWidth: 1, beta: 1000 };

const imagenetCases: Record<string, Case> = {
  "ResNet-18": resNet18,
  "ResNet-18 <- folded ResNet-34, AT": followingResNet34,
};

/** What is timed in several processes: the batch of each is that of one. */
export const workersCases: Record<string, Case> = { ...cifarCases, "ResNet-18": resNet18 };

const performanceCases: Record<string, Case> = {
  ...cifarCases,
  "WRN-16-2 <- WRN-40-2, AT+KD": {
    ...{ depth: 16, width: 2, batch: 128, teacherDepth: 40, teacherWidth: 2 },
    ...{ alpha: 0.9, beta: 1000 },
  },
  "WRN-16-1 <- WRN-16-2, gradient-AT": { ...fromTeacher, gradientBeta: 1 },
  "ResNet-18 <- folded ResNet-34, AT": followingResNet34,
};

const parityStudent = { depth: 10, width: 1 };
/** The networks of all parity cases, without a loss; plain training leaves the teacher out. */
export const parityTaught = { ...parityStudent, teacherDepth: 10, teacherWidth: 2 };

function usual(name: keyof MethodWeights): Omit<Case, "batch"> {
  return { ...parityTaught, [name]: methodFacts(name).usualWeight };
}

/** The steps whose values `--gpu` compares. */
export const parityCases: Readonly<Record<string, Omit<Case, "batch">>> = {
  "cross entropy": parityStudent,
  "AT+KD": { ...parityTaught, alpha: 0.9, beta: 1000 },
  // By the usual weight of 1, the loss hardly shows the term.
  "gradient-AT": { ...parityTaught, gradientBeta: 1000 },
  "similarity": usual("similarityBeta"),
  "decoupled": usual("decoupledBeta"),
  "relational": usual("relationalBeta"),
  "correlation": usual("correlationBeta"),
  "class attention": usual("classAttentionBeta"),
  "LSKD": { ...parityTaught, ...lskd },
  "ReviewKD": usual("reviewBeta"),
  "F-ActT": usual("activationBeta"),
  "gradient symmetry": usual("gradientSymmetryBeta"),
};

/** The steps to time, by the name of the set and of the step. */
export const caseSets: Record<BenchOptions["cases"], Record<string, Case>> = {
  cifar: cifarCases,
  methods: methodCases,
  imagenet: imagenetCases,
  performance: performanceCases,
  none: {},
};

/**
 * The steps to time, by name.
 *
 * @throws {UserError} If the name of none contains `only`.
 */
export function chosenCases(
  { cases, only = "" }: Pick<BenchOptions, "cases" | "only">,
): Record<string, Case> {
  const all = Object.entries(caseSets[cases]);
  const chosen = all.filter(([name]) => name.includes(only));
  if (only !== "" && chosen.length === 0) {
    throw new UserError(
      `Cannot time steps with ${JSON.stringify(only)} in their name: --cases ${cases} has ` +
        (all.map(([name]) => name).join("; ") || "none"),
    );
  }
  return Object.fromEntries(chosen);
}

/** After so many steps, all that is allocated once has been. */
export const peakMemorySteps = 4;

/** How many ops of a case run at the same time, as in the tasks. Undefined: as many as threads. */
export function opThreadsOf({ network }: Case): number | undefined {
  return network === "resnet" ? 1 : undefined;
}
