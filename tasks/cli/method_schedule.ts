/**
 * The options that change the methods' weights over a run, `--method-warmup` and `--method-stop`.
 *
 * @module
 */
import {
  methodFacts,
  type MethodWeights,
  type WeightName,
  weightNames,
} from "../../lib/methods/table.ts";
import { type Decay, decayedWeight } from "../../lib/train/schedule.ts";
import { weightFactor } from "../../lib/train/weight_factor.ts";
import { flagName, kebabCase } from "./flags.ts";
import { group, type OptionValues, text } from "./option_kinds.ts";
import { UsageError } from "./usage_error.ts";

/** Epochs of some methods, by the names of their weights. */
type Epochs = Partial<Record<WeightName, number>>;

/** The epochs in `20` (all methods) or `review-beta:20,alpha:5`; undefined if it is neither. */
function epochsIn(text: string): Epochs | undefined {
  const names = new Map(weightNames.map((name) => [kebabCase(name), name]));
  const epochs: Epochs = {};
  for (const item of text.split(",")) {
    const [, flag, number] = item.trim().match(/^(?:([a-z_-]+):)?([1-9]\d{0,5})$/) ?? [];
    const chosen = flag === undefined ? weightNames : [names.get(kebabCase(flag))];
    if (number === undefined || chosen.includes(undefined)) return undefined;
    if (flag === undefined && text.includes(",")) return undefined;
    for (const name of chosen) epochs[name as WeightName] = Number(number);
  }
  return epochs;
}

const form = {
  says: "a number of epochs, such as 20, or one for each of some methods, such as " +
    "review-beta:20,alpha:5",
  holds: (text: string) => epochsIn(text) !== undefined,
};

/** How the methods' weights change over the epochs. */
export const methodScheduleOptions = group("Teacher and methods", {
  methodWarmup: text({
    placeholder: "EPOCHS",
    form,
    help:
      "epochs in which the weights of the methods rise, by the same step each epoch: one number " +
      "for all methods, or NAME:EPOCHS,... by their options, as in review-beta:20",
  }),
  methodStop: text({
    placeholder: "EPOCH",
    form,
    help: "epochs after which the weights of the methods are 0; written like --method-warmup",
  }),
});

export type MethodSchedule = Partial<OptionValues<typeof methodScheduleOptions>>;

const keys = ["methodWarmup", "methodStop"] as const;

/**
 * Checks that the methods named are used, and that the run is long enough.
 *
 * @param isNew false for a run that goes on, which may have been longer or shorter.
 * @throws {UsageError} If one has no effect.
 */
export function checkMethodSchedule(
  values: MethodSchedule & MethodWeights & { epochs: number },
  isNew: boolean,
): void {
  for (const key of keys) {
    const text = values[key];
    if (text === undefined) continue;
    const epochs = epochsIn(text) as Epochs;
    const named = Object.keys(epochs) as WeightName[];
    const used = named.filter((name) => values[name] > 0);
    const unused = text.includes(":") ? named.find((name) => values[name] === 0) : undefined;
    if (used.length === 0 || unused !== undefined) {
      const missing = unused === undefined ? "a method" : flagName(unused);
      throw new UsageError(`${flagName(key)} ${text} has no effect without ${missing}`);
    }
    const last = key === "methodStop" ? values.epochs - 1 : values.epochs;
    if (isNew && used.some((name) => epochs[name] as number > last)) {
      throw new UsageError(
        `${flagName(key)} ${text} does not fit into a run of --epochs ${values.epochs}: ` +
          `use at most ${last}`,
      );
    }
  }
}

/** How beta decays over a run. */
export interface BetaDecay {
  betaDecay?: Decay;
  betaEnd?: number;
  epochs: number;
  epochStep: readonly number[];
}

/**
 * The factors of the methods' weights at a time, by the names of the terms; undefined for none.
 *
 * @param time the epochs done, with the part of the one that runs.
 */
export function weightFactors(
  options: MethodSchedule & Partial<MethodWeights> & BetaDecay,
  time: number,
): Record<string, number> | undefined {
  const [warmUp, stop] = keys.map((key) => epochsIn(options[key] ?? "") ?? {}) as [Epochs, Epochs];
  const decays = (name: WeightName) => name === "beta" && (options.betaDecay ?? "none") !== "none";
  const names = weightNames.filter((name) =>
    (options[name] ?? 0) > 0 && ((warmUp[name] ?? stop[name]) !== undefined || decays(name))
  );
  if (names.length === 0) return undefined;
  return Object.fromEntries(names.map((name) => {
    const factor = weightFactor(Math.floor(time), { warmUp: warmUp[name], stop: stop[name] });
    const decay = decays(name) ? betaFactor(options, time) : 1;
    return [methodFacts(name).term, factor * decay];
  }));
}

/** The part of the first beta that is left. */
function betaFactor(
  { beta = 0, betaDecay = "none", betaEnd = 0, epochs, epochStep }:
    & Partial<MethodWeights>
    & BetaDecay,
  time: number,
): number {
  return decayedWeight(time / epochs, {
    decay: betaDecay,
    start: 1,
    end: betaEnd / beta,
    drops: epochStep.map((drop) => drop / epochs),
  });
}
