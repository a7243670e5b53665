/**
 * Checks a table's command lines with the commands' own parsers, before anything is trained.
 *
 * @module
 */
import { UserError } from "../../lib/errors.ts";
import { expectedOptions } from "./differences.ts";
import { runsOf, type Table } from "./table.ts";

/**
 * Refuses a table whose options a command would not accept.
 *
 * @throws {UserError} If there is such an option; the message names the row.
 */
export async function checkRows(table: Table): Promise<void> {
  const firstRuns = runsOf(table).filter(({ row, seed }) => seed === row.seeds[0]);
  for (const run of firstRuns) {
    const { name, options } = run.row;
    const wrong = (why: string) =>
      new UserError(`Cannot use the row ${name} of the table ${table.name}: ${why}`);
    try {
      await expectedOptions(run);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw wrong(error.message);
    }
    if (!Number.isInteger(options.epochs)) throw wrong('its "options" must name "epochs"');
  }
}
