/**
 * The folders that the tasks write to, as `deno task doctor` sees them.
 *
 * @module
 */
import { statfs } from "node:fs/promises";
import { dirname, resolve } from "@std/path";
import { checkFolderWritable, exists } from "../../lib/files.ts";

/** A folder that the tasks write to. */
export interface FolderFacts {
  path: string;
  exists: boolean;
  /** Bytes that are free there; null where the system does not tell. */
  free: number | null;
  /** Whether a file could be written; a folder that is not there was made and removed again. */
  writable: boolean;
}

/** Looks at a folder, and leaves it as it was. */
export async function examineFolder(folder: string): Promise<FolderFacts> {
  const path = resolve(folder);
  const lowest = await lowestThatIs(path);
  return {
    path,
    exists: lowest === path,
    free: await statfs(lowest).then(({ bavail, bsize }) => bavail * bsize, () => null),
    writable: await checkFolderWritable(path).then(() => true, () => false),
  };
}

/** The folder, or the nearest one around it that is there. */
async function lowestThatIs(path: string): Promise<string> {
  const parent = dirname(path);
  return parent === path || await exists(path) ? path : await lowestThatIs(parent);
}
