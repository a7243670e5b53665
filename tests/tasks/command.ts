/**
 * Runs tasks as a user does: by the launcher, from another folder than the repository.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";

/** What a run of a task gave. */
export interface TaskResult {
  code: number;
  out: string;
  err: string;
}

/** A task by its name. */
export interface TaskRunner {
  /** Runs it in a folder, which `deno task` tells by INIT_CWD. */
  run(cwd: string, ...args: string[]): Promise<TaskResult>;
  /** The same; fails unless its exit code is 0. */
  succeed(cwd: string, ...args: string[]): Promise<TaskResult>;
  /** The same; fails unless it refuses with this exit code and one line, and no stack. */
  refuse(cwd: string, code: number, message: RegExp, ...args: string[]): Promise<void>;
}

const root = fromFileUrl(new URL("../../", import.meta.url));
const { tasks } = JSON.parse(
  Deno.readTextFileSync(new URL("../../deno.json", import.meta.url)),
) as {
  tasks: Record<string, { command: string }>;
};

/** What `deno task NAME` runs: deno with these arguments, in the repository. */
export function launch(name: string, ...args: string[]): string[] {
  const [, ...words] = tasks[name]!.command.split(" ");
  return [...words, ...args];
}

/** The task of that name. */
export function taskRunner(name: string): TaskRunner {
  async function run(cwd: string, ...args: string[]): Promise<TaskResult> {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: launch(name, ...args),
      cwd: root,
      env: { INIT_CWD: cwd, NO_COLOR: "1" },
    }).output();
    const decoder = new TextDecoder();
    return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
  }

  async function succeed(cwd: string, ...args: string[]): Promise<TaskResult> {
    const result = await run(cwd, ...args);
    assertEquals(result.code, 0, result.err);
    return result;
  }

  async function refuse(cwd: string, code: number, message: RegExp, ...args: string[]) {
    const result = await run(cwd, ...args);
    assertEquals(result.code, code, result.err);
    const lines = result.err.trimEnd().split("\n").filter((line) => /^error/.test(line));
    assertEquals(lines.length, 1, result.err);
    assertMatch(lines[0]!, message);
    assert(!/^ {4}at /m.test(result.err), `a stack trace: ${result.err}`);
  }

  return { run, succeed, refuse };
}
