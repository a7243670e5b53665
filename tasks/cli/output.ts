/**
 * Lets a program go on whose output cannot be written: who read it is gone, its disk is full, its
 * terminal is closed.
 *
 * @module
 */
import { UserError } from "../../lib/errors.ts";
import { whyNot } from "../../lib/files.ts";

let failure: string | undefined;

/** Has `console` write what it can, and remember what it could not. */
export function guardOutput(): void {
  for (const name of ["debug", "error", "info", "log", "warn"] as const) {
    const write = console[name].bind(console);
    const isError = name === "error" || name === "warn";
    console[name] = (...words: unknown[]) => {
      try {
        write(...words);
      } catch (error) {
        // Where lines about the program cannot be written, there is nobody to tell it to.
        if (!isError) remember(error);
      }
    };
  }
}

/**
 * Sees that all was written that went to standard output. Nobody is missing a reader who has gone: Deno
 * passes over that by itself.
 *
 * @throws {UserError} If it was not.
 */
export function checkOutput(): void {
  if (failure !== undefined) throw new UserError(failure);
}

function remember(error: unknown): void {
  if (failure !== undefined) return;
  failure = `Cannot write to standard output: ${whyNot(error)}; ` +
    "see to the disk or device that it leads to";
  // What is done by then fails with that line.
  const timer = setTimeout(() => console.error(`note: ${failure}; going on without it`), 1000);
  Deno.unrefTimer(timer);
}
