/**
 * Finds the teacher of a run that is resumed from a different folder than it was started in.
 *
 * @module
 */
import { dirname, isAbsolute, join, resolve } from "@std/path";
import type { Json } from "../../lib/json.ts";
import { type LoggedOptions, teacherOptions } from "./resumed_options.ts";

/**
 * The options of a run, with the teacher's path corrected. If a relative path does not exist here,
 * it is looked for in the folders above the run, nearest first: the run was started in one of them.
 */
export function withTeacherFound(options: LoggedOptions, run: string): Record<string, Json> {
  const found = teacherOptions.flatMap((name) => {
    const id = options[name];
    if (typeof id !== "string" || isAbsolute(id)) return [];
    const places = (folder: string) => [join(folder, id), join(folder, "logs", id)];
    if (places(".").some(isThere)) return [];
    const place = foldersAbove(resolve(run)).flatMap(places).find(isThere);
    return place === undefined ? [] : [[name, place] as const];
  });
  return { ...options, ...Object.fromEntries(found) };
}

function foldersAbove(path: string): string[] {
  const folder = dirname(path);
  return folder === path ? [] : [folder, ...foldersAbove(folder)];
}

/** False for paths that this program may not read. The launcher allows the one that it found. */
function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
