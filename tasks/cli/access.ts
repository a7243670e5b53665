/**
 * The files that a task may use, from its options. The launcher makes permissions from them.
 *
 * @module
 */
import { basename, dirname, extname, join } from "@std/path";
import { temporaryFolder } from "../../lib/files.ts";

/** Paths as the user wrote them; a folder includes everything in it. */
export interface Access {
  readonly read?: readonly string[];
  /** Files that may be written may also be read. */
  readonly write?: readonly string[];
}

/** A file or a folder to read. */
export function reads(path: string): Access {
  return { read: [path] };
}

/** A module to run, and what it imports from its folder. */
export function readsModule(path: string): Access {
  return { read: [dirname(path)] };
}

/** A file that is written whole or not at all, through a temporary folder. */
export function writesFile(path: string): Access {
  return { write: [path, temporaryFolder(path)] };
}

/** A folder to write into. */
export function writesFolder(path: string): Access {
  return { write: [path] };
}

/** A network: a run folder (a path, or a name under `logs/`) or a file of parameters. */
export function readsNetwork(id: string): Access {
  return { read: [id, join("logs", id)] };
}

/** The annotation file of an image: the XML file beside it with the same name. */
export function annotationOf(image: string): string {
  return join(dirname(image), `${basename(image, extname(image))}.xml`);
}

/** The access for each path of a comma-separated list. */
export function eachOf(access: (path: string) => Access): (paths: string) => Access {
  return (paths) => allOf(listed(paths).map(access));
}

/** The union of several accesses. */
export function allOf(accesses: readonly Access[]): Required<Access> {
  return {
    read: accesses.flatMap(({ read = [] }) => read),
    write: accesses.flatMap(({ write = [] }) => write),
  };
}

/** The entries of a comma-separated list; `\,` is a comma within an entry. */
export function listed(text: string): string[] {
  const entries = text.match(/(?:\\,|[^,])+/g) ?? [];
  return entries.map((entry) => entry.trim().replaceAll("\\,", ",")).filter(Boolean);
}
