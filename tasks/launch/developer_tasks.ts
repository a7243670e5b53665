/**
 * The tasks of those who work on this project: they start programs themselves, and may do everything.
 *
 * @module
 */
import { asksForHelp } from "../cli/flags.ts";
import { anyOf } from "../cli/option_kinds.ts";
import { UsageError } from "../cli/usage_error.ts";
import type { Runner } from "./deno.ts";

type Task = (args: readonly string[]) => Promise<number>;

/** These tasks, by name. */
export function developerTasks(runner: Runner): Readonly<Record<string, Task>> {
  const runAll = (program: string, args: readonly string[] = []) =>
    runner.run(program, { args, permissions: "all" });

  const test: Task = async (args) =>
    await runAll("tasks/setup.ts") ||
    await runner.deno(
      "test",
      {},
      ...["--allow-all", "--quiet", "--doc", "README.md", "mod.ts", "lib", "models", "tests"],
      ...args,
    );

  /** What `deno task ok` does, in its order, by name. */
  const checks: Readonly<Record<string, () => Promise<number>>> = {
    format: () => runner.deno("fmt", {}, "--check", "--quiet"),
    lint: () => runner.deno("lint", {}, "--quiet"),
    types: () => runner.deno("check", {}, "--quiet", "."),
    docs: () =>
      runner.deno(
        "run",
        {},
        "--allow-all",
        "--quiet",
        "tasks/launch/check_docs.ts",
        runner.configuration,
      ),
    tests: () => test([]),
    publish: () => runner.deno("publish", {}, "--quiet", "--dry-run", "--allow-dirty"),
  };

  /** Runs the checks. */
  const ok: Task = async (args) => {
    const usage = `deno task ok [--without CHECK], CHECK being ${anyOf(Object.keys(checks))}`;
    if (asksForHelp(args)) {
      console.log(`Usage: ${usage}`);
      return 0;
    }
    const [flag, without = ""] = args;
    const leavesOneOut = args.length === 2 && flag === "--without" &&
      Object.hasOwn(checks, without);
    if (args.length > 0 && !leavesOneOut) {
      throw new UsageError(`Cannot run ok with ${args.join(" ")}: the usage is ${usage}`);
    }
    for (const [name, check] of Object.entries(checks)) {
      if (name === without) continue;
      console.error(`--- ${name}`);
      const code = await check();
      if (code !== 0) {
        console.error(`error: the check "${name}" failed`);
        return code;
      }
    }
    return 0;
  };

  return {
    bench: (args) => runAll("tasks/bench.ts", args),
    // It looks for drivers in /proc, which Deno shows only to who may do everything.
    doctor: (args) => runAll("tasks/doctor.ts", args),
    ok,
    test,
  };
}
