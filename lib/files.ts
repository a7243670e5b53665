/**
 * Writes files whole or not at all, and says why a file cannot be used.
 *
 * @module
 */
import { UserError } from "./errors.ts";

/**
 * Writes a file beside its place, flushes it to the disk, and moves it there.
 *
 * @throws {UserError} where that fails; what was there before is still there.
 */
export async function writeWhole(path: string, data: Uint8Array): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    using file = await Deno.open(temporary, { write: true, createNew: true });
    for (let written = 0; written < data.byteLength;) {
      written += await file.write(data.subarray(written));
    }
    await file.syncData();
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {}); // what matters is the first failure
    throw new UserError(`Cannot write ${path}: ${whyNot(error)}`);
  }
}

/** Why a file could not be used, in a few words: `no such file or folder`. */
export function whyNot(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file or folder";
  const message = error instanceof Error ? error.message : String(error);
  // Deno adds what it was doing: "Permission denied (os error 13): open '/x/y'".
  return message.replace(/ \(os error \d+\).*$/s, "").replace(
    /^[A-Z](?=[a-z])/,
    (letter) => letter.toLowerCase(),
  );
}

/** Whether there is a file or a folder of that name. */
export async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
