/**
 * Keeps a program running if its output cannot be written: no reader, full disk, closed terminal.
 *
 * @module
 */
import { printable, UserError } from "../../lib/errors.ts";
import { whyNot } from "../../lib/files.ts";

let failure: string | undefined;

/** Longer than any of our lines, even with two paths of maximum length. */
const maxLine = 10_000;

/** Makes each line safe for a terminal. Messages do so with what they quote; this catches the rest. */
export function printableLines(text: string): string {
  return text.split("\n").map((line) => printable(line, maxLine)).join("\n");
}

/** Makes `console` remember a failed write instead of throwing, and print safe text as errors. */
export function guardOutput(): void {
  for (const name of ["debug", "error", "info", "log", "warn"] as const) {
    const write = console[name].bind(console);
    const isError = name === "error" || name === "warn";
    console[name] = (...words: unknown[]) => {
      try {
        write(...(isError ? words.map(safe) : words));
      } catch (error) {
        // If standard error cannot be written, nobody can be told.
        if (!isError) remember(error);
      }
    };
  }
}

function safe(word: unknown): unknown {
  return typeof word === "string" ? printableLines(word) : word;
}

/**
 * Checks that everything sent to standard output was written. A reader that has gone is no error:
 * Deno ignores that by itself.
 *
 * @throws {UserError} If a write failed.
 */
export function checkOutput(): void {
  if (failure !== undefined) throw new UserError(failure);
}

function remember(error: unknown): void {
  if (failure !== undefined) return;
  failure = `Cannot write to standard output: ${whyNot(error)}; ` +
    "see to the disk or device that it leads to";
  // If the program ends before this, checkOutput reports the failure instead.
  const timer = setTimeout(() => console.error(`note: ${failure}; going on without it`), 1000);
  Deno.unrefTimer(timer);
}
