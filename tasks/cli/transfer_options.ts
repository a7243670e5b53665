/**
 * The options that choose the transfer methods, and the parsing of their values.
 *
 * @module
 */
import {
  type MethodFacts,
  methodFacts,
  type MethodWeights,
  type WeightName,
  weightNames,
} from "../../lib/methods/table.ts";
import type { MethodSettings } from "../../lib/methods/method.ts";
import { readsModule, readsNetwork } from "./access.ts";
import { flagName, flagWithValue } from "./flags.ts";
import { methodScheduleOptions } from "./method_schedule.ts";
import {
  anyOf,
  choice,
  flag,
  group,
  integer,
  number,
  numbers,
  type Option,
  type OptionValues,
  path,
  text,
} from "./option_kinds.ts";
import { UsageError } from "./usage_error.ts";

const facts = Object.fromEntries(
  weightNames.map((name) => [name, methodFacts(name)]),
) as Record<WeightName, MethodFacts>;

const weightOptions = Object.fromEntries(weightNames.map((name) => {
  const { help, max } = facts[name];
  return [name, number({ default: 0, min: 0, ...(max !== undefined && { max }), help })];
})) as Record<WeightName, Option<number>>;

const mapPattern = /^(sum|max)(\d*\.?\d+)?$/;
const groupList = String.raw`\s*\d+(:\d+)?(\s*,\s*\d+(:\d+)?)*\s*`;
const groupsPattern = new RegExp(String.raw`^(\[${groupList}\]|${groupList})$`);

/** The teacher, and what is transferred from it. */
export const transferOptions = {
  ...methodScheduleOptions,
  ...group("Teacher and methods", {
    teacherId: path({
      placeholder: "NAME",
      access: readsNetwork,
      help: "the teacher: a run folder (its name under logs/, or a path), the name of a " +
        "trained network in pretrained/, or a file of parameters",
    }),
    teacherModel: path({
      placeholder: "FILE.ts",
      access: readsModule,
      help: "the teacher is the network that this file exports as f and init; its parameters are " +
        "those of --teacher-id",
    }),
    ...weightOptions,
    temperature: number({
      default: 4,
      above: 0,
      help: "temperature of the softmax for --alpha, --decoupled-beta and --correlation-beta",
    }),
    standardizeLogits: flag({
      help: "z-score the logits for --alpha and --decoupled-beta (LSKD); published with " +
        "--temperature 2, --alpha 0.9 and --kd-weight 9",
    }),
    kdWeight: number({
      min: 0,
      help: "weight of the teacher's soft targets; --alpha then sets only the weight of cross " +
        "entropy, 1 - alpha; default: alpha",
    }),
    classMaps: choice(["normalized", "raw"], {
      default: "normalized",
      help:
        "class activation maps for --class-attention-beta: each divided by its norm, or as they " +
        "are",
    }),
    classMapSize: integer({
      default: 2,
      min: 1,
      max: 1024,
      help: "height and width that class activation maps are pooled to",
    }),
    decoupledOthers: number({
      default: 8,
      min: 0,
      help: "weight of the other classes in --decoupled-beta, beside 1 for the target class",
    }),
    betaDecay: choice(["none", "linear", "cosine", "step"], {
      default: "none",
      help: "how beta changes during training; step changes it at the epochs of " +
        "--epoch-step",
    }),
    betaEnd: number({ default: 0, min: 0, help: "final value of beta if it decays" }),
    atMap: text({
      default: "sum2",
      placeholder: "MAP",
      form: {
        says: "sum or max with a power of 1 or more, such as sum, sum2 or max4",
        holds: (map) => mapPattern.test(map) && (attentionOf(map).p ?? 1) >= 1,
      },
      help: "attention map: sum or maximum over channels of |x|^p, such as sum2 or max4",
    }),
    atForm: choice(["mean-square", "paper"], {
      default: "mean-square",
      help: "formula of the attention loss; paper needs a beta of about 0.1",
    }),
    atGroups: text({
      placeholder: "0,1:2,...",
      form: {
        says: 'group numbers, or pairs student:teacher of them, such as 0,1,2 or "0:0,2:3"',
        holds: (groups) => groupsPattern.test(groups.trim()),
      },
      help: "groups to compare, as student:teacher if their numbers differ; default: all",
    }),
    atWeights: numbers({
      min: 0,
      help: "extra weight of each pair of groups; default: 1",
    }),
    teacherPrecision: choice(["float32", "bfloat16"], {
      help: "precision of the teacher; default: same as --precision",
    }),
    cacheTeacher: flag({
      help: "run the teacher once on every image and cache its attention maps and logits; " +
        "needs images without random crops, so not for ImageNet",
    }),
    logTerms: flag({
      help: "log the gradient norm of each term of the loss, at the start and after every " +
        "epoch",
    }),
  }),
};

export type TransferOptionValues = OptionValues<typeof transferOptions>;

function weightsWhere(holds: (method: MethodFacts) => boolean): WeightName[] {
  return weightNames.filter((name) => holds(facts[name]));
}

const ofTeacher = weightsWhere(({ needs }) => needs !== undefined);

/** What the method needs that `--cache-teacher` does not store, in words. */
function notCached({ needs, of }: MethodFacts): string | undefined {
  if (needs === "inputGradient") return "its gradient";
  if (needs !== "activations") return undefined;
  return of === "last pair" ? "the activations of its last group" : "its whole activations";
}

function weightsWith(setting: keyof MethodSettings): WeightName[] {
  return weightsWhere(({ settings }) => settings?.includes(setting) ?? false);
}

/** For each option, the weights with which it has an effect. */
const usersOf = {
  temperature: weightsWith("temperature"),
  decoupledOthers: weightsWith("decoupledOthers"),
  standardizeLogits: weightsWith("standardize"),
  kdWeight: weightsWith("kdWeight"),
  classMaps: weightsWith("classAttention"),
  classMapSize: weightsWith("classAttention"),
  atMap: weightsWith("attention"),
  atForm: weightsWith("attention"),
  atGroups: weightsWhere(({ of }) => ["each pair", "all pairs", "last pair"].includes(of)),
  atWeights: weightsWhere(({ of }) => of === "each pair"),
};

function weighAny(values: TransferOptionValues, keys: readonly WeightName[]): boolean {
  return keys.some((key) => values[key] > 0);
}

function flagsOf(keys: readonly WeightName[]): string {
  return anyOf(keys.map(flagName));
}

function checkCacheTeacher(values: TransferOptionValues): void {
  if (!values.cacheTeacher) return;
  if (values.teacherId === undefined) {
    throw new UsageError("--cache-teacher has no effect without --teacher-id");
  }
  const key = ofTeacher.find((key) => values[key] > 0 && notCached(facts[key]) !== undefined);
  if (key !== undefined) {
    throw new UsageError(
      `--cache-teacher keeps the teacher's attention maps and logits, and ${flagName(key)} ` +
        `${values[key]} needs ${notCached(facts[key])}: use only one of them`,
    );
  }
  if (!weighAny(values, ofTeacher)) {
    const weights = ofTeacher.filter((key) => notCached(facts[key]) === undefined);
    throw new UsageError(`--cache-teacher has no effect without ${flagsOf(weights)}`);
  }
}

/**
 * Checks that the options fit together.
 *
 * @throws {UsageError} If something would have no effect: for example a teacher's weight without a
 * teacher, or a decay without beta.
 */
export function checkTransferOptions(
  values: TransferOptionValues & { evaluate?: boolean | undefined },
): void {
  // Evaluation needs no teacher, and the weight may be a recipe's.
  const weighs = values.evaluate ? undefined : ofTeacher.find((key) => values[key] > 0);
  if (values.teacherId === undefined && weighs !== undefined) {
    throw new UsageError(
      `${flagName(weighs)} ${values[weighs]} needs a teacher: ` +
        "name a run folder, a file or a pretrained network with --teacher-id",
    );
  }
  for (const key of ["atGroups", "atWeights", "teacherPrecision", "teacherModel"] as const) {
    if (values.teacherId === undefined && values[key] !== undefined) {
      throw new UsageError(
        `${flagName(key)} ${values[key]} has no effect without --teacher-id`,
      );
    }
  }
  checkCacheTeacher(values);
  if (values.betaDecay === "none" && values.betaEnd > 0) {
    throw new UsageError(`--beta-end ${values.betaEnd} has no effect without --beta-decay`);
  }
  if (values.betaDecay !== "none" && values.beta === 0) {
    throw new UsageError(`--beta-decay ${values.betaDecay} needs a --beta to decay from`);
  }
}

/** The methods in use that several workers compute in this way, as `--flag value`. */
export function flagsWithWorkers(
  values: MethodWeights,
  how: NonNullable<MethodFacts["withWorkers"]>,
): string[] {
  return weightsWhere(({ withWorkers }) => withWorkers === how)
    .filter((key) => values[key] > 0)
    .map((key) => `${flagName(key)} ${values[key]}`);
}

/** Options of a command, for their defaults. */
export type OptionsWithDefaults = Readonly<Record<keyof typeof usersOf, { default?: unknown }>>;

/** A line for each setting other than the default that has no effect; the original code accepts them. */
export function transferNotes(
  values: TransferOptionValues,
  table: OptionsWithDefaults = transferOptions,
): string[] {
  const idle = values.teacherId !== undefined && !weighAny(values, ofTeacher)
    ? [`note: teacher ${values.teacherId} has no effect without ${flagsOf(ofTeacher)}`]
    : [];
  const unused = (Object.keys(usersOf) as (keyof typeof usersOf)[])
    .filter((key) => values[key] !== table[key].default)
    .filter((key) => !weighAny(values, usersOf[key]))
    .map((key) =>
      `note: ${flagWithValue(key, values[key])} has no effect without ${flagsOf(usersOf[key])}`
    );
  return [...idle, ...unused];
}

/** The settings of the methods that the options stand for. */
export function methodSettings(values: TransferOptionValues): MethodSettings {
  const { temperature, decoupledOthers, kdWeight, classMapSize: resolution } = values;
  return {
    ...{ temperature, decoupledOthers, kdWeight },
    standardize: values.standardizeLogits,
    classAttention: { resolution, normalize: values.classMaps === "normalized" },
    attention: attentionOf(values.atMap, values.atForm),
  };
}

/** The options that `--at-map` and `--at-form` stand for. */
export function attentionOf(
  map: string,
  form: "mean-square" | "paper" = "mean-square",
): MethodSettings["attention"] {
  const [, reduce, power] = map.match(mapPattern) ?? [];
  // The mean is the sum up to a factor that cancels out; the authors' code uses the mean.
  return { p: Number(power ?? 1), reduce: reduce === "max" ? "max" : "mean", form };
}

/** The pairs in `--at-groups`, as `[student, teacher]`. */
export function groupNumbers(groups: string): [number, number][] {
  return groups.replace(/[[\]\s]/g, "").split(",").map((pair) => {
    const [student, teacher = student] = pair.split(":").map(Number);
    return [student as number, teacher as number];
  });
}
