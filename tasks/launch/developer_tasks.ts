/**
 * The tasks for developers. They start programs themselves and have all permissions.
 *
 * @module
 */
import { type Checks, runChecks } from "./checks.ts";
import type { Runner } from "./deno.ts";
import { runTests } from "./tests.ts";

type Task = (args: readonly string[]) => Promise<number>;

/** The tasks by name. */
export function developerTasks(runner: Runner): Readonly<Record<string, Task>> {
  const runAll = (program: string, args: readonly string[] = []) =>
    runner.run(program, { args, permissions: "all" });
  const checkDocs = "tasks/launch/check_docs.ts";
  const test: Task = (args) => runTests(runner, args);

  /** The checks of `deno task ok`, in order. */
  const checks: Checks = {
    format: () => runner.deno("fmt", {}, "--check", "--quiet"),
    lint: () => runner.deno("lint", {}, "--quiet"),
    types: () => runner.deno("check", {}, "--quiet", "."),
    docs: () => runner.deno("run", {}, "--allow-all", "--quiet", checkDocs, runner.configuration),
    tests: () => test(["--all"]),
    publish: () => runner.deno("publish", {}, "--quiet", "--dry-run", "--allow-dirty"),
  };

  return {
    bench: (args) => runAll("tasks/bench.ts", args),
    docs: (args) => runAll("tasks/docs.ts", args),
    // It looks for drivers in /proc, which Deno only shows with all permissions.
    doctor: (args) => runAll("tasks/doctor.ts", args),
    npm: (args) => runAll("tasks/npm.ts", args),
    reproduce: (args) => runAll("tasks/reproduce.ts", args),
    ok: (args) => runChecks(checks, args, () => runner.isEnding),
    test,
  };
}
