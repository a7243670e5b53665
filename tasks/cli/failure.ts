/**
 * What a failed command prints, and its exit code.
 *
 * @module
 */
import { UserError } from "../../lib/errors.ts";
import { whyNot } from "../../lib/files.ts";
import { inFlags } from "./in_flags.ts";
import { printableLines } from "./output.ts";
import { UsageError } from "./usage_error.ts";
import { lostExitCode } from "./worker.ts";

export interface Failure {
  readonly text: string;
  readonly exitCode: number;
}

/**
 * Returns the text and the exit code for an error. Errors that the user can fix give one line and
 * exit code 1, or 2 for a wrong command line. All other errors give the stack and exit code 70, the
 * code for a program fault in sysexits.h. The library throws RangeError for an argument out of
 * range; Deno throws NotCapable for files that the program may not use.
 */
export function describeFailure(error: unknown): Failure {
  const failure = (text: string, exitCode: number) => ({ text: printableLines(text), exitCode });
  if (error instanceof UserError || error instanceof RangeError) {
    const message = inFlags(error.message.replace(/\s*\n\s*/g, " "));
    return failure(`error: ${message}`, exitCodeOf(error));
  }
  const [, access] = error instanceof Deno.errors.NotCapable
    ? error.message.match(/^Requires ((?:read|write|all) access to ".*")/s) ?? []
    : [];
  if (access !== undefined) {
    const why = "a task may use only the files that its options name; see SECURITY.md";
    return failure(`error: Cannot go on without ${access}: ${why}`, 1);
  }
  const refusal = refusalOfSystem(error);
  if (refusal !== undefined) return failure(`error: Cannot go on: ${refusal}`, 1);
  const stack = Deno.inspect(error, { colors: false });
  const bug = "error: this is a bug in the program; please report it with the lines above";
  return failure(`${stack}\n${bug}`, 70);
}

function exitCodeOf(error: UserError | RangeError): number {
  if (error instanceof UsageError) return 2;
  return error instanceof UserError && error.code === "worker-lost" ? lostExitCode : 1;
}

/** System errors that only a bug in the program can cause: EBADF, EFAULT and EINVAL. */
const faults = ["9", "14", "22"];

/**
 * Describes an operation that the system refused, with the file name if there is one. A full disk,
 * too many open files, or a link to itself are not bugs in the program.
 */
function refusalOfSystem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // Deno's message looks like "Too many open files (os error 24): open '/x/y'".
  const [, code = "", where] = error.message.match(/ \(os error (\d+)\)(?:: (.*))?$/s) ?? [];
  if (code === "" || faults.includes(code)) return undefined;
  return `${whyNot(error)}${where === undefined ? "" : `: ${where}`}`;
}
