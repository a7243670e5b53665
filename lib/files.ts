/**
 * Writes files whole or not at all, and says why a file cannot be used.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { UserError } from "./errors.ts";

/** The folder beside a file in which its next contents are prepared; there only while that is done. */
export function temporaryFolder(path: string): string {
  return `${path}.partial`;
}

/**
 * Writes a file beside its place, flushes it to the disk, and moves it there; then flushes its folder,
 * so that the name is on the disk too.
 *
 * @throws {UserError} where that fails; what was there before is still there.
 */
export async function writeWhole(path: string, data: Uint8Array): Promise<void> {
  const folder = temporaryFolder(path);
  const temporary = join(folder, crypto.randomUUID());
  try {
    using file = await openIn(folder, temporary);
    await writeAll(file, data);
    await Deno.rename(temporary, path);
    await flushFolder(dirname(path));
  } catch (error) {
    await Deno.remove(temporary).catch(() => {}); // what matters is the first failure
    throw new UserError(`Cannot write ${path}: ${whyNot(error)}`);
  } finally {
    await Deno.remove(folder).catch(() => {}); // another may be writing the same file
  }
}

/** Writes all of the data where the file stands, and flushes it to the disk. */
export async function writeAll(file: Deno.FsFile, data: Uint8Array): Promise<void> {
  for (let written = 0; written < data.byteLength;) {
    written += await file.write(data.subarray(written));
  }
  await file.syncData();
}

/**
 * Sees that {@linkcode writeWhole} can write a file; leaves nothing there.
 *
 * @throws {Error} where it cannot.
 */
export async function checkWritable(path: string): Promise<void> {
  const folder = temporaryFolder(path);
  const temporary = join(folder, crypto.randomUUID());
  (await openIn(folder, temporary)).close();
  await Deno.remove(temporary);
  await Deno.remove(folder).catch(() => {}); // another may be writing the same file
}

/** Opens a new file in a folder, which is made, and which others remove whenever it is empty. */
async function openIn(folder: string, path: string): Promise<Deno.FsFile> {
  for (let tries = 100;; tries--) {
    await Deno.mkdir(folder).catch((error) => {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    });
    try {
      return await Deno.open(path, { write: true, createNew: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound) || tries === 0) throw error;
    }
  }
}

/** Writes the names in a folder to the disk, where the platform and the file system can do that. */
async function flushFolder(path: string): Promise<void> {
  try {
    using folder = await Deno.open(path);
    await folder.sync();
  } catch {
    // Windows opens no folders, and some network file systems flush none.
  }
}

/** Removes what {@linkcode writeWhole} left in a folder when its process was killed. */
export async function removeLeftovers(folder: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory || !name.endsWith(temporaryFolder(""))) continue;
    await Deno.remove(join(folder, name), { recursive: true });
  }
}

/** Why a file could not be used, in a few words: `no such file or folder`. */
export function whyNot(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file or folder";
  if (error instanceof Deno.errors.NotCapable) return "this program was given no permission for it";
  const message = error instanceof Error ? error.message : String(error);
  // Deno adds what it was doing: "Permission denied (os error 13): open '/x/y'".
  return message.replace(/ \(os error \d+\).*$/s, "").replace(
    /^[A-Z](?=[a-z])/,
    (letter) => letter.toLowerCase(),
  );
}

/** Whether there is a file or a folder of that name; one that may not be looked at counts as there. */
export async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, (error) => error instanceof Deno.errors.NotCapable);
}
