/**
 * The time from a command to its first finished training step, ours and PyTorch's.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";
import { UserError } from "../../lib/errors.ts";
import { readLines } from "../cli/read_lines.ts";
import { lastLineOf, pythonProgram } from "./child.ts";
import { type Bench, printTimes, pytorchName, seconds } from "./context.ts";
import { cifarFolder } from "./epoch.ts";
import { ours, type Program, repeated, timeInTurns, type Times } from "./in_turns.ts";
import type { BenchOptions } from "./options.ts";

/** Times the start of `deno task cifar` and of PyTorch's programs, in turns, with warm caches. */
export async function timeStartUp({ options, pytorch, rounds }: Bench): Promise<Times> {
  console.error("timing the start");
  const folder = await cifarFolder(undefined);
  const programs: Record<string, Program> = { [ours]: ourStartUp(options) };
  for (const variant of pytorch?.variants ?? []) {
    programs[pytorchName(variant)] = pytorchStartUp(options, variant, folder);
  }
  const times = await timeInTurns(programs, Math.ceil(rounds / 2), 1);
  const results = { "command to first step of WRN-16-1": times };
  printTimes(`start, ${options.precision}`, results, seconds);
  return times;
}

/**
 * `deno task cifar` on the sample, from its start to the end of its first step, which `--log-steps`
 * then writes down.
 */
export function ourStartUp(
  { precision, threads }: Pick<BenchOptions, "precision" | "threads">,
): Program {
  const config = fromFileUrl(new URL("../../deno.json", import.meta.url));
  const task = ["task", "--quiet", "--config", config, "cifar"];
  const run = ["--dataset", "CIFAR10-sample", "--max-steps", "1", "--log-steps"];
  const flags = [...run, "--precision", precision, "--threads", String(threads)];
  return repeated(async () => {
    const folder = await Deno.makeTempDir();
    try {
      const start = Date.now();
      const { success, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [...task, ...flags, "--save", folder],
      }).output();
      if (!success) throw new UserError(`Cannot time our start: ${lastLineOf(stderr)}`);
      const { mtime } = await Deno.stat(join(folder, "steps.txt"));
      return mtime!.getTime() - start;
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/**
 * tasks/bench/pytorch_start_up.py, from its start to the line that it prints after its first step.
 *
 * @param folder of the images.
 */
function pytorchStartUp(
  { python, precision, threads }: BenchOptions,
  variant: string,
  folder: string,
): Program {
  const program = pythonProgram("pytorch_start_up.py");
  const how = ["--variant", variant, "--precision", precision, "--threads", String(threads)];
  return repeated(async () => {
    const start = performance.now();
    const child = new Deno.Command(python, {
      args: [program, folder, ...how],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const { done } = await readLines(child.stdout)[Symbol.asyncIterator]().next();
    const time = performance.now() - start;
    await child.status;
    if (done) throw new UserError(`Cannot time PyTorch's start: it made no step (${variant})`);
    return time;
  });
}
