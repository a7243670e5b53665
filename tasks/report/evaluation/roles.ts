/**
 * Finds out from the options of runs which of them is the teacher and which the baseline.
 *
 * @module
 */
import { basename, resolve } from "@std/path";
import { type LoggedOptions, teacherIn } from "../../cli/resumed_options.ts";
import type { NamedNetworks } from "./usable.ts";

/** A run folder, and the options in its log. */
export interface LoggedRun {
  folder: string;
  options: LoggedOptions;
}

/** Options that make a network: a baseline has the same as a student. */
const shapeOptions = ["depth", "width", "sge"];

/**
 * The roles of runs: the teacher is that of the first run that had one, as the log names it (which may be
 * a path that is gone, or relative to another folder), or the given run of that name. The baseline is
 * the first run of the same network as that student that had no teacher.
 */
export function rolesOfRuns(runs: readonly LoggedRun[]): NamedNetworks {
  const networks = runs.map(({ folder }) => folder);
  const taught = runs.find(({ options }) => teacherIn(options) !== undefined);
  if (!taught) return { networks };
  const id = teacherIn(taught.options) as string;
  const given = runs.find(({ folder }) => resolve(folder) === resolve(id)) ??
    runs.find(({ folder }) => basename(resolve(folder)) === basename(id));
  const baseline = runs.find((run) =>
    run !== given && teacherIn(run.options) === undefined && isAlike(run.options, taught.options)
  );
  return { networks, teacher: given?.folder ?? id, baseline: baseline?.folder };
}

function isAlike(one: LoggedOptions, other: LoggedOptions): boolean {
  return shapeOptions.every((key) => (one[key] ?? null) === (other[key] ?? null));
}
