/**
 * Finds out from the options of runs which of them is the teacher and which the baseline.
 *
 * @module
 */
import { basename, resolve } from "@std/path";
import { cameLater, type LoggedOptions, teacherIn } from "../../cli/resumed_options.ts";
import type { NamedNetworks } from "./usable.ts";

/** A run folder, and the options in its log. */
export interface LoggedRun {
  folder: string;
  options: LoggedOptions;
}

/** Options that make a network: a baseline has the same as a student. */
const shapeOptions = ["network", "depth", "width", "sge"];

/** Networks that the user names. */
export type NamedRoles = Pick<NamedNetworks, "teacher" | "baseline">;

/**
 * The roles of runs, as far as the user does not name them. The teacher is the run that the log of
 * the first taught run names, by a path (which may be gone, or relative to another folder) or by its
 * name; other files that a log names are not read. The baseline is the first run of the same network
 * as the taught run that had no teacher.
 */
export function rolesOfRuns(runs: readonly LoggedRun[], named: NamedRoles = {}): NamedNetworks {
  const taught = runs.find(({ options }) => teacherIn(options) !== undefined);
  const inLog = taught && teacherOf(taught, runs);
  const baseline = named.baseline ??
    runs.find((run) =>
      taught && run !== inLog && teacherIn(run.options) === undefined &&
      isAlike(run.options, taught.options)
    )?.folder;
  // What the user says of a run goes before what a log says.
  const teacher = named.teacher ?? (inLog?.folder === baseline ? undefined : inLog?.folder);
  return { networks: runs.map(({ folder }) => folder), teacher, baseline };
}

/** The run that the log of another names as its teacher. */
function teacherOf({ options }: LoggedRun, runs: readonly LoggedRun[]): LoggedRun | undefined {
  const id = teacherIn(options) as string;
  return runs.find(({ folder }) => resolve(folder) === resolve(id)) ??
    runs.find(({ folder }) => basename(resolve(folder)) === basename(id));
}

function isAlike(one: LoggedOptions, other: LoggedOptions): boolean {
  const valueOf = (options: LoggedOptions, key: string) => options[key] ?? cameLater[key] ?? null;
  return shapeOptions.every((key) => valueOf(one, key) === valueOf(other, key));
}
