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
  /** The states of all runs of the table, by name: a run with a result is done. */
  readonly states: ReadonlyMap<string, RunState>;
  /** The states of their folders, whatever the results file says. */
  readonly inFolders: ReadonlyMap<string, RunState>;
  /** Updates the states of a run. */
  readonly look: (run: Run) => Promise<void>;
}

/**
 * Reads the states of the runs. Runs in the results file count as done, wherever they were trained.
 *
 * @throws {UserError} If a row is unknown, or the results or a log cannot be read.
 */
export async function openWork(given: Table, options: ReproduceOptions): Promise<Work> {
  const { out, anyData, runs: folder } = options;
  const table = anyData ? { ...given, dataDigest: undefined } : given;
  const folderOf = folder === undefined
    ? usualFolder(table.name)
    : (run: string) => join(folder, run);
  const known = await fittingResults(table, await readResults(out, table.name));
  const states = new Map<string, RunState>(
    known.map((result) => [result.name, { kind: "done", result }]),
  );
  const inFolders = new Map<string, RunState>();
  const look = async (run: Run) => {
    const state = await stateOf(run, table, folderOf);
    inFolders.set(run.name, state);
    // Keep the result of a run whose folder is gone.
    const isNews = state.kind === "done" || states.get(run.name)?.kind !== "done";
    if (isNews) states.set(run.name, state);
  };
  for (const run of runsOf(table)) await look(run);
  for (const { pretrained } of table.rows) checkTeacherName(pretrained);
  return { table, runs: chosenRuns(table, options), folderOf, states, inFolders, look };
}

/** The commands take a folder of this name, in place of the network in `pretrained/`. */
function checkTeacherName(name: string | undefined): void {
  const other = [name, name && join("logs", name)].find((path) => path && existsSync(path));
  if (other === undefined) return;
  throw new UserError(
    `Cannot train from ${name} in pretrained/: there is a folder ${other}, which the runs would take; ` +
      "rename it",
  );
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
  return work.runs.filter((run) => isToTrain(neededState(work, run)));
}

function isToTrain({ kind }: RunState): boolean {
  return kind === "missing" || kind === "begun";
}

/**
 * The state that decides what to do with a run. A teacher of a student to train needs its
 * parameters, so its folder decides; the state of other runs is that of {@linkcode Work.states}.
 */
export function neededState(work: Work, run: Run): RunState {
  const { runs, states, inFolders, folderOf } = work;
  const state = states.get(run.name)!;
  const isNeeded = runs.some(({ name, teacher }) =>
    teacher === run.name && isToTrain(states.get(name)!)
  );
  if (state.kind !== "done" || !isNeeded || canTeach(work, run.name)) return state;
  const inFolder = inFolders.get(run.name)!;
  if (inFolder.kind !== "done") return inFolder;
  const folder = folderOf(run.name);
  return { kind: "unusable", why: `${folder} has no model.safetensors: move it away` };
}

/**
 * True if the folder of a run has the parameters of its last epoch. Those of a run in training are
 * written after each epoch, so they may be half trained, even if the results file has the run.
 */
export function canTeach({ inFolders, folderOf }: Work, run: string): boolean {
  return inFolders.get(run)?.kind === "done" &&
    existsSync(join(folderOf(run), "model.safetensors"));
}
