/**
 * Runs tasks as a user does: with the launcher, from outside the repository.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";

/** The outcome of a task. */
export interface TaskResult {
  code: number;
  out: string;
  err: string;
}

/** A task. */
export interface TaskRunner {
  /** Runs it in a folder, which is passed in INIT_CWD as `deno task` does. */
  run(cwd: string, ...args: string[]): Promise<TaskResult>;
  /** The same. Fails unless the exit code is 0. */
  succeed(cwd: string, ...args: string[]): Promise<TaskResult>;
  /** The same. Fails unless the task refuses with this exit code and one line, without a stack. */
  refuse(cwd: string, code: number, message: RegExp, ...args: string[]): Promise<void>;
}

const root = fromFileUrl(new URL("../../", import.meta.url));
const { tasks } = JSON.parse(
  Deno.readTextFileSync(new URL("../../deno.json", import.meta.url)),
) as {
  tasks: Record<string, { command: string }>;
};

/** The arguments with which `deno task NAME` runs Deno, in the repository. */
export function launch(name: string, ...args: string[]): string[] {
  const [, ...words] = tasks[name]!.command.split(" ");
  return [...words, ...args];
}

/** Runs a task in a process of its own, by the launcher. */
export function taskRunner(name: string): TaskRunner {
  return runnerOf(async (cwd, ...args) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: launch(name, ...args),
      cwd: root,
      env: { INIT_CWD: cwd, NO_COLOR: "1" },
    }).output();
    const decoder = new TextDecoder();
    return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
  });
}

/** A task, by the function that runs it. */
export function runnerOf(run: TaskRunner["run"]): TaskRunner {
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

/** A task that serves until Ctrl-C. Disposing of it sends that, and checks the exit code. */
export interface ServingTask extends AsyncDisposable {
  /** The first line that it printed. */
  line: string;
}

/** Starts a task that serves, in a folder. */
export async function serveTask(
  cwd: string,
  name: string,
  ...args: string[]
): Promise<ServingTask> {
  const server = new Deno.Command(Deno.execPath(), {
    args: launch(name, ...args),
    cwd: root,
    env: { INIT_CWD: cwd, NO_COLOR: "1" },
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = server.stdout.getReader();
  const line = new TextDecoder().decode((await reader.read()).value);
  return {
    line,
    async [Symbol.asyncDispose]() {
      server.kill("SIGINT");
      await reader.cancel();
      assertEquals((await server.status).code, 130);
    },
  };
}
