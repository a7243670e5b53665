/**
 * Checkpoints: everything a run needs to continue exactly where it stopped. They do not store random
 * numbers or the schedule, because these follow from the options (with the seed) and the position.
 *
 * @module
 */
import { basename, dirname } from "@std/path";
import { UserError } from "../errors.ts";
import {
  cannotWrite,
  checkIsOwnFolder,
  exists,
  readFile,
  removeLeftovers,
  whyNot,
  writeWhole,
} from "../files.ts";
import {
  type Checkpoint,
  type CheckpointContent,
  formatCheckpoint,
  OtherFormatError,
  parseCheckpoint,
  shapesOf,
  stateOf,
  type Versions,
} from "./checkpoint_file.ts";
import { checkpointPath, folderOf, stepsKept } from "./checkpoint_folder.ts";
import type { Json } from "../json.ts";

export {
  checkFinite,
  type Checkpoint,
  type Elapsed,
  type Versions,
  versionsOf,
} from "./checkpoint_file.ts";
export { checkpointPath, stepsKept } from "./checkpoint_folder.ts";

/** A loaded checkpoint. */
export interface LoadedCheckpoint extends Omit<Checkpoint, "engine"> {
  path: string;
  /** The versions that wrote it. */
  versions: Versions;
  /** Newer checkpoints that were skipped because they are damaged, and what is wrong with each. */
  damaged: readonly string[];
}

/**
 * Writes `checkpoint/checkpoint-STEPS.safetensors` in the run's folder, completely or not at all. Then
 * removes the oldest checkpoints.
 *
 * @param options keep: the number of checkpoints to keep, including this one; at least 1. Default 2.
 * @returns the path of the file.
 * @throws {UserError} If it cannot be written, or a tensor is not finite. Older checkpoints remain.
 */
export async function saveCheckpoint(
  run: string,
  checkpoint: Checkpoint,
  { keep = 2 }: { keep?: number } = {},
): Promise<string> {
  const bytes = await formatCheckpoint(checkpoint);
  const { steps } = checkpoint.position;
  const path = checkpointPath(run, steps);
  try {
    await checkIsOwnFolder(folderOf(run));
    await Deno.mkdir(folderOf(run), { recursive: true });
    await removeLeftovers(folderOf(run));
  } catch (error) {
    throw cannotWrite(`in ${folderOf(run)}`, error);
  }
  await writeWhole(path, bytes);
  // Ignore checkpoints of later steps: this run did not continue from them, so they are damaged.
  const older = (await stepsKept(run)).filter((kept) => kept < steps).slice(keep - 1);
  // Failing to remove one does no harm.
  for (const kept of older) await Deno.remove(checkpointPath(run, kept)).catch(() => {});
  return path;
}

/**
 * Reads the newest undamaged checkpoint of a run.
 *
 * @throws {UserError} If there is none, or another version of the library wrote it.
 */
export async function loadCheckpoint(run: string): Promise<LoadedCheckpoint> {
  return await newestWhole(run, ({ tensors, ...content }) => ({
    ...content,
    state: stateOf({ tensors }),
  }));
}

/** Only the options of the checkpoint that {@link loadCheckpoint} reads. Needs no engine. */
export async function checkpointOptions(run: string): Promise<Record<string, Json>> {
  return (await newestWhole(run, ({ options }) => ({ options }))).options;
}

/** Only the parameter shapes of that checkpoint. Needs no engine. */
export async function checkpointShapes(run: string): Promise<Record<string, { shape: number[] }>> {
  return (await newestWhole(run, (content) => ({ shapes: shapesOf(content) }))).shapes;
}

async function newestWhole<T>(
  run: string,
  read: (content: CheckpointContent) => T,
): Promise<T & Pick<LoadedCheckpoint, "path" | "damaged">> {
  await refuseFile(run);
  const damaged: string[] = [];
  for (const steps of await stepsKept(run)) {
    const path = checkpointPath(run, steps);
    try {
      return { ...read(await parseCheckpoint(await readBytes(path))), path, damaged };
    } catch (error) {
      if (error instanceof OtherFormatError) {
        throw new UserError(`Cannot resume from ${path}: ${error.message} of this library`, {
          code: "does-not-fit",
        });
      }
      if (!(error instanceof SyntaxError)) throw error;
      damaged.push(`${path}: ${error.message}`);
    }
  }
  const why = damaged.length > 0
    ? `all of its checkpoints are damaged: ${damaged.join("; ")}`
    : await exists(run)
    ? `there is no checkpoint in ${folderOf(run)}; start a new run`
    : `there is no folder ${run}; name a run folder`;
  throw new UserError(`Cannot resume ${run}: ${why}`, {
    code: damaged.length > 0 ? "not-readable" : "not-found",
  });
}

/** A run is given by its folder, not by its parameter file or one of its checkpoints. */
async function refuseFile(run: string): Promise<void> {
  const found = await Deno.stat(run).catch(() => undefined);
  if (!found?.isFile) return;
  const folder = dirname(run);
  const own = basename(folder) === "checkpoint" ? dirname(folder) : folder;
  throw new UserError(
    `Cannot resume ${run}: it is a file, and --resume takes the folder of a run; give --resume ` +
      `${own}, or start a new run from parameters with --init`,
    { code: "does-not-fit" },
  );
}

/** Treats a file that the disk cannot read as damaged. */
async function readBytes(path: string): Promise<Uint8Array> {
  return await readFile(path).catch((error) => {
    throw new SyntaxError(whyNot(error), { cause: error });
  });
}
