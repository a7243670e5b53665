/**
 * Installs pinned packages into a folder: whole or not at all, and once however many processes ask.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { UserError } from "../errors.ts";
import { lockFile } from "../files.ts";
import { explain } from "./explain.ts";
import { isFile, removeIfThere } from "./files.ts";
import { changedFiles, type Damage, verifyFiles, writeManifest } from "./integrity.ts";
import {
  copyPythonLibrary,
  fetchWheels,
  findPython,
  type Log,
  PipError,
  unpackWheels,
} from "./pip.ts";
import { libraryVariable, type Pin } from "./platform.ts";

/** What to install, and where. */
export interface Installation {
  /** What is installed, in words, for errors. */
  what: string;
  /** The size of the download in megabytes. */
  megabytes: number;
  pins: readonly Pin[];
  /** pip's flags that choose among the wheels of a version. */
  flags: readonly string[];
  /** The files of the wheels to keep. */
  keep: RegExp;
  /** The finished folder; files are prepared beside it. */
  folder: string;
  /** A file that the finished folder has, relative to it. */
  markerFile: string;
  /** Whether Python's own library is to be copied to the folder. */
  withPythonLibrary: boolean;
  /** Whether to install even where all is there. */
  anew?: boolean | undefined;
  log: Log;
}

async function installInto(partial: string, wanted: Installation): Promise<void> {
  const { pins, flags, keep, folder, markerFile, log } = wanted;
  const python = await findPython();
  log(`Fetching ${wanted.what}, about ${wanted.megabytes} MB`);
  await fetchWheels(python, pins, flags, partial, log);
  await unpackWheels(python, partial, keep, log);
  if (wanted.withPythonLibrary) await copyPythonLibrary(python, partial, log);
  const files = join(partial, "files");
  if (!isFile(join(files, markerFile))) throw new Error(`The packages hold no ${markerFile}`);
  await checkUnpacked(files, wanted);
  await writeManifest(files);
  // What may be there was damaged later, or is not wanted.
  await removeIfThere(folder);
  await Deno.rename(files, folder);
}

/** What is not right was not read right from the disk either, and would not be right there later. */
async function checkUnpacked(folder: string, { pins, keep, what }: Installation): Promise<void> {
  if (!pins.every(({ record }) => record)) return;
  const [damage] = await verifyFiles({ folder, pins, keep });
  if (damage) {
    throw new UserError(`${tell(damage)} in the package of ${what}; run it again`, {
      code: "not-fetched",
    });
  }
}

/** Whether a finished folder is there, as far as sizes and times of its files tell. */
export function isInstalled(
  { folder, markerFile }: Pick<Installation, "folder" | "markerFile">,
): boolean {
  return isFile(join(folder, markerFile)) && changedFiles(folder)?.length === 0;
}

/** Looks closely at a folder that is there and not as it was left; notes it where it is right. */
async function isRightAfterAll(wanted: Installation): Promise<boolean> {
  const { folder, markerFile, log } = wanted;
  if (!isFile(join(folder, markerFile))) return false;
  const known = changedFiles(folder) !== undefined || wanted.pins.every(({ record }) => record);
  const damages = known ? await verifyFiles(wanted) : [];
  if (known && damages.length === 0) {
    await writeManifest(folder).catch(() => {
      log(
        `note: ${folder} has other file times than when it was installed, and its files are right; ` +
          "that cannot be noted there, so that every start reads them all",
      );
    });
    return true;
  }
  const why = damages[0] ? tell(damages[0]) : "it is not known whether it is whole";
  log(`${folder} is not as it was installed (${why}): downloading it again`);
  return false;
}

function tell({ file, problem }: Damage): string {
  return `${file} ${problem}`;
}

async function lockCache(cache: string, { log }: Installation): Promise<Deno.FsFile> {
  await Deno.mkdir(cache, { recursive: true });
  return await lockFile(
    join(cache, "libtensorflow.lock"),
    () => log(`Another process is installing into ${cache}; waiting for it`),
  );
}

async function installOnce(wanted: Installation): Promise<boolean> {
  if (!wanted.anew && isInstalled(wanted)) return false;
  const cache = dirname(wanted.folder);
  using lock = await lockCache(cache, wanted).catch(async (error) => {
    // A copy of a cache, a part of a system's image: what is right needs no installation.
    if (!wanted.anew && await isRightAfterAll(wanted)) return undefined;
    throw error;
  });
  if (lock === undefined) return false;
  if (!wanted.anew && (isInstalled(wanted) || await isRightAfterAll(wanted))) return false;
  // Whatever is in here was left by a process that died, for this one holds the lock. pip may
  // outlive a killed parent for a moment and still write, and then the next run removes the rest.
  const staging = join(cache, "libtensorflow.partial");
  await removeIfThere(staging).catch(() => {});
  await Deno.mkdir(staging, { recursive: true });
  try {
    await installInto(await Deno.makeTempDir({ dir: staging }), wanted);
  } finally {
    await removeIfThere(staging).catch(() => {});
  }
  return true;
}

function causeAndAdvice(error: unknown): { reason: string; advice?: string } | undefined {
  if (error instanceof UserError) return { reason: error.message };
  if (error instanceof PipError) {
    if (error.signal) return { reason: `pip was ended by ${error.signal}`, advice: "run it again" };
    return explain(error.output);
  }
  // Errors of the file system carry the system's error code.
  if (error instanceof Error && "code" in error) {
    return explain([error.message], "the cache folder cannot be used");
  }
  return undefined;
}

/**
 * Makes sure that the finished folder is there.
 *
 * @returns Whether this call installed it; `false` where it was there, or another process was faster.
 * @throws {UserError} If Python, pip, the network or the disk fails.
 */
export async function install(wanted: Installation): Promise<boolean> {
  try {
    return await installOnce(wanted);
  } catch (error) {
    const known = causeAndAdvice(error);
    if (!known) throw error;
    const others = `set ${libraryVariable} to a library you have, or use --engine cpu`;
    const ways = known.advice ? `${known.advice}; or ${others}` : `or ${others}`;
    throw new UserError(`Cannot install ${wanted.what}: ${known.reason}; ${ways}`, {
      code: "not-fetched",
    });
  }
}
