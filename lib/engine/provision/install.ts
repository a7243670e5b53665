/**
 * Installs pinned packages into a folder: whole or not at all, and once however many processes ask.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { UserError } from "../../errors.ts";
import { explain } from "./explain.ts";
import { isFile, removeIfThere } from "./files.ts";
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
  landmark: string;
  /** Whether Python's own library is to be copied to the folder. */
  withPythonLibrary: boolean;
  log: Log;
}

// The system drops a lock with the process that holds it, however that ends.
async function lock(path: string, onWait: () => void): Promise<Deno.FsFile> {
  const file = await Deno.open(path, { create: true, write: true });
  if (!(await file.tryLock(true))) {
    onWait();
    await file.lock(true);
  }
  return file;
}

async function installInto(partial: string, wanted: Installation): Promise<void> {
  const { pins, flags, keep, folder, landmark, log } = wanted;
  const python = await findPython();
  log(`Fetching ${wanted.what}, about ${wanted.megabytes} MB`);
  await fetchWheels(python, pins, flags, partial, log);
  await unpackWheels(python, partial, keep, log);
  if (wanted.withPythonLibrary) await copyPythonLibrary(python, partial, log);
  const files = join(partial, "files");
  if (!isFile(join(files, landmark))) throw new Error(`The packages hold no ${landmark}`);
  // What may be there lacks its landmark, so that it was damaged later.
  await removeIfThere(folder);
  await Deno.rename(files, folder);
}

async function installOnce(wanted: Installation): Promise<boolean> {
  const finished = (): boolean => isFile(join(wanted.folder, wanted.landmark));
  if (finished()) return false;
  const cache = dirname(wanted.folder);
  await Deno.mkdir(cache, { recursive: true });
  using _lock = await lock(
    join(cache, "libtensorflow.lock"),
    () => wanted.log(`Another process is installing into ${cache}; waiting for it`),
  );
  if (finished()) return false;
  // Whatever is in here was left by a process that died, for this one holds the lock. pip may
  // outlive a killed parent for a moment and still write, and then the next run removes the rest.
  const workshop = join(cache, "libtensorflow.partial");
  await removeIfThere(workshop).catch(() => {});
  await Deno.mkdir(workshop, { recursive: true });
  try {
    await installInto(await Deno.makeTempDir({ dir: workshop }), wanted);
  } finally {
    await removeIfThere(workshop).catch(() => {});
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
  if (error instanceof Error && "code" in error) return explain([error.message]);
  return undefined;
}

/**
 * Makes sure that the finished folder is there.
 *
 * @returns Whether this call installed it; `false` where it was there, or another process was faster.
 * @throws {UserError} Where Python, pip, the network or the disk fails.
 */
export async function install(wanted: Installation): Promise<boolean> {
  try {
    return await installOnce(wanted);
  } catch (error) {
    const known = causeAndAdvice(error);
    if (!known) throw error;
    const others = `set ${libraryVariable} to a library you have, or use --engine cpu`;
    const ways = known.advice ? `${known.advice}; or ${others}` : `or ${others}`;
    throw new UserError(`Cannot install ${wanted.what}: ${known.reason}; ${ways}`);
  }
}
