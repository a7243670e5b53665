/**
 * What a command that failed says.
 *
 * @module
 */
import { printable, UserError } from "../../lib/errors.ts";
import { whyNot } from "../../lib/files.ts";
import { UsageError } from "./usage_error.ts";

/** What a command that failed prints, and the code that it exits with. */
export interface Failure {
  readonly text: string;
  readonly exitCode: number;
}

/**
 * What to print for an error, and the exit code: one line for what the user can mend (code 1; for
 * the command line itself 2), the stack for everything else (70, as sysexits.h has it for a fault
 * of the program). A RangeError is how the library refuses an argument that is out of range, and
 * Deno refuses files that the program was not allowed.
 */
export function describeFailure(error: unknown): Failure {
  const { text, exitCode } = describe(error);
  // Whatever a message quotes was made printable where that was done; this is for what was forgotten.
  const lines = text.split("\n").map((line) => printable(line, MAX_LINE));
  return { text: lines.join("\n"), exitCode };
}

/** More than any line of ours, with two paths as long as they may be. */
const MAX_LINE = 10_000;

function describe(error: unknown): Failure {
  if (error instanceof UserError || error instanceof RangeError) {
    const message = error.message.replace(/\s*\n\s*/g, " ");
    return { text: `error: ${message}`, exitCode: error instanceof UsageError ? 2 : 1 };
  }
  const [, access] = error instanceof Deno.errors.NotCapable
    ? error.message.match(/^Requires ((?:read|write|all) access to ".*")/s) ?? []
    : [];
  if (access !== undefined) {
    const text = `error: Cannot go on without ${access}: a task may use only the files that its ` +
      "options name; see SECURITY.md";
    return { text, exitCode: 1 };
  }
  const refusal = refusalOfSystem(error);
  if (refusal !== undefined) return { text: `error: Cannot go on: ${refusal}`, exitCode: 1 };
  const stack = Deno.inspect(error, { colors: false });
  return {
    text: `${stack}\nerror: this is a bug in the program; please report it with the lines above`,
    exitCode: 70,
  };
}

/** What only a fault of the program can cause: EBADF, EFAULT and EINVAL. */
const faults = ["9", "14", "22"];

/**
 * What the system refused to do, with the name of the file where there is one: a full disk, too many
 * open files, a link that leads to itself are no faults of the program.
 */
function refusalOfSystem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // Deno's words: "Too many open files (os error 24): open '/x/y'".
  const [, code = "", where] = error.message.match(/ \(os error (\d+)\)(?:: (.*))?$/s) ?? [];
  if (code === "" || faults.includes(code)) return undefined;
  return `${whyNot(error)}${where === undefined ? "" : `: ${where}`}`;
}
