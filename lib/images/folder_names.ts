/**
 * What is in a folder: the one rule for hidden files, links, pipes and names that cannot be read.
 *
 * @module
 */
import { join } from "@std/path";
import { whyNot } from "../files.ts";
import { byCodePoint } from "./code_points.ts";

/** Says that a folder cannot be read; the message is a few words such as `permission denied`. */
export class UnreadableFolderError extends Error {
  /** Always `"UnreadableFolderError"`. */
  override name = "UnreadableFolderError";
  /** The path of the folder. */
  readonly path: string;

  /** For the folder at a path, with what the system said. */
  constructor(path: string, cause: unknown) {
    super(whyNot(cause), { cause });
    this.path = path;
  }
}

/** The names in a folder, sorted by code points. */
export interface FolderNames {
  /** Files, links to them, and links to nothing; no pipes. */
  files: string[];
  folders: string[];
  /** Links to folders. */
  links: string[];
  /** Files whose names are not UTF-8, which cannot be opened; marks stand for what is not. */
  unnameableFiles: string[];
  /** Folders of such names, and links. */
  unnameableFolders: string[];
}

/**
 * What is in a folder; names that begin with a dot are left out.
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
      else if (isFile || isSymlink) names.files.push(name); // and no pipe
    }
  } catch (error) {
    throw new UnreadableFolderError(folder, error);
  }
  for (const kind of Object.values(names)) kind.sort(byCodePoint);
  return names;
}

/** Deno gives bytes that are not UTF-8 as U+FFFD, by which it then does not find the file. */
async function canBeNamed(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(
    () => true,
    (error) => !(error instanceof Deno.errors.NotFound),
  );
}

/** A link to nothing, or to a pipe, counts as a file: that it cannot be read is told when it is to be. */
async function leadsToFolder(link: string): Promise<boolean> {
  return await Deno.stat(link).then(({ isDirectory }) => isDirectory, () => false);
}
