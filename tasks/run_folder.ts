/**
 * The folder of a run, before it starts.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { UserError } from "../lib/errors.ts";
import { exists, whyNot } from "../lib/files.ts";
import { stepsKept } from "../lib/training/checkpoint.ts";

/**
 * Sees that the run folder can be written and that no other run is lost; leaves nothing there yet.
 *
 * @throws {UserError} where it cannot be written, or holds another run's results.
 */
export async function checkRunFolder(folder: string, resumed: boolean): Promise<void> {
  if (!resumed && await holdsResults(folder)) {
    throw new UserError(
      `Cannot start a run in ${folder}: it holds the results of another; choose another folder with ` +
        `--save, or go on with --resume ${folder}`,
    );
  }
  const made = await firstMissing(folder);
  try {
    await Deno.mkdir(folder, { recursive: true });
    await Deno.remove(await Deno.makeTempFile({ dir: folder }));
  } catch (error) {
    throw new UserError(
      `Cannot write to the run folder ${folder}: ${whyNot(error)}; choose another with --save`,
    );
  }
  if (made !== undefined) await Deno.remove(made, { recursive: true });
}

/** The highest of the folders on a path that are not there; undefined where all are. */
async function firstMissing(path: string): Promise<string | undefined> {
  if (await exists(path)) return undefined;
  return await firstMissing(dirname(path)) ?? path;
}

/** Whether there is what a new run would take the place of; a run that came nowhere is none. */
async function holdsResults(folder: string): Promise<boolean> {
  return await exists(join(folder, "model.safetensors")) || (await stepsKept(folder)).some(Boolean);
}
