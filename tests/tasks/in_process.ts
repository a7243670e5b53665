/**
 * Runs tasks in this process. A process of its own takes two seconds more, for Deno and
 * TensorFlow to start; tests that are not about signals, permissions or memory do without it.
 *
 * @module
 */
import { cifarCommand } from "../../tasks/cli/cifar_options.ts";
import { convertCommand } from "../../tasks/cli/convert_options.ts";
import { describeFailure } from "../../tasks/cli/failure.ts";
import type { Command } from "../../tasks/cli/help.ts";
import { imagenetCommand } from "../../tasks/cli/imagenet_options.ts";
import { readCommandLine } from "../../tasks/cli/main.ts";
import type { OptionTable, OptionValues } from "../../tasks/cli/option_kinds.ts";
import { reportCommand } from "../../tasks/cli/report_options.ts";
import { visualizeCommand } from "../../tasks/cli/visualize_options.ts";
import { runCifar } from "../../tasks/cifar.ts";
import { runConvert } from "../../tasks/convert.ts";
import { runVisualize } from "../../tasks/visualize.ts";
import { runnerOf, type TaskRunner } from "./command.ts";

/** A command as `taskRunner` has it, but in this process. */
function here<T extends OptionTable>(
  command: Command<T>,
  run: (values: OptionValues<T>) => Promise<void>,
): TaskRunner {
  return runnerOf(async (cwd, ...args) => {
    const { log, error } = console;
    const [folder, exitCode] = [Deno.cwd(), Deno.exitCode];
    const result = { code: 0, out: "", err: "" };
    console.log = (...words: unknown[]) => void (result.out += `${words.join(" ")}\n`);
    console.error = (...words: unknown[]) => void (result.err += `${words.join(" ")}\n`);
    Deno.chdir(cwd);
    try {
      await run(await readCommandLine(command, args));
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
  });
}

/** `deno task cifar`. TensorFlow must have been started by `useTensorFlow()`, as the task does. */
export const cifarHere: TaskRunner = here(cifarCommand, runCifar);

/** `deno task convert`. */
export const convertHere: TaskRunner = here(convertCommand, runConvert);

/**
 * `deno task imagenet`. TensorFlow must have been started by `useTensorFlow({ opThreads: 1 })`, as the
 * task does.
 */
export const imagenetHere: TaskRunner = here(
  imagenetCommand,
  async (values) => (await import("../../tasks/imagenet.ts")).runImagenet(values),
);

/** `deno task report`. For an evaluation, TensorFlow must have been started by `useTensorFlow()`. */
export const reportHere: TaskRunner = here(
  reportCommand,
  async (values) => (await import("../../tasks/report.ts")).runReport(values),
);

/** `deno task visualize`. TensorFlow must have been started by `useTensorFlow()`. */
export const visualizeHere: TaskRunner = here(visualizeCommand, runVisualize);
