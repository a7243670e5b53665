/**
 * The log of a run, `log.txt` in its folder: a line about its start, then a line per epoch.
 *
 * @module
 */
import { cpus, totalmem } from "node:os";
import { join } from "@std/path";
import { UserError } from "../../lib/errors.ts";
import {
  cannotRead,
  cannotWrite,
  checkIsOwnFile,
  readFile,
  readTextFile,
  writeAll,
} from "../../lib/files.ts";
import { type Json, type JsonObject, parseObject } from "../../lib/json.ts";

/** The metrics of an epoch, with the names of the original code's log. */
export interface EpochStats {
  /** Epochs done, from 1; a fraction if the run stops within an epoch. */
  readonly epoch: number;
  /** Mean loss over the training images, with all terms. */
  readonly train_loss: number;
  /** Mean cross entropy over the test images. */
  readonly test_loss: number;
  /** Percentage of the training images that were classified correctly. */
  readonly train_acc: number;
  /** Percentage of the test images that were classified correctly. */
  readonly test_acc: number;
  /** The same of the averaged weights, with `--ema`. */
  readonly ema_test_loss?: number;
  readonly ema_test_acc?: number;
  /** Mean attention-transfer loss of each pair of groups; empty without a teacher. */
  readonly at_losses: readonly number[];
  /** Training time of the epoch in seconds, also before an interruption. */
  readonly train_time: number;
  /** Evaluation time in seconds. */
  readonly test_time: number;
  /**
   * CPU seconds of the epoch on all processors, with its evaluation, also before an interruption.
   * Other programs do not increase it.
   */
  readonly processor_time?: number;
  /** Number of trainable values. */
  readonly n_parameters: number;
  /** Number of classes of the data set. */
  readonly num_classes: number;
  /** The run's options in snake_case, and other metrics of the task. */
  readonly [name: string]: Json;
}

/** The contents of a log. */
export interface RunLog {
  /** How the run was last started; `undefined` if the log does not say. */
  readonly start: JsonObject | undefined;
  /** The epochs in order. */
  readonly stats: readonly EpochStats[];
}

/** The name of the log in a run's folder. */
export const logName = "log.txt";
/** The file of the averaged weights in it, with `--ema`. */
export const averageName = "ema.safetensors";
/** The file of the best epoch's weights in it, with `--keep-best`. */
export const bestName = "best.safetensors";
/** The file of the last epoch's pictures in it, with `--summaries`: a row for each test image. */
export const picturesName = "attention.png";
const neededFigures = ["epoch", "train_loss", "test_loss", "train_acc", "test_acc"] as const;
const statsPrefix = "json_stats: ";
/**
 * The original code reads a teacher's depth and width from the first line of its log. It looks for
 * "json_stats" and, if missing, parses from the 12th character: where this prefix ends.
 */
const startPrefix = "json_start: ";

/**
 * Appends a line to `folder/log.txt` about how the run is started: options, versions, machine.
 *
 * @throws {RangeError} If a number is not finite.
 */
export async function appendStart(folder: string, start: JsonObject): Promise<void> {
  await appendLine(folder, startPrefix + toJson(start));
}

/**
 * Appends the metrics of an epoch to `folder/log.txt`, as a line `json_stats: {...}`. If the last
 * line is incomplete because the process was killed, it is removed first.
 *
 * @throws {RangeError} If a number is not finite, which JSON cannot hold.
 * @throws {UserError} If the log cannot be written.
 */
export async function appendStats(folder: string, stats: EpochStats): Promise<void> {
  await appendLine(folder, statsPrefix + toJson(stats));
}

/**
 * Reads `folder/log.txt`: how the run was started, and its epochs.
 *
 * A resumed run may repeat epochs: an epoch replaces earlier lines with the same or a higher
 * number. Lines of other kinds and an incomplete last line are ignored.
 *
 * @throws {UserError} If the log cannot be read, or one of its lines is damaged.
 */
export async function readLog(folder: string): Promise<RunLog> {
  const path = join(folder, logName);
  const content = await readTextFile(path).catch((error) => {
    throw cannotRead(path, error);
  });
  let start: RunLog["start"];
  const stats: EpochStats[] = [];
  for (const [i, line] of completeLines(content).entries()) {
    const { problem, start: started, stats: epoch } = parseLine(line);
    if (problem !== undefined) {
      const message = `Cannot read ${path}: line ${i + 1} ${problem}; remove that line`;
      throw new UserError(message, { code: "not-readable" });
    }
    start = started ?? start;
    if (epoch === undefined) continue;
    replaceFrom(stats, epoch);
  }
  return { start, stats };
}

/** The epochs of `folder/log.txt`; see {@linkcode readLog}. */
export async function readStats(folder: string): Promise<readonly EpochStats[]> {
  return (await readLog(folder)).stats;
}

/** The machine and the software versions, for the first line of a log. */
export function describeMachine(): JsonObject {
  return {
    os: Deno.build.os,
    arch: Deno.build.arch,
    processor: cpus()[0]?.model ?? null,
    cores: navigator.hardwareConcurrency,
    memory_gb: Math.round(totalmem() / 1e9),
    deno: Deno.version.deno,
    v8: Deno.version.v8,
  };
}

/** Adds an epoch to those before it. It replaces epochs with the same or a higher number. */
export function replaceFrom<T extends { readonly epoch: number }>(epochs: T[], next: T): void {
  while (epochs.length > 0 && epochs.at(-1)!.epoch >= next.epoch) epochs.pop();
  epochs.push(next);
}

/** A parsed line of a log, or its problem; empty for other kinds of lines. */
export interface ParsedLine {
  /** How the run was started. */
  start?: RunLog["start"];
  /** The metrics of an epoch. */
  stats?: EpochStats;
  /** What is wrong with the line: "is not valid JSON". */
  problem?: string;
}

export function parseLine(line: string): ParsedLine {
  const isStart = line.startsWith(startPrefix);
  if (!isStart && !line.startsWith(statsPrefix)) return {};
  const object = parseObject(line.slice(isStart ? startPrefix.length : statsPrefix.length));
  if (object === undefined) return { problem: "is not valid JSON" };
  if (isStart) return { start: object as RunLog["start"] };
  const missing = neededFigures.find((name) => !Number.isFinite(object[name]));
  if (missing !== undefined) return { problem: `has no number "${missing}"` };
  return { stats: object as EpochStats };
}

/** The lines of a log, without an incomplete last one. */
function completeLines(content: string): string[] {
  const lines = content.split("\n");
  return isCut(lines.at(-1)!) ? lines.slice(0, -1) : lines;
}

/** True if the text after the last newline is empty or an incomplete line of ours. */
function isCut(last: string): boolean {
  const isOurs = [statsPrefix, startPrefix].some((prefix) =>
    last.startsWith(prefix) || prefix.startsWith(last)
  );
  const { start, stats } = parseLine(last);
  return isOurs && start === undefined && stats === undefined;
}

async function appendLine(folder: string, line: string): Promise<void> {
  const path = join(folder, logName);
  try {
    await checkIsOwnFile(path);
    const content = await readFile(path).catch(emptyIfMissing);
    const end = content.lastIndexOf("\n".charCodeAt(0)) + 1;
    const keepsLast = !isCut(new TextDecoder().decode(content.subarray(end)));
    if (!keepsLast && end < content.length) await Deno.truncate(path, end);
    using file = await Deno.open(path, { append: true, create: true });
    await writeAll(file, new TextEncoder().encode(`${keepsLast ? "\n" : ""}${line}\n`));
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

function emptyIfMissing(error: unknown): Uint8Array {
  if (error instanceof Deno.errors.NotFound) return new Uint8Array();
  throw error;
}

function toJson(object: JsonObject): string {
  for (const [name, value] of Object.entries(object)) {
    JSON.stringify(value, (_key, part) => {
      if (typeof part === "number" && !Number.isFinite(part)) {
        throw new RangeError(`Cannot log "${name}": ${part} is not a finite number`);
      }
      return part;
    });
  }
  return JSON.stringify(object);
}
