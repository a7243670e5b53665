/**
 * Writes a folder whole or not at all.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { UserError } from "../../lib/errors.ts";
import { exists, inMadeFolder } from "../../lib/files.ts";

/** The contents of files, by their paths in the folder. */
export type FolderFiles = ReadonlyMap<string, Uint8Array>;

/**
 * Makes a new folder beside `out`, and puts it in its place once all files are there.
 *
 * @param fill Gives the files; it may write others into the new folder itself. Without files, `out`
 * stays as it is.
 * @returns The files.
 */
export async function replaceFolder(
  out: string,
  fill: (fresh: string) => FolderFiles | undefined | Promise<FolderFiles | undefined>,
): Promise<FolderFiles | undefined> {
  const parent = dirname(join(out, "."));
  return await inMadeFolder(parent, async () => {
    const fresh = await Deno.makeTempDir({ dir: parent, prefix: ".new-" });
    try {
      const files = await fill(fresh);
      if (files === undefined) return undefined;
      for (const [path, bytes] of files) {
        await Deno.mkdir(dirname(join(fresh, path)), { recursive: true });
        await Deno.writeFile(join(fresh, path), bytes);
      }
      await Deno.chmod(fresh, 0o755).catch(() => {}); // not on Windows
      await Deno.remove(out, { recursive: true }).catch(ignoreMissing);
      await Deno.rename(fresh, out);
      return files;
    } finally {
      await Deno.remove(fresh, { recursive: true }).catch(ignoreMissing); // it may have been renamed
    }
  });
}

/**
 * Checks that a folder does not exist, or holds what an earlier call wrote.
 *
 * @param what What is written, such as `site`.
 * @param of Whose it is.
 * @param isOurs Looks into the folder. Where it fails, the folder holds something else.
 * @throws {UserError} If it holds something else.
 */
export async function checkIsOurs(
  out: string,
  { what, of }: { what: string; of: string },
  isOurs: () => Promise<boolean>,
): Promise<void> {
  if (!await exists(out) || await isOurs().catch(() => false)) return;
  throw new UserError(
    `Cannot write the ${what} to ${out}: it exists and holds no ${what} of ${of}; choose another ` +
      "folder with --out",
    { code: "not-writable" },
  );
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
