/**
 * Whether a task will accept its command line: nothing is fetched for one that it will refuse.
 *
 * @module
 */
import { UserError } from "../../lib/errors.ts";
import type { Command } from "../cli/help.ts";
import { readCommandLine } from "../cli/main.ts";
import type { OptionTable } from "../cli/option_kinds.ts";

/** Whether the command can be run with these arguments. */
export async function isAccepted<T extends OptionTable>(
  command: Command<T>,
  args: readonly string[],
): Promise<boolean> {
  try {
    await readCommandLine(command, args, { note: () => {} });
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}
