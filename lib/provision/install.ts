/**
 * Installs pinned packages into a folder: completely or not at all, and only once at a time.
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
  /** The name of the installation, for errors. */
  what: string;
  /** The size of the download in megabytes. */
  megabytes: number;
  pins: readonly Pin[];
  /** pip's flags that select among the wheels of a version. */
  flags: readonly string[];
  /** Matches the files of the wheels to keep. */
  keep: RegExp;
  /** The finished folder. Files are prepared next to it. */
  folder: string;
  /** A file of the finished folder, relative to it. */
  markerFile: string;
  /** True to copy Python's own library to the folder. */
  withPythonLibrary: boolean;
  /** True to install even if everything is there. */
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
  // A folder that exists here is damaged or not wanted.
  await removeIfThere(folder);
  await Deno.rename(files, folder);
}

/** A file that is wrong now was read wrongly from disk, and would stay wrong. */
async function checkUnpacked(folder: string, { pins, keep, what }: Installation): Promise<void> {
  if (!pins.every(({ record }) => record)) return;
  const [damage] = await verifyFiles({ folder, pins, keep });
  if (damage) {
    throw new UserError(`${tell(damage)} in the package of ${what}; run it again`, {
      code: "not-fetched",
    });
  }
}

/** True if the finished folder exists and the sizes and times of its files are unchanged. */
export function isInstalled(
  { folder, markerFile }: Pick<Installation, "folder" | "markerFile">,
): boolean {
  return isFile(join(folder, markerFile)) && changedFiles(folder)?.length === 0;
}

/** Verifies a changed folder, and records it as unchanged if all of its files are right. */
async function isRightAfterAll(wanted: Installation): Promise<boolean> {
  const { folder, markerFile, log } = wanted;
  if (!isFile(join(folder, markerFile))) return false;
  const known = changedFiles(folder) !== undefined || wanted.pins.every(({ record }) => record);
  const damages = known ? await verifyFiles(wanted) : [];
  if (known && damages.length === 0) {
    await writeManifest(folder).catch(() => {
      log(
        `note: ${folder} has other file times than when it was installed. Its files are right, but ` +
          "that cannot be noted there, so every start checks all of them again",
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
  const lock = await lockCache(cache, wanted).catch(async (error) => {
    // The cache may be a read-only copy, such as in a system image. If it is right, no lock is needed.
    if (!wanted.anew && await isRightAfterAll(wanted)) return undefined;
    throw error;
  });
  if (lock === undefined) return false;
  try {
    return await installLocked(wanted, cache);
  } finally {
    lock.close();
  }
}

/** Installs, if no other process just has, while this one holds the lock. */
async function installLocked(wanted: Installation, cache: string): Promise<boolean> {
  if (!wanted.anew && (isInstalled(wanted) || await isRightAfterAll(wanted))) return false;
  // This process holds the lock, so files here are from a killed process. Its pip may survive for a
  // moment and still write; then the next run removes the rest.
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
  // File system errors have the system's error code.
  if (error instanceof Error && "code" in error) {
    return explain([error.message], "the cache folder cannot be used");
  }
  return undefined;
}

/**
 * Makes sure that the finished folder exists.
 *
 * @returns true if this call installed it; false if it existed, or another process installed it.
 * @throws {UserError} If Python, pip, the network or the disk fails.
 */
export async function install(wanted: Installation): Promise<boolean> {
  try {
    return await installOnce(wanted);
  } catch (error) {
    const known = causeAndAdvice(error);
    if (!known) throw error;
    const others = `set ${libraryVariable} to a library you have, or use tfjs's backend "wasm"`;
    const ways = known.advice ? `${known.advice}; or ${others}` : `or ${others}`;
    throw new UserError(`Cannot install ${wanted.what}: ${known.reason}; ${ways}`, {
      code: "not-fetched",
    });
  }
}
