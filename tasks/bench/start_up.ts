/**
 * The time from a command to its first finished step, ours and PyTorch's.
 *
 * @module
 */
import { cifarFolder } from "./epoch.ts";
import { ours, type Program, timeInTurns, type Times } from "./in_turns.ts";
import { ourStartUp, pytorchStartUp } from "./start_up_timing.ts";
import { type Bench, fastestTable, pytorchName, timesTable } from "./context.ts";

/** Times the start of `deno task cifar` and of PyTorch's programs, in turns, with caches that are warm. */
export async function timeStartUp({ options, pytorch, rounds }: Bench): Promise<Times> {
  console.error("timing the start");
  const folder = await cifarFolder(undefined);
  const programs: Record<string, Program> = { [ours]: ourStartUp(options) };
  for (const variant of pytorch?.variants ?? []) {
    programs[pytorchName(variant)] = pytorchStartUp({ ...options, variant, folder });
  }
  const times = await timeInTurns(programs, Math.ceil(rounds / 2), 1);
  const what = `start, ${options.precision}`;
  const results = { "command to first step of WRN-16-1": times };
  console.log(`\n${timesTable(what, results, { unit: "s", scale: 1e-3 })}`);
  const fastest = fastestTable(what, results);
  if (fastest !== undefined) console.log(`\n${fastest}`);
  return times;
}
