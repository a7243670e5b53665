/**
 * Small questions and orders to the file system.
 *
 * @module
 */

import { UserError } from "../errors.ts";
import { codeOf, isOfTheSystem, whyNot } from "../files.ts";

/** What says that there is no file: the last of these, that a link leads to itself. */
const absences = [Deno.errors.NotFound, Deno.errors.NotADirectory, Deno.errors.FilesystemLoop];

/**
 * Whether there is a file at `path`.
 *
 * @throws {UserError} If that cannot be seen.
 */
export function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (absences.some((absence) => error instanceof absence)) return false;
    const isRefused = error instanceof Deno.errors.NotCapable;
    if (isRefused && !isOfTheSystem(error)) throw error;
    throw new UserError(`Cannot look for ${path}: ${whyNot(error)}`, {
      code: codeOf(error, "not-readable"),
    });
  }
}

/** Removes `path` with all that is in it; nothing happens where nothing is there. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
