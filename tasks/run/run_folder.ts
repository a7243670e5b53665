/**
 * Checks a run's folder and locks it against other runs.
 *
 * @module
 */
import { join } from "@std/path";
import { UserError } from "../../lib/errors.ts";
import {
  checkFolderWritable,
  checkIsOwnFile,
  inMadeFolder,
  lacksLocks,
  lockFile,
  saysNothingIsThere,
  whyNot,
} from "../../lib/files.ts";
import { stepsKept } from "../../lib/train/checkpoint_folder.ts";
import { shellWord } from "../cli/shell.ts";

/**
 * Checks that the run folder is writable and holds no other run's results. Leaves nothing behind.
 *
 * @throws {UserError} If it is not writable, or holds another run's results.
 */
export async function checkRunFolder(folder: string, resumed: boolean): Promise<void> {
  if (!resumed) await refuseResults(folder);
  await checkFolderWritable(folder).catch((error) => {
    throw cannotWriteRunFolder(folder, error);
  });
}

/**
 * Makes the run folder and locks it, until the result is disposed of or the process ends.
 *
 * @throws {UserError} If another process has locked it, or it holds another run's results by now.
 */
export async function holdRunFolder(folder: string, resumed: boolean): Promise<Disposable> {
  using held = new DisposableStack();
  try {
    held.use(await inMadeFolder(folder, () => lockRun(folder)));
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (!lacksLocks(error)) throw cannotWriteRunFolder(folder, error);
    const why = whyNot(error);
    console.error(
      `note: ${folder} cannot be locked (${why}): see to it that no other run writes there`,
    );
  }
  if (!resumed) await refuseResults(folder);
  return held.move();
}

async function lockRun(folder: string): Promise<Deno.FsFile> {
  const path = join(folder, ".lock");
  await checkIsOwnFile(path).catch((error) => {
    throw new UserError(`Cannot lock the run folder: ${path} ${whyNot(error)}; remove it`);
  });
  return await lockFile(path, () => {
    throw new UserError(
      `Cannot train in ${folder}: another process is training there; wait until it ends, or choose ` +
        "another folder with --save",
    );
  });
}

function cannotWriteRunFolder(folder: string, error: unknown): UserError {
  return new UserError(
    `Cannot write to the run folder ${folder}: ${whyNot(error)}; choose another with --save`,
  );
}

async function refuseResults(folder: string): Promise<void> {
  if (!await holdsResults(folder)) return;
  throw new UserError(
    `Cannot start a run in ${folder}: it holds the results of another; choose another folder with ` +
      `--save, or go on with --resume ${shellWord(folder)}`,
  );
}

/**
 * True if the folder holds a checkpoint or parameters, which a new run would overwrite.
 *
 * @throws {UserError} If this cannot be determined.
 */
async function holdsResults(folder: string): Promise<boolean> {
  const student = await Deno.lstat(join(folder, "model.safetensors")).catch((error) => {
    if (saysNothingIsThere(error)) return undefined;
    throw cannotWriteRunFolder(folder, error);
  });
  return student !== undefined || (await stepsKept(folder)).some(Boolean);
}
