/**
 * Finds what sets a trained run apart from its row, whose options, teacher or program may have changed
 * since then.
 *
 * @module
 */
import type { Json } from "../../lib/json.ts";
import { cifarCommand } from "../cli/cifar_options.ts";
import { flagName } from "../cli/flags.ts";
import { imagenetCommand } from "../cli/imagenet_options.ts";
import { readCommandLine } from "../cli/main.ts";
import { toLog } from "../cli/options.ts";
import {
  atAnyStep,
  changedOptions,
  type LoggedOptions,
  teacherIn,
  teacherOptions,
} from "../cli/resumed_options.ts";
import { argumentsOf, commandOf, optionsOf, type Program, type Run } from "./table.ts";

/**
 * What a log has other than the row: `--lr 0.1 in place of 0.05`, the row's value first; undefined if
 * nothing differs that changes results.
 */
export async function differenceOfLog(
  run: Run,
  logged: LoggedOptions,
): Promise<string | undefined> {
  const program = programThatLogs(logged);
  if (program !== undefined && program !== run.row.program) {
    return `the program ${run.row.program} in place of ${program}`;
  }
  const expected = await expectedOptions(run);
  const teacher = nameIn(teacherIn(expected));
  const before = nameIn(teacherIn(logged));
  if (teacher !== before) return `the teacher ${teacher} in place of ${before}`;
  return changedOption(logged, expected);
}

/**
 * The same for a result, whose options lack places: these are in its command.
 *
 * @param folderOf Returns the folder in the result's command for a run's name.
 */
export async function differenceOfResult(
  run: Run,
  { command, options }: { readonly command: string; readonly options: LoggedOptions },
  folderOf: (run: string) => string,
): Promise<string | undefined> {
  const expected = commandOf(run, argumentsOf(run, folderOf));
  const before = partsOf(command);
  const other = [...partsOf(expected)].find(([name, value]) => value !== before.get(name));
  if (other) return `${other[0]} ${other[1]} in place of ${before.get(other[0])}`;
  return changedOption(options, await expectedOptions(run));
}

function changedOption(before: LoggedOptions, now: LoggedOptions): string | undefined {
  return changedOptions(before, now)
    .find(({ name }) => !atAnyStep.includes(name) && !teacherOptions.includes(name))?.text;
}

/**
 * All options of a run in the form of its log, also those that its row leaves out.
 *
 * @throws {UserError} If its command does not take them.
 */
export async function expectedOptions(run: Run): Promise<Record<string, Json>> {
  const args = argumentsOf(run, (name) => name);
  const quiet = () => {};
  switch (run.row.program) {
    case "cifar":
      return toLog(await readCommandLine(cifarCommand, args, quiet));
    case "imagenet":
      return toLog(
        await readCommandLine(imagenetCommand, [...args, "--imagenetpath", "."], quiet),
      );
    case "pytorch":
      // Its options have the names and defaults of deno task cifar, but for this one.
      return {
        ...toLog(await readCommandLine(cifarCommand, [], quiet)),
        variant: "channels_last",
        ...optionsOf(run),
        teacher_id: run.teacher ?? run.row.pretrained ?? null,
      };
  }
}

/** The program that logs such options: each has one that the others lack. */
function programThatLogs(logged: LoggedOptions): Program | undefined {
  if (Object.hasOwn(logged, "variant")) return "pytorch";
  if (Object.hasOwn(logged, "imagenetpath")) return "imagenet";
  return Object.hasOwn(logged, "recipe") ? "cifar" : undefined;
}

/** The last part of a path: a run may be moved. */
function nameIn(path: string | undefined): string {
  return path?.split(/[/\\]/).findLast((part) => part !== "") ?? "(none)";
}

/** Options that change results and stand in the command of a result alone. */
const inCommand = [...teacherOptions, "init", "finetune", "max_steps", "model", "teacher_model"];

/** The program and the options `inCommand` of a command. */
function partsOf(command: string): Map<string, string> {
  const program = command.match(/^deno task (\w+)/)?.[1] ?? "pytorch";
  const values = inCommand.map(flagName).map((flag): [string, string] => {
    const found = command.match(new RegExp(` ${flag}(?: ('[^']*'|(?!--)\\S+))?(?= |$)`));
    const value = found?.[1]?.replaceAll("'", "").replaceAll("\\", "/");
    return [flag, found ? value ?? "" : "(none)"];
  });
  return new Map([["the program", program], ...values]);
}
