/**
 * `deno task ok`: runs the checks of CI and says which failed.
 *
 * @module
 */
import { asksForHelp } from "../cli/flags.ts";
import { anyOf } from "../cli/option_kinds.ts";
import { UsageError } from "../cli/usage_error.ts";

/** Checks by name, in order; each returns an exit code. */
export type Checks = Readonly<Record<string, () => Promise<number>>>;

/**
 * Runs the checks that the command line asks for; one that fails does not stop the others. The last
 * lines name the failed checks and the commands that rerun them.
 *
 * @param isEnding True if the program was asked to stop.
 * @returns The exit code of the first failed check, or 0.
 * @throws {UsageError} If the arguments are not valid.
 */
export async function runChecks(
  checks: Checks,
  args: readonly string[],
  isEnding: () => boolean,
): Promise<number> {
  const names = anyOf(Object.keys(checks));
  const usage = `deno task ok [--only CHECK | --without CHECK], CHECK being ${names}`;
  if (asksForHelp(args)) {
    console.log(`Usage: ${usage}`);
    return 0;
  }
  const [flag, name = ""] = args;
  const choosesOne = args.length === 2 && (flag === "--only" || flag === "--without") &&
    Object.hasOwn(checks, name);
  if (args.length > 0 && !choosesOne) {
    throw new UsageError(`Cannot run ok with ${args.join(" ")}: the usage is ${usage}`);
  }
  const wanted = Object.entries(checks).filter(([other]) =>
    flag === undefined || (other === name) === (flag === "--only")
  );
  const failed: [name: string, code: number][] = [];
  for (const [name, check] of wanted) {
    console.error(`--- ${name}`);
    const code = await check();
    if (isEnding()) return code;
    if (code !== 0) {
      failed.push([name, code]);
      console.error(`--- ${name} failed`);
    }
  }
  if (wanted.length > 1 && failed.length > 0) {
    console.error(`\n${failed.length} of ${wanted.length} checks failed; the output is above:`);
  }
  for (const [name] of failed) {
    console.error(`error: ${name} failed; run it alone: deno task ok --only ${name}`);
  }
  return failed[0]?.[1] ?? 0;
}
