/**
 * Starts a training task as a process of its own, by default without the launcher, so that a signal
 * meets the program itself.
 *
 * @module
 */
import { fromFileUrl } from "@std/path";
import { launch } from "../tasks/command.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));

/** How a process ended. */
export interface Ended {
  code: number;
  signal: Deno.Signal | null;
  out: string;
  err: string;
}

/** A process that trains. */
export interface TrainingProcess {
  pid: number;
  kill(signal: Deno.Signal): void;
  ended: Promise<Ended>;
  /** Waits until standard error holds the text, or the process has ended. */
  says(text: string): Promise<void>;
}

/** What a process is started with. */
export interface StartOptions {
  /** The folder where it runs. */
  cwd: string;
  args: readonly string[];
  /** `cifar` unless given. */
  task?: string;
  /** Variables of the environment. */
  env?: Record<string, string>;
  /** Whether the launcher starts it, as a user has it. */
  launched?: boolean;
  /** A program that starts it, and its arguments, such as `ip netns exec NAME`. */
  via?: readonly string[];
}

/** Starts `tasks/TASK.ts`. */
export function startTraining(
  { cwd, args, task = "cifar", env = {}, launched = false, via = [] }: StartOptions,
): TrainingProcess {
  // The second configuration needs no network, and names the same files.
  const config = `${root}deno.nojsr.json`;
  const program = ["run", "-A", "--quiet", "--config", config, `${root}tasks/${task}.ts`, ...args];
  const [first, ...words] = [
    ...via,
    Deno.execPath(),
    ...launched ? launch(task, ...args) : program,
  ];
  const child = new Deno.Command(first as string, {
    args: words,
    cwd: launched ? root : cwd,
    env: { NO_COLOR: "1", INIT_CWD: cwd, ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const err = collect(child.stderr);
  const out = collect(child.stdout);
  return {
    pid: child.pid,
    kill: (signal) => child.kill(signal),
    ended: (async () => {
      const { code, signal } = await child.status;
      await Promise.all([out.done, err.done]);
      return { code, signal, out: out.text(), err: err.text() };
    })(),
    says: (text) => err.until(text),
  };
}

/** Runs a task to its end. */
export function runTask(options: StartOptions): Promise<Ended> {
  return startTraining(options).ended;
}

function collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  let text = "";
  let wake: () => void = () => {};
  let open = true;
  const done = (async () => {
    for await (const part of stream.pipeThrough(new TextDecoderStream())) {
      text += part;
      wake();
    }
    open = false;
    wake();
  })();
  return {
    done,
    text: () => text,
    until: async (wanted: string) => {
      while (open && !text.includes(wanted)) {
        await new Promise<void>((resolve) => wake = resolve);
      }
    },
  };
}
