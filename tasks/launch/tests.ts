/**
 * `deno task test`: runs the quick tests, all tests, or the tests of some files.
 *
 * @module
 */
import { join } from "@std/path";
import { existsSync } from "../../lib/files.ts";
import { asksForHelp } from "../cli/flags.ts";
import type { Runner } from "./deno.ts";
import { importsFile, runGroups, sourcesIn, startOf, testGroups } from "./test_groups.ts";

const usage = `Usage: deno task test [--all | FILE_OR_FOLDER...] [FLAG_OF_DENO_TEST...]

Runs the quick tests; with --all the long ones too, and of files that are named everything.
FILE_OR_FOLDER is a path in the repository: deno task test tests/lib/losses`;

/** Where tests and examples are. */
const everywhere = ["README.md", "mod.ts", "lib", "models", "tests"];

/**
 * Reads a command line: the arguments for `deno test`, and if they leave out the long tests.
 *
 * @param root The folder of the repository.
 */
export function readTestArguments(given: readonly string[], root: string) {
  const args = given.filter((arg) => arg !== "--all");
  const namesPath = args.some((arg) => /[/.]/.test(arg) && existsSync(join(root, arg)));
  return {
    isQuick: args.length === given.length && !namesPath,
    args: namesPath ? args : [...everywhere, ...args],
  };
}

/** The test files in a folder that have long tests. */
export function filesWithLongTests(folder: string): string[] {
  return sourcesIn(folder).filter((path) => importsFile(path, "long.ts"));
}

/** Runs tests, and returns the exit code. */
export async function runTests(runner: Runner, given: readonly string[]): Promise<number> {
  const { root } = runner.place;
  if (asksForHelp(given)) {
    console.log(usage);
    return 0;
  }
  const fetched = await runner.run("tasks/setup.ts", { permissions: "all" });
  if (fetched !== 0) return fetched;
  const { isQuick, args } = readTestArguments(given, root);
  const env: Record<string, string> = isQuick ? { ATTENTION_TRANSFER_TESTS: "quick" } : {};
  const flags = ["--allow-all", "--quiet"];
  const isWhole = given.every((arg) => arg === "--all");
  const code = isWhole
    ? await runGroups(testGroups(root, isQuick), (group, onLine, kill) => {
      const { paths, env: more } = startOf(group);
      const start = { env: { ...env, ...more }, onLine, kill };
      return runner.deno("test", start, ...flags, "--no-check", ...paths);
    })
    : await runner.deno("test", { env }, ...flags, "--doc", ...args);
  if (isQuick && !runner.isEnding) {
    const { length } = filesWithLongTests(join(root, "tests"));
    console.error(`The long tests of ${length} files were left out: deno task test --all`);
  }
  return code;
}
