/**
 * Programs that are driven over their standard input and output, one JSON text a line.
 *
 * @module
 */
import { fromFileUrl } from "@std/path";
import { UserError } from "../../lib/errors.ts";
import { readLines } from "../cli/read_lines.ts";
import { sendSignal } from "../launch/deno.ts";
import { before } from "./lanes.ts";

/** What is asked, and what is answered. */
export type Message = Readonly<Record<string, unknown>>;

/** A running program, which answers one request after another. */
export interface Child {
  /** What it said when it was ready. */
  readonly ready: Message;
  /**
   * The answer to a request.
   *
   * @throws {UserError} If the answer is an error, or the program has ended.
   */
  ask(request: Message): Promise<Message>;
  /** Lets it end, and waits until it has. */
  close(): Promise<void>;
  /** Ends it at once, whatever it does, and waits until it and what it started have ended. */
  kill(): Promise<void>;
}

/** Seconds to wait for what a program started that is ended: it may not notice. */
const secondsToEnd = 10;

/** The arguments with which Deno runs a program of the repository. */
export function denoArgs(path: string, ...words: readonly string[]): string[] {
  const [config = "", program = ""] = ["deno.nojsr.json", path]
    .map((path) => fromFileUrl(new URL(`../../${path}`, import.meta.url)));
  return ["run", "--allow-all", "--quiet", "--no-lock", "--config", config, program, ...words];
}

/** The arguments with which Deno runs `deno task NAME ARGS...`. */
export function launcherArgs(...words: readonly string[]): string[] {
  return denoArgs("tasks/launch.ts", ...words);
}

/** The place of a Python program of the benchmark. */
export function pythonProgram(name: string): string {
  return fromFileUrl(new URL(name, import.meta.url));
}

/**
 * Starts a program, and waits until it is ready.
 *
 * @param env environment variables that are added to ours or replace them.
 * @throws {UserError} If it does not start, with the last line that it wrote.
 */
export async function startChild(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Child> {
  const child = spawn(program, args, env);
  const lines = readLines(child.stdout)[Symbol.asyncIterator]();
  const lastError = lastLine(child.stderr);
  const writer = child.stdin.getWriter();
  const read = async (): Promise<Message> => {
    let words = "it ended";
    for (;;) {
      const { value, done } = await lines.next();
      if (done) break;
      if (value.startsWith("{")) return JSON.parse(value);
      // mpirun tells its problems here, between lines of hyphens.
      if (/\w/.test(value)) words = value;
    }
    await child.status;
    throw new UserError(await lastError || words);
  };
  const close = async () => {
    await writer.close().catch(() => {}); // it may have ended already
    await child.status;
  };
  const ready = await read().catch(async (error) => {
    await close();
    throw error;
  });
  return {
    ready,
    ask: async (request) => {
      // One that has ended takes nothing: reading tells why.
      await writer.write(new TextEncoder().encode(JSON.stringify(request) + "\n")).catch(() => {});
      const answer = await read();
      if (answer.error !== undefined) throw new UserError(String(answer.error));
      return answer;
    },
    close,
    kill: async () => {
      sendSignal(child, "SIGKILL");
      // What it started writes to the same stream, which ends with the last of them.
      await before(performance.now() + 1000 * secondsToEnd, lastError).catch(() => {});
    },
  };
}

function spawn(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
): Deno.ChildProcess {
  try {
    return new Deno.Command(program, {
      args: [...args],
      env,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    throw new UserError((error as Error).message);
  }
}

/** The last line of a stream that says something; it is read to its end, or the writer would wait. */
async function lastLine(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let last = "";
  for await (const line of readLines(stream)) last = line.trim() || last;
  return last.replace(/^error: /, "");
}

/** The last line of what a program wrote before it ended. */
export function lastLineOf(output: Uint8Array): string {
  return new TextDecoder().decode(output).trim().split("\n").at(-1) ?? "";
}
