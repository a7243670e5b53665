/**
 * Lists a folder, with one rule for hidden files, links, pipes and unreadable names.
 *
 * @module
 */
import { join } from "@std/path";
import { whyNot } from "../files.ts";
import { byCodePoint } from "./code_points.ts";

/** A folder cannot be read. The message is a few words, such as `permission denied`. */
export class UnreadableFolderError extends Error {
  /** Always `"UnreadableFolderError"`. */
  override name = "UnreadableFolderError";
  /** The path of the folder. */
  readonly path: string;

  /** Creates the error for a folder's path and the system's error. */
  constructor(path: string, cause: unknown) {
    super(whyNot(cause), { cause });
    this.path = path;
  }
}

/** The names in a folder, sorted by code points. */
export interface FolderNames {
  /** Files, links to files, and broken links; no pipes. */
  files: string[];
  folders: string[];
  /** Links to folders. */
  links: string[];
  /** Files that cannot be opened because their names are not UTF-8. U+FFFD marks invalid bytes. */
  unnameableFiles: string[];
  /** Folders and links with such names. */
  unnameableFolders: string[];
}

/**
 * Lists a folder. Leaves out names that begin with a dot.
 *
 * @throws {UnreadableFolderError} If it cannot be read.
 */
export async function readFolder(folder: string): Promise<FolderNames> {
  const names: FolderNames = {
    files: [],
    folders: [],
    links: [],
    unnameableFiles: [],
    unnameableFolders: [],
  };
  try {
    for await (const { name, isDirectory, isFile, isSymlink } of Deno.readDir(folder)) {
      if (name.startsWith(".")) continue;
      const path = join(folder, name);
      if (name.includes("\ufffd") && !await canBeNamed(path)) {
        (isFile ? names.unnameableFiles : names.unnameableFolders).push(name);
      } else if (isDirectory) names.folders.push(name);
      else if (isSymlink && await leadsToFolder(path)) names.links.push(name);
      else if (isFile || isSymlink) names.files.push(name); // not a pipe
    }
  } catch (error) {
    throw new UnreadableFolderError(folder, error);
  }
  for (const kind of Object.values(names)) kind.sort(byCodePoint);
  return names;
}

/** Deno replaces bytes that are not UTF-8 by U+FFFD, and then cannot find the file by this name. */
async function canBeNamed(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(
    () => true,
    (error) => !(error instanceof Deno.errors.NotFound),
  );
}

/** A broken link, or a link to a pipe, counts as a file. Reading it reports the error later. */
async function leadsToFolder(link: string): Promise<boolean> {
  return await Deno.stat(link).then(({ isDirectory }) => isDirectory, () => false);
}
