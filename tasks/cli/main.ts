/**
 * Runs a task as a command: its options in, and its failures out as one line and an exit code.
 *
 * @module
 */
import { UserError } from "../../lib/errors.ts";
import { type Command, helpText } from "./help.ts";
import type { OptionTable, OptionValues } from "./option_kinds.ts";
import { asksForHelp, parseOptions, UsageError, withDefaults } from "./options.ts";

/** What a command that failed prints, and the code that it exits with. */
export interface Failure {
  readonly text: string;
  readonly exitCode: number;
}

/**
 * What to print for an error, and the exit code: one line for what the user can mend (code 1; for
 * the command line itself 2), the stack for everything else (70, as sysexits.h has it for a fault
 * of the program). A RangeError is how the library refuses an argument that is out of range.
 */
export function describeFailure(error: unknown): Failure {
  if (error instanceof UserError || error instanceof RangeError) {
    const message = error.message.replace(/\s*\n\s*/g, " ");
    return { text: `error: ${message}`, exitCode: error instanceof UsageError ? 2 : 1 };
  }
  const stack = Deno.inspect(error, { colors: false });
  return {
    text: `${stack}\nerror: this is a bug in the program; please report it with the lines above`,
    exitCode: 70,
  };
}

/**
 * Runs a program with the arguments of the command line. When it fails, what
 * {@linkcode describeFailure} says goes to standard error and the process ends with its exit code.
 */
export async function runMain(main: (args: string[]) => Promise<void>): Promise<void> {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    fail(event.reason);
  });
  try {
    await main(Deno.args);
  } catch (error) {
    fail(error);
  }
}

/** Runs a command: prints its help where that is asked for, else reads its options and runs it. */
export function runCommand<T extends OptionTable>(
  command: Command<T>,
  run: (values: OptionValues<T>) => Promise<void>,
): Promise<void> {
  return runMain(async (given) => {
    // npm users write "--" before the arguments of a script, and deno task passes it on.
    const args = given[0] === "--" ? given.slice(1) : given;
    if (asksForHelp(args)) {
      console.log(helpText(command));
      return;
    }
    let values = parseOptions(command.options, args);
    const defaults = await command.defaults?.(values);
    if (defaults) {
      const options = withDefaults(command.options, defaults);
      values = parseOptions(options, args, { note: () => {} });
    }
    command.check?.(values);
    await run(values);
  });
}

function fail(error: unknown): never {
  const { text, exitCode } = describeFailure(error);
  console.error(text);
  Deno.exit(exitCode);
}
