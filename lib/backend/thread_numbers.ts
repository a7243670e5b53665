/**
 * How many threads TensorFlow may be told to start: it takes any number, and crashes where the system
 * has not so many.
 *
 * @module
 */
import { UserError } from "../errors.ts";

/** The most threads. More processors than any machine has that this is for. */
export const maxThreads = 1024;

/** Variables by which TensorFlow takes numbers of threads from the environment. */
const threadVariables = ["TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"] as const;

/**
 * Checks numbers of threads that a caller gives.
 *
 * @throws {RangeError} If one is no whole number from 1 to the most.
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
 * Checks those that the environment gives TensorFlow; 0 is its own choice.
 *
 * @param env reads a variable.
 * @throws {UserError} If one is none that TensorFlow can start.
 */
export function checkThreadVariables(env: (name: string) => string | undefined): void {
  for (const name of threadVariables) {
    const text = env(name);
    // What is no number at all, it passes over.
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
