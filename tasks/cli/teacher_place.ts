/**
 * Where the teacher of a run lies that is resumed from another folder than it was started in.
 *
 * @module
 */
import { dirname, isAbsolute, join, resolve } from "@std/path";
import type { Json } from "../../lib/json.ts";

const names = ["teacher_id", "teacher_params"];

/**
 * The options of a run, with its teacher's path as it holds here: a relative one that leads to nothing
 * from where the user stands is looked for from the folders above the run, the nearest first, in one of
 * which the run was started.
 */
export function withTeacherFound(
  options: Readonly<Record<string, Json>>,
  run: string,
): Record<string, Json> {
  const found = names.flatMap((name) => {
    const id = options[name];
    if (typeof id !== "string" || isAbsolute(id)) return [];
    const places = (folder: string) => [join(folder, id), join(folder, "logs", id)];
    if (places(".").some(isThere)) return [];
    const place = foldersAbove(run).flatMap(places).find(isThere);
    return place === undefined ? [] : [[name, place] as const];
  });
  return { ...options, ...Object.fromEntries(found) };
}

function foldersAbove(path: string): string[] {
  const folders: string[] = [];
  for (let folder = resolve(path); folder !== dirname(folder);) {
    folder = dirname(folder);
    folders.push(folder);
  }
  return folders;
}

/** False for what this program may not look at: the launcher has looked, and allows what it found. */
function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
