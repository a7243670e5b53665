/**
 * Runs a task as a command: reads its options, and turns a failure into one line and an exit code.
 *
 * @module
 */
import { describeFailure } from "./failure.ts";
import { type Command, helpText } from "./help.ts";
import type { OptionTable, OptionValues } from "./option_kinds.ts";
import { asksForHelp, ownArguments } from "./flags.ts";
import { parseOptions, withDefaults } from "./options.ts";
import { checkOutput, guardOutput } from "./output.ts";
import { followLauncher } from "./parent.ts";

/**
 * Runs a program with the command-line arguments. If it fails, prints what
 * {@linkcode describeFailure} returns to standard error and exits with its code.
 */
export async function runMain(main: (args: string[]) => Promise<void>): Promise<void> {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    fail(event.reason);
  });
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    fail(event.error);
  });
  guardOutput();
  try {
    followLauncher();
    await main(Deno.args);
    if (Deno.exitCode === 0) checkOutput();
  } catch (error) {
    fail(error);
  }
}

/** Runs a command: prints its help if asked, otherwise reads its options and runs it. */
export function runCommand<T extends OptionTable>(
  command: Command<T>,
  run: (values: OptionValues<T>) => Promise<void>,
): Promise<void> {
  return runMain(async (given) => {
    const args = ownArguments(given);
    if (asksForHelp(args)) {
      console.log(helpText(command));
      return;
    }
    await run(await readCommandLine(command, args));
  });
}

/**
 * Reads and checks the values of a command's options, with the command's own defaults.
 *
 * @throws {UserError} If the command cannot be run with them.
 */
export async function readCommandLine<T extends OptionTable>(
  command: Command<T>,
  args: readonly string[],
  note?: (line: string) => void,
): Promise<OptionValues<T>> {
  let values = parseOptions(command.options, args, note);
  const defaults = await command.defaults?.(values);
  if (defaults) {
    const options = withDefaults(command.options, defaults);
    values = parseOptions(options, args, () => {});
  }
  command.check?.(values);
  return values;
}

/** Kept, because workers other than the first print only failures. */
const printError = console.error;

function fail(error: unknown): never {
  const { text, exitCode } = describeFailure(error);
  printError(text);
  Deno.exit(exitCode);
}
