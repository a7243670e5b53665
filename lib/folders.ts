/**
 * Makes folders, and tells what exists, although other processes make and remove folders meanwhile.
 *
 * @module
 */
import { dirname } from "@std/path";
import { saysNothingIsThere } from "./file_errors.ts";

/**
 * Checks that files can be written in a folder, and leaves everything unchanged. Creates missing
 * folders, and removes them again if still empty.
 *
 * @throws {Error} If they cannot.
 */
export async function checkFolderWritable(path: string): Promise<void> {
  const made: string[] = [];
  try {
    const act = async () => await Deno.remove(await Deno.makeTempFile({ dir: path }));
    await inMadeFolder(path, act, made);
  } finally {
    for (const folder of made.reverse()) await Deno.remove(folder).catch(() => {}); // not empty
  }
}

/**
 * Creates a folder with its parents, and calls `act`. Retries if a {@linkcode checkFolderWritable} in
 * another process removes a folder meanwhile.
 *
 * @param made receives the created folders.
 */
export async function inMadeFolder<T>(
  path: string,
  act: () => Promise<T>,
  made: string[] = [],
): Promise<T> {
  return await despiteRemovals(async () => {
    for (const folder of await missingFolders(path)) {
      if (await makeFolder(folder)) made.push(folder);
    }
    return await act();
  });
}

/** The missing folders of a path, from the top. */
async function missingFolders(path: string): Promise<string[]> {
  const parent = dirname(path);
  return parent === path || await exists(path) ? [] : [...await missingFolders(parent), path];
}

/** Creates a folder; returns false if the name exists. */
export async function makeFolder(path: string): Promise<boolean> {
  return await Deno.mkdir(path).then(() => true, (error) => {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  });
}

/** Retries `act` if another process removes its new, still empty folder. */
export async function despiteRemovals<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 100;; tries--) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound) || tries === 0) throw error;
    }
  }
}

/**
 * True if a file or folder exists. Counts as existing if this cannot be found out, because of
 * permissions or disk errors.
 */
export async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, (error) => !saysNothingIsThere(error));
}

/** Like {@linkcode exists}. */
export function existsSync(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    return !saysNothingIsThere(error);
  }
}
