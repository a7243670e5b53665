/**
 * Writes the page into a folder.
 *
 * @module
 */
import { join } from "@std/path";
import { UserError } from "../../lib/errors.ts";
import { cannotWrite, writeWhole } from "../../lib/files.ts";
import { isOfPage, pageFile, type PageFiles } from "./files.ts";
import { programFile } from "./html.ts";

/**
 * Checks that a folder holds nothing but, perhaps, an earlier page or a part of one.
 *
 * @throws {UserError} If it holds something else, or cannot be read.
 */
export async function checkFolder(folder: string): Promise<void> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) names.push(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw cannotWrite(`the page into ${folder}`, error);
  }
  const isFree = names.length === 0 ||
    names.includes(programFile) && (names.includes(pageFile) || names.every(isOfPage));
  if (isFree) return;
  throw new UserError(
    `Cannot write the page into ${folder}: it holds ${names.sort()[0]}, which is not of such a ` +
      "page; name another folder with --out",
    { code: "not-writable" },
  );
}

/**
 * Writes the files of the page. An earlier page goes first and the new one comes last, so a folder
 * with a page is whole.
 *
 * @throws {UserError} If that fails.
 */
export async function writeFiles(folder: string, files: PageFiles): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true });
    await Deno.remove(join(folder, pageFile)).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  } catch (error) {
    throw cannotWrite(`the page into ${folder}`, error);
  }
  for (const [name, bytes] of files) await writeWhole(join(folder, name), bytes);
}
