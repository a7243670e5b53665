/**
 * The results of a table: `NAME.json`, with the data of each finished run.
 *
 * @module
 */
import { join } from "@std/path";
import { UserError } from "../../lib/errors.ts";
import { cannotRead, exists, readTextFile, writeWhole } from "../../lib/files.ts";
import { type Json, type JsonObject, parseObject } from "../../lib/json.ts";
import { atAnyStep, ofTheStart, teacherOptions } from "../cli/resumed_options.ts";
import { type EpochStats, readLog } from "../run/run_log.ts";
import { differenceOfLog, differenceOfResult } from "./differences.ts";
import { argumentsOf, commandOf, type Run, runsOf, type Table } from "./table.ts";

/** The version of the file format. New fields keep it; a changed meaning needs a new one. */
const version = 1;

/** A finished run. */
export interface RunResult {
  /** Row and seed: `at-kd-2`. */
  readonly name: string;
  readonly row: string;
  readonly seed: number;
  /** The command that trains it. */
  readonly command: string;
  readonly epochs: number;
  /** Accuracies in per cent. */
  readonly last: { readonly test_acc: number; readonly test_loss: number };
  /** The epoch with the best test accuracy, so chosen with the test images themselves. */
  readonly best: { readonly epoch: number; readonly test_acc: number };
  /** One value per epoch. */
  readonly curve: Readonly<
    Record<"train_loss" | "test_loss" | "train_acc" | "test_acc", readonly number[]>
  >;
  /** Wall-clock seconds of training and evaluation; other programs may have slowed them. */
  readonly seconds: number;
  /** CPU seconds over all processors; null if the log does not have them. */
  readonly processor_seconds: number | null;
  /** The engine, in words. */
  readonly engine: Json;
  readonly machine: Json;
  readonly data_digest: string | null;
  /** The logged options, without paths and options that do not change results. */
  readonly options: JsonObject;
}

/** The state of a run. */
export type RunState =
  | { readonly kind: "missing" }
  | {
    readonly kind: "begun";
    readonly epochs: number;
    readonly secondsPerEpoch: number | undefined;
  }
  | { readonly kind: "done"; readonly result: RunResult }
  | { readonly kind: "unusable"; readonly why: string };

/**
 * Reads `NAME.json` from a folder; returns an empty list if it does not exist.
 *
 * @throws {UserError} If it cannot be read, or has another version.
 */
export async function readResults(folder: string, name: string): Promise<RunResult[]> {
  const path = join(folder, `${name}.json`);
  if (!await exists(path)) return [];
  const content = await readTextFile(path).catch((error) => {
    throw cannotRead(path, error);
  });
  const file = parseObject(content);
  const problem = file === undefined || !Array.isArray(file.runs)
    ? "it is damaged"
    : file.version !== version
    ? `it is of version ${JSON.stringify(file.version)}, and this program reads version ${version}`
    : undefined;
  if (problem === undefined) return file!.runs as RunResult[];
  throw new UserError(
    `Cannot use the results ${path}: ${problem}; move it away, or write elsewhere with --out`,
    { code: "not-readable" },
  );
}

/** Writes `NAME.json` in the table's order, whole or not at all. */
export async function writeResults(
  folder: string,
  { name, about }: Table,
  results: readonly RunResult[],
): Promise<void> {
  const content = JSON.stringify({ version, table: name, about, runs: results }, null, 1)
    // Put each curve on one line.
    .replace(
      /\[\s+(-?[\d.e+-]+(?:,\s+-?[\d.e+-]+)*)\s+\]/g,
      (_, list: string) => `[${list.replace(/\s+/g, " ")}]`,
    );
  await writeWhole(join(folder, `${name}.json`), content + "\n");
}

/**
 * The results that fit a table, in its order. Those of other options, another teacher or another
 * program than the row's do not, nor those on another version of the data set, nor those of a teacher
 * whose own result does not fit.
 */
export async function fittingResults(
  table: Table,
  results: readonly RunResult[],
): Promise<RunResult[]> {
  const byName = new Map(results.map((result) => [result.name, result]));
  const fitting: RunResult[] = [];
  const unfit = new Set<string>();
  for (const run of runsOf(table)) { // teachers first
    const result = byName.get(run.name);
    if (result === undefined) continue;
    const fits = !unfit.has(run.teacher ?? "") && !isOtherData(table, result.data_digest) &&
      await differenceOfResult(run, result, usualFolder(table.name)) === undefined;
    if (fits) fitting.push(result);
    else unfit.add(run.name);
  }
  return fitting.sort((a, b) => rowIndex(table, a) - rowIndex(table, b) || a.seed - b.seed);
}

function rowIndex({ rows }: Table, { row }: RunResult): number {
  return rows.findIndex(({ name }) => name === row);
}

/**
 * The state of a run, from the log in its folder.
 *
 * @param folderOf Returns the folder for a run's name.
 */
export async function stateOf(
  run: Run,
  table: Pick<Table, "name" | "dataDigest">,
  folderOf: (name: string) => string,
): Promise<RunState> {
  const folder = folderOf(run.name);
  if (!await exists(join(folder, "log.txt"))) return { kind: "missing" };
  const log = await readLog(folder).catch((error) => {
    if (error instanceof UserError) return error.message;
    throw error;
  });
  if (typeof log === "string") return { kind: "unusable", why: log };
  const { start, stats } = log;
  const why = await whyUnusable(run, table, folder, start);
  if (why !== undefined) return { kind: "unusable", why };
  const epochs = run.row.options.epochs as number;
  const done = stats.filter(({ epoch }) => Number.isInteger(epoch));
  const seconds = done.reduce((sum, { train_time, test_time }) => sum + train_time + test_time, 0);
  const last = done.at(-1)?.epoch ?? 0;
  if (last < epochs) {
    const secondsPerEpoch = done.length > 0 ? seconds / done.length : undefined;
    return { kind: "begun", epochs: last, secondsPerEpoch };
  }
  const { engine = null, machine = null, data_digest, options } = start as JsonObject;
  return {
    kind: "done",
    result: {
      name: run.name,
      row: run.row.name,
      seed: run.seed,
      command: commandOf(run, argumentsOf(run, usualFolder(table.name))),
      epochs,
      ...accuracies(done),
      seconds,
      processor_seconds: processorSeconds(done),
      engine,
      machine,
      data_digest: typeof data_digest === "string" ? data_digest : null,
      options: Object.fromEntries(
        Object.entries(options as JsonObject).filter(([name]) => !namesPlace.includes(name)),
      ),
    },
  };
}

/** Why what was trained in a folder is not the run; undefined if it is. */
async function whyUnusable(
  run: Run,
  table: Pick<Table, "dataDigest">,
  folder: string,
  start: JsonObject | undefined,
): Promise<string | undefined> {
  const options = start?.options as JsonObject | undefined;
  if (options === undefined) return `the log of ${folder} does not say how it was started`;
  const other = await differenceOfLog(run, options);
  if (other !== undefined) {
    return `${folder} does not fit its row, which has ${other}: move it away`;
  }
  const trained = start?.data_digest;
  if (!isOtherData(table, trained)) return undefined;
  const [here, expected] = [trained, table.dataDigest].map((digest) => String(digest).slice(0, 12));
  return `${folder} was trained on another version of the data set (digest ${here}, and the ` +
    `table's is ${expected}): move it away, or take it with --any-data`;
}

/** Whether a digest is not that of the table's data set, if both are known. */
function isOtherData({ dataDigest }: Pick<Table, "dataDigest">, digest: Json | undefined): boolean {
  return dataDigest !== undefined && typeof digest === "string" && digest !== dataDigest;
}

/** Options that differ between machines. */
const namesPlace: readonly string[] = [...ofTheStart, ...atAnyStep, ...teacherOptions];

/** The default folders of a table's runs. */
export function usualFolder(table: string): (run: string) => string {
  return (run) => join("logs", "reproduce", table, run);
}

function accuracies(stats: readonly EpochStats[]): Pick<RunResult, "last" | "best" | "curve"> {
  const { test_acc, test_loss } = stats.at(-1)!;
  const best = stats.reduce((a, b) => b.test_acc > a.test_acc ? b : a);
  const column = (name: keyof RunResult["curve"]) =>
    stats.map((epoch) => Number(epoch[name].toPrecision(6)));
  return {
    last: { test_acc, test_loss },
    best: { epoch: best.epoch, test_acc: best.test_acc },
    curve: {
      train_loss: column("train_loss"),
      test_loss: column("test_loss"),
      train_acc: column("train_acc"),
      test_acc: column("test_acc"),
    },
  };
}

function processorSeconds(stats: readonly EpochStats[]): number | null {
  const times = stats.map(({ processor_time }) => processor_time);
  if (!times.every((time) => typeof time === "number")) return null;
  return times.reduce((sum, time) => sum + time, 0);
}
