/**
 * Writes files whole or not at all.
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
    throw new UserError(`Cannot write ${path}: ${(error as Error).message}`);
  }
}
