/**
 * Runs `deno task cifar` in this process. A process of its own takes two seconds more, for Deno and
 * TensorFlow to start; tests that are not about signals, permissions or memory do without it.
 *
 * @module
 */
import { cifarCommand } from "../../tasks/cli/cifar_options.ts";
import { describeFailure } from "../../tasks/cli/failure.ts";
import { readCommandLine } from "../../tasks/cli/main.ts";
import { runCifar } from "../../tasks/cifar.ts";
import { runnerOf, type TaskResult, type TaskRunner } from "./command.ts";

/** Runs `deno task cifar` in a folder. TensorFlow must have been started by `useTensorFlow()`. */
async function run(cwd: string, ...args: string[]): Promise<TaskResult> {
  const { log, error } = console;
  const [folder, exitCode] = [Deno.cwd(), Deno.exitCode];
  const result = { code: 0, out: "", err: "" };
  console.log = (...words: unknown[]) => void (result.out += `${words.join(" ")}\n`);
  console.error = (...words: unknown[]) => void (result.err += `${words.join(" ")}\n`);
  Deno.chdir(cwd);
  try {
    await runCifar(await readCommandLine(cifarCommand, args));
    result.code = Deno.exitCode;
  } catch (cause) {
    const failure = describeFailure(cause);
    result.err += `${failure.text}\n`;
    result.code = failure.exitCode;
  } finally {
    Object.assign(console, { log, error });
    Deno.exitCode = exitCode;
    Deno.chdir(folder);
  }
  return result;
}

/** `deno task cifar` in this process. */
export const cifarHere: TaskRunner = runnerOf(run);
