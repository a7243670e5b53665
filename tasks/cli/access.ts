/**
 * The files that a task may use, by what its options name. The launcher makes the task's permissions
 * of them.
 *
 * @module
 */
import { join } from "@std/path";
import { temporaryFolder } from "../../lib/files.ts";

/** Paths as the user wrote them; a folder stands for all that is in it. */
export interface Access {
  readonly read?: readonly string[];
  /** What may be written may be read too. */
  readonly write?: readonly string[];
}

/** A file or a folder that is read. */
export function reads(path: string): Access {
  return { read: [path] };
}

/** A file that is written whole or not at all. */
export function writesFile(path: string): Access {
  return { write: [path, temporaryFolder(path)] };
}

/** A folder, and what is made in it. */
export function writesFolder(path: string): Access {
  return { write: [path] };
}

/** A network: a run folder, by its path or its name under `logs/`, or a file of parameters. */
export function readsNetwork(id: string): Access {
  return { read: [id, join("logs", id)] };
}

/** Several of a kind, with commas between them. */
export function eachOf(access: (path: string) => Access): (paths: string) => Access {
  return (paths) => allOf(listed(paths).map(access));
}

/** All that any of these allow. */
export function allOf(accesses: readonly Access[]): Required<Access> {
  return {
    read: accesses.flatMap(({ read = [] }) => read),
    write: accesses.flatMap(({ write = [] }) => write),
  };
}

/** The entries of a list with commas; `\,` is a comma within one. */
export function listed(text: string): string[] {
  const entries = text.match(/(?:\\,|[^,])+/g) ?? [];
  return entries.map((entry) => entry.trim().replaceAll("\\,", ",")).filter(Boolean);
}
