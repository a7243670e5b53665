/**
 * Checks thread counts: TensorFlow accepts any number, and crashes if the system cannot start so many.
 *
 * @module
 */
import { UserError } from "../errors.ts";

/** The maximum number of threads, more than the processors of any target machine. */
export const maxThreads = 1024;

/** Environment variables with thread counts for TensorFlow. */
const threadVariables = ["TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"] as const;

/**
 * Checks thread counts given by a caller.
 *
 * @throws {RangeError} If one is not an integer from 1 to {@linkcode maxThreads}.
 */
export function checkThreads(
  counts: Readonly<Record<"threads" | "opThreads", number | undefined>>,
): void {
  for (const [name, count] of Object.entries(counts)) {
    if (count === undefined || isCount(count)) continue;
    throw new RangeError(
      `Cannot use ${count} threads: ${name} must be a whole number from 1 to ${maxThreads}`,
    );
  }
}

/**
 * Checks thread counts in the environment. 0 means TensorFlow's own choice.
 *
 * @param env reads a variable.
 * @throws {UserError} If TensorFlow cannot start that many threads.
 */
export function checkThreadVariables(env: (name: string) => string | undefined): void {
  for (const name of threadVariables) {
    const text = env(name);
    // TensorFlow ignores text that is not a number.
    if (!text || !/^\s*[+-]?\d+\s*$/.test(text)) continue;
    const count = Number(text);
    if (count === 0 || isCount(count)) continue;
    throw new UserError(
      `Cannot use ${name}: ${count} is no number of threads from 0 to ${maxThreads}; correct it, or ` +
        "unset it",
    );
  }
}

function isCount(count: number): boolean {
  return Number.isInteger(count) && count >= 1 && count <= maxThreads;
}
