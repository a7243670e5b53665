/**
 * A table, its chosen runs, and their states.
 *
 * @module
 */
import { join } from "@std/path";
import { UserError } from "../../lib/errors.ts";
import { existsSync } from "../../lib/files.ts";
import type { ReproduceOptions } from "./options.ts";
import { fittingResults, readResults, type RunState, stateOf, usualFolder } from "./results.ts";
import { type Run, runsOf, type Table } from "./table.ts";

/** A table and the states of its runs. */
export interface Work {
  readonly table: Table;
  /** The chosen runs and their teachers. */
  readonly runs: readonly Run[];
  /** Returns the folder for a run's name; for the empty name, the folder of all runs. */
  readonly folderOf: (run: string) => string;
  /** The states of all runs of the table, by name. */
  readonly states: ReadonlyMap<string, RunState>;
  /** Updates the state of a run. */
  readonly look: (run: Run) => Promise<RunState>;
}

/**
 * Reads the states of the runs. Runs in the results file count as done, wherever they were trained.
 *
 * @throws {UserError} If a row is unknown, or the results or a log cannot be read.
 */
export async function openWork(table: Table, options: ReproduceOptions): Promise<Work> {
  const { out, anyData, runs: folder } = options;
  const folderOf = folder === undefined
    ? usualFolder(table.name)
    : (run: string) => join(folder, run);
  const expected = anyData ? { ...table, dataDigest: undefined } : table;
  const known = await fittingResults(table, await readResults(out, table.name));
  const states = new Map<string, RunState>(
    known.map((result) => [result.name, { state: "done", result }]),
  );
  const look = async (run: Run) => {
    const state = await stateOf(run, expected, folderOf);
    // Keep the result of a run whose folder is gone.
    const isNews = state.state === "done" || states.get(run.name)?.state !== "done";
    if (isNews) states.set(run.name, state);
    return states.get(run.name)!;
  };
  for (const run of runsOf(table)) await look(run);
  return { table, runs: chosenRuns(table, options), folderOf, states, look };
}

/** The runs of `--only` and `--seeds`, and their teachers. */
function chosenRuns(table: Table, { only, seeds }: ReproduceOptions): Run[] {
  const all = runsOf(table);
  const names = only?.split(",");
  const unknown = names?.find((name) => !table.rows.some((row) => row.name === name));
  if (unknown !== undefined) {
    throw new UserError(
      `Cannot find the row ${JSON.stringify(unknown)} in the table ${table.name}: its rows are ` +
        table.rows.map(({ name }) => name).join(", "),
      { code: "not-found" },
    );
  }
  const chosen = all.filter(({ row, seed }) =>
    (names?.includes(row.name) ?? true) && (seeds?.includes(seed) ?? true)
  );
  if (chosen.length === 0) {
    throw new UserError(
      `Cannot train seeds ${
        seeds?.join(",")
      } of these rows: the table ${table.name} has no such run`,
      { code: "not-found" },
    );
  }
  const teachers = new Set(chosen.map(({ teacher }) => teacher));
  return all.filter((run) => chosen.includes(run) || teachers.has(run.name));
}

/** The runs that still need training. */
export function missingRuns(work: Work): Run[] {
  const isDone = ({ name }: Run) => work.states.get(name)!.state === "done";
  return work.runs.filter((run) => {
    const { state } = work.states.get(run.name)!;
    if (state !== "done") return state !== "unusable";
    // A student needs its teacher's parameters, not only the teacher's result.
    const isNeeded = work.runs.some((other) => other.teacher === run.name && !isDone(other));
    return isNeeded && !canTeach(work, run.name);
  });
}

/** True if a run is finished and its parameters exist. */
export function canTeach({ states, folderOf }: Work, run: string): boolean {
  return states.get(run)?.state === "done" &&
    existsSync(join(folderOf(run), "model.safetensors"));
}
