/**
 * What the launcher tells a program that is one of several workers.
 *
 * @module
 */
import { UserError } from "../../lib/errors.ts";

/** The environment variable with a {@linkcode WorkerStart} as JSON. */
export const workerVariable = "ATTENTION_TRANSFER_WORKER";

/** The exit code of a worker that ends because another one is lost (sysexits.h: unavailable). */
export const lostExitCode = 69;

/** One of several processes that train together. */
export interface WorkerStart {
  /** The address of each worker, `host:port`. */
  readonly hosts: readonly string[];
  /** The number of this one, from 0. */
  readonly rank: number;
  /** Seconds after which the others count as lost if they do not answer. */
  readonly timeout: number;
  /** Processor threads, unless the user chose a number. */
  readonly threads: number;
  /** A digest of the program's code: all workers must run the same. */
  readonly code: string;
  /** When the launcher started it, in milliseconds since 1970, for names. Default: now. */
  readonly time?: number;
}

/**
 * Reads the variable; undefined if this process trains alone.
 *
 * @throws {UserError} If the launcher did not write it.
 */
export function readWorker(): WorkerStart | undefined {
  const variable = workerVariable;
  if (Deno.permissions.querySync({ name: "env", variable }).state !== "granted") return undefined;
  const text = Deno.env.get(variable);
  if (!text) return undefined;
  try {
    const start: WorkerStart = JSON.parse(text);
    if (start.hosts.every((host) => typeof host === "string") && Number.isInteger(start.rank)) {
      return start;
    }
  } catch {
    // Handled below.
  }
  throw new UserError(`Cannot use ${variable}: the launcher did not write it; unset it`);
}

/** Workers other than the first print nothing but failures: the first has said the same. */
export function muteUnlessFirst(worker: WorkerStart | undefined): void {
  if (isFirst(worker)) return;
  console.error = () => {};
  console.log = () => {};
}

/** True if this process reads and writes the run folder: alone, or the first of several. */
export function isFirst(worker: WorkerStart | undefined): boolean {
  return worker === undefined || worker.rank === 0;
}
