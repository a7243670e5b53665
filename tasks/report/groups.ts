/**
 * Puts runs that differ only in their seed into groups, and compares the groups.
 *
 * @module
 */
import type { Json } from "../../lib/json.ts";
import {
  atAnyStep,
  cameLater,
  type LoggedOptions,
  meaningOf,
  ofTheStart,
  teacherIn,
} from "../cli/resumed_options.ts";
import { type Interval, pairedInterval } from "../reproduce/statistics.ts";
import type { EpochPoint } from "./epoch_point.ts";
import { groupNames } from "./names.ts";
import type { Run } from "./run.ts";

/** What the tables say about a run. */
export interface RunSummary {
  readonly name: string;
  readonly folder: string;
  readonly seed: number | undefined;
  readonly options: LoggedOptions;
  readonly dataDigest: string | undefined;
  /** The last epoch; undefined before the first one. */
  readonly last: EpochPoint | undefined;
  /** The first epoch with the highest test accuracy, so chosen with the test images. */
  readonly best: EpochPoint | undefined;
  /** How many epochs it is to have, if the log says that. */
  readonly epochs: number | undefined;
  readonly isFinished: boolean;
}

/** Runs that differ only in their seed. */
export interface Group {
  readonly name: string;
  readonly runs: readonly RunSummary[];
  /** The finished runs that count: one of each seed. */
  readonly counted: readonly FinishedRun[];
  readonly hasTeacher: boolean;
}

/** A run that reached its last epoch. */
export type FinishedRun = RunSummary & { readonly last: EpochPoint; readonly best: EpochPoint };

/** Options that change results, though they may be given anew whenever a run is resumed. */
const telling = ["model", "teacher_model", "resize"];

/** The names of options that do not set groups apart. */
const apartFromGroups: ReadonlySet<string> = new Set(
  ["seed", ...ofTheStart, ...atAnyStep].filter((name) => !telling.includes(name)),
);

/** What the tables say about a run. */
export function summaryOf(
  name: string,
  { folder, options, dataDigest, points }: Pick<
    Run,
    "folder" | "options" | "dataDigest" | "points"
  >,
): RunSummary {
  const last = points.at(-1);
  const best = points.length === 0
    ? undefined
    : points.reduce((a, b) => (b.test_acc as number) > (a.test_acc as number) ? b : a);
  const { seed, epochs } = options;
  const planned = typeof epochs === "number" ? epochs : undefined;
  return {
    ...{ name, folder, options, dataDigest, last, best, epochs: planned },
    seed: typeof seed === "number" ? seed : undefined,
    // A log that does not say how long the run should be is taken as it is.
    isFinished: last !== undefined && last.epoch >= (planned ?? 0),
  };
}

/** The groups, in the order of their first runs. */
export function groupsOf(runs: readonly RunSummary[]): Group[] {
  const members = [...Map.groupBy(runs, groupKey).values()];
  const names = groupNames(members);
  return members.map((runs, i) => ({
    name: names[i] as string,
    runs,
    counted: oneOfEachSeed(runs.filter(isFinished)),
    hasTeacher: runs.some(({ options }) => teacherIn(options) !== undefined),
  }));
}

function isFinished(run: RunSummary): run is FinishedRun {
  return run.isFinished;
}

/** The options of a run that set groups apart, as `[name, value]`. */
function tellingOptions({ options }: RunSummary): Map<string, Json> {
  const entries = Object.entries({ ...cameLater, ...options })
    .filter(([name]) => !apartFromGroups.has(name));
  return new Map(entries);
}

/** Options that are not given count as those that the log leaves out. */
function groupKey(run: RunSummary): string {
  // A log without options may be of any group.
  if (Object.keys(run.options).length === 0) return run.folder;
  const entries = [...tellingOptions(run)].filter(([, value]) => value !== null)
    .map(([name, value]) => [name, meaningOf(name, value)]);
  return JSON.stringify(entries.sort(([a = ""], [b = ""]) => a < b ? -1 : 1));
}

/** A second run with a seed is no further evidence: on a CPU it has the same numbers. */
function oneOfEachSeed(runs: readonly FinishedRun[]): FinishedRun[] {
  return runs.filter(({ seed }, i) =>
    seed === undefined || runs.findIndex((other) => other.seed === seed) === i
  );
}

/** An option in which groups differ. */
export interface DifferingOption {
  /** Its name in the log. */
  readonly name: string;
  /** Its value in each group; undefined where the log does not have it. */
  readonly values: readonly (Json | undefined)[];
}

/** The options in which the groups differ, in the order of the log. */
export function differingOptions(groups: readonly Group[]): DifferingOption[] {
  const ofGroups = groups.map(({ runs }) => tellingOptions(runs[0] as RunSummary));
  const names = new Set(ofGroups.flatMap((options) => [...options.keys()]));
  return [...names]
    .map((name) => ({ name, values: ofGroups.map((options) => options.get(name)) }))
    .filter(({ name, values }) =>
      new Set(values.map((value) => meaningOf(name, value ?? null))).size > 1
    );
}

/** The group that others are compared with: the only one without a teacher, or else the first. */
export function usualBaseline(groups: readonly Group[]): Group | undefined {
  const alone = groups.filter(({ hasTeacher }) => !hasTeacher);
  return alone.length === 1 ? alone[0] : groups[0];
}

/** The difference between the last test accuracies of two groups, over the seeds that both have. */
export function difference(group: Group, baseline: Group): Interval | undefined {
  const differences = group.counted.flatMap(({ seed, last }) => {
    const partner = baseline.counted.find((other) => seed !== undefined && other.seed === seed);
    return partner ? [(last.test_acc as number) - (partner.last.test_acc as number)] : [];
  });
  return differences.length === 0 ? undefined : pairedInterval(differences);
}
