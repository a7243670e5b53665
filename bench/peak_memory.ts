/**
 * The peak resident memory of each program of the benchmark, alone in a process of its own; on Linux.
 *
 * @module
 */
import { fromFileUrl } from "@std/path";
import { UserError } from "../lib/errors.ts";
import type { Case } from "./cases.ts";
import { type PyTorchOptions, startPyTorch } from "./pytorch.ts";

/** The steps after which the peak is read: all that is allocated once has been by then. */
export const peakMemorySteps = 4;

/** The peak resident memory of this process so far. */
export async function ownPeakBytes(): Promise<number> {
  const status = await Deno.readTextFile("/proc/self/status");
  return Number(status.match(/VmHWM:\s+(\d+) kB/)?.[1]) * 1024;
}

/** What our half took of a step: starts the benchmark once more, with these arguments, to tell. */
export async function ourPeakBytes(args: readonly string[]): Promise<number> {
  const launcher = fromFileUrl(new URL("../tasks/launch.ts", import.meta.url));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--quiet", launcher, "bench", ...args],
  }).output();
  if (success) return Number(new TextDecoder().decode(stdout));
  const why = new TextDecoder().decode(stderr).trim().split("\n").at(-1);
  throw new UserError(`Cannot measure our memory: ${why}`);
}

/** What PyTorch took of a step. */
export async function pytorchPeakBytes(
  shape: Case,
  variant: string,
  options: PyTorchOptions,
): Promise<number> {
  const pytorch = await startPyTorch(options);
  if (!pytorch) throw new UserError("Cannot measure PyTorch's memory: it does not start any more");
  await pytorch.times(shape, variant, peakMemorySteps);
  const peak = await pytorch.peakBytes();
  await pytorch.close();
  return peak;
}
