/**
 * The plan of `deno task bench --gpu`: its sections, how large each is, and how long each may take.
 *
 * @module
 */
import type { Precision } from "../../../lib/jit/mod.ts";
import { caseSets, parityCases } from "../cases.ts";

/** What a section measures, and how much of it. */
export type Task =
  /** What `deno task doctor` finds, and the Python packages to compare with. */
  | { kind: "doctor" }
  /** A large matrix product and a large pass over memory. */
  | { kind: "ceilings"; product: number; copy: number }
  /** Values and gradients beside a reference. */
  | {
    kind: "parity";
    cases: readonly string[];
    /** Those that slow programs compute too. */
    few: readonly string[];
    settings: readonly Setting[];
    batch: number;
  }
  /** Training steps, of so many times the usual batch, `block` steps at a time. */
  | {
    kind: "steps";
    cases: readonly string[];
    precision: Precision;
    scale: number;
    rounds: number;
    block: number;
  }
  /** The memory of some steps, and their first call with the caches that the sections before filled. */
  | { kind: "memory"; cases: readonly string[]; scale: number }
  /** Decoding of so many images. */
  | { kind: "images"; count: number }
  /** A training run that takes about so many seconds. */
  | { kind: "training"; seconds: number };

/** How numbers are computed. */
export type Setting = "float32" | "TF32" | "bfloat16";

/** A section, which runs in a process of its own. */
export interface Section {
  /** Its name in the file. */
  readonly name: string;
  readonly task: Task;
  /** Seconds that the sections before it must leave for it. */
  readonly least: number;
  /** Seconds after which it is cut off. */
  readonly most: number;
}

/** All sections after the doctor's, and what was made smaller. */
export interface Plan {
  readonly sections: readonly Section[];
  /** What differs from a GPU's plan, in words. */
  readonly smaller: readonly string[];
}

/** Seconds for everything: below six minutes with the start of the command. */
export const budget = 345;

/** The first section: the plan of the others follows from its findings. */
export const doctor: Section = {
  name: "doctor",
  task: { kind: "doctor" },
  least: 20,
  most: 60,
};

const allSteps = Object.keys(caseSets.performance);
const [plain, transfer] = allSteps as [string, string];

/**
 * Plans the sections after the doctor's.
 *
 * @param bfloat16 whether TensorFlow has it where the steps run.
 * @param quick whether to measure as little as shows that all of it works.
 */
export function planFor(
  { gpu, bfloat16, quick }: { gpu: boolean; bfloat16: boolean; quick: boolean },
): Plan {
  if (quick) return { sections: quickSections, smaller: quickSmaller };
  const { sections, smaller } = gpu ? gpuPlan : cpuPlan;
  if (bfloat16) return { sections, smaller };
  return {
    sections: sections.flatMap((section) => withoutBfloat16(section)),
    smaller: [...smaller, "no bfloat16, which TensorFlow lacks here"],
  };
}

/** A section with what it measures in float32; none if that is nothing. */
function withoutBfloat16(section: Section): Section[] {
  const { task } = section;
  if (task.kind === "steps" && task.precision === "bfloat16") return [];
  if (task.kind !== "parity") return [section];
  const settings = task.settings.filter((setting) => setting !== "bfloat16");
  return [{ ...section, task: { ...task, settings } }];
}

const gpuPlan: Plan = {
  sections: [
    section("ceilings", { kind: "ceilings", product: 8192, copy: 2 ** 28 }, 10, 25),
    section("parity", parity(["float32", "TF32", "bfloat16"], 32), 50, 90),
    section("steps, batch 128", steps(allSteps, "float32", 1, 4, 25), 55, 80),
    section("steps, batch 1024", steps(allSteps, "float32", 8, 4, 10), 30, 60),
    section("memory", { kind: "memory", cases: [plain, transfer], scale: 1 }, 15, 35),
    section("images", { kind: "images", count: 400 }, 8, 20),
    section(
      "steps in bfloat16, batch 1024",
      steps([plain, transfer], "bfloat16", 8, 4, 10),
      10,
      45,
    ),
    section("training", { kind: "training", seconds: 120 }, 70, 130),
  ],
  smaller: [],
};

const cpuPlan: Plan = {
  sections: [
    section("ceilings", { kind: "ceilings", product: 1024, copy: 2 ** 24 }, 8, 20),
    section("parity", parity(["float32", "bfloat16"], 8), 70, 105),
    section("steps, batch 16", steps([plain, transfer], "float32", 1 / 8, 3, 3), 90, 140),
    section(
      "steps in bfloat16, batch 16",
      steps([plain], "bfloat16", 1 / 8, 3, 3),
      10,
      45,
    ),
    section("memory", { kind: "memory", cases: [plain], scale: 1 / 8 }, 25, 50),
    section("images", { kind: "images", count: 60 }, 10, 25),
    section("training", { kind: "training", seconds: 25 }, 30, 50),
  ],
  smaller: [
    "two of the five steps, on 16 images in place of 128 and 1024, 3 steps a round",
    "parity on 8 images, two of its cases by XLA and PyTorch; no TF32, which CPUs lack",
    "a matrix product of 1024 in place of 8192, and a pass over 64 MB in place of 1 GB",
    "25 seconds of training in place of 120",
  ],
};

const quickSections: readonly Section[] = [
  section("ceilings", { kind: "ceilings", product: 256, copy: 2 ** 20 }, 5, 60),
  section(
    "parity",
    { kind: "parity", cases: ["cross entropy"], few: [], settings: ["float32"], batch: 4 },
    10,
    120,
  ),
  section("steps, batch 4", steps(["WRN-10-1"], "float32", 1 / 32, 1, 1), 20, 150),
  section("memory", { kind: "memory", cases: ["WRN-10-1"], scale: 1 / 32 }, 10, 120),
  section("images", { kind: "images", count: 4 }, 5, 60),
  section("training", { kind: "training", seconds: 1 }, 15, 120),
];

const quickSmaller = [
  "--quick: one step of WRN-10-1 on 4 images, one parity case, 4 images, and a " +
  "training run of some steps: these times say nothing",
];

function parity(settings: readonly Setting[], batch: number): Task {
  const few = ["cross entropy", "AT+KD"];
  return { kind: "parity", cases: Object.keys(parityCases), few, settings, batch };
}

function section(name: string, task: Task, least: number, most: number): Section {
  return { name, task, least, most };
}

function steps(
  cases: readonly string[],
  precision: Precision,
  scale: number,
  rounds: number,
  block: number,
): Task {
  return { kind: "steps", cases, precision, scale, rounds, block };
}

/**
 * The seconds that a section may take: what is left, less what is kept for those after it, and never
 * more than it needs.
 *
 * @param left seconds until the end of the budget.
 * @param later the sections after it.
 */
export function limitOf({ most }: Section, left: number, later: readonly Section[]): number {
  const kept = later.reduce((sum, { least }) => sum + least, 0);
  return Math.max(0, Math.min(most, left - kept));
}

/** A section with fewer seconds is left out: it could not even start. */
export const leastUseful = 5;
