/**
 * Small file system helpers.
 *
 * @module
 */

import { UserError } from "../errors.ts";
import { codeOf, isOfTheSystem, whyNot } from "../files.ts";

/** Errors that mean that a file does not exist. The last one means that a link leads to itself. */
const absences = [Deno.errors.NotFound, Deno.errors.NotADirectory, Deno.errors.FilesystemLoop];

/**
 * True if there is a file at `path`.
 *
 * @throws {UserError} If this cannot be found out.
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

/** Removes `path` and its contents, if it exists. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
