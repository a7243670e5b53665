/**
 * Finds the runs in the folders of the command line.
 *
 * @module
 */
import { join } from "@std/path";
import { printable } from "../../lib/errors.ts";
import { whyNot } from "../../lib/files.ts";
import { logName } from "../run/run_log.ts";

/** The runs in the folders, and what is wrong with the folders. */
export interface Found {
  /** Paths of run folders, each once. */
  readonly runs: readonly string[];
  /** Lines about folders without a run. */
  readonly problems: readonly string[];
}

/** Finds runs: folders with a log, and the subfolders of others. */
export async function findRuns(folders: readonly string[]): Promise<Found> {
  const runs = new Map<string, string>();
  const problems: string[] = [];
  for (const folder of folders) {
    const found = await runsIn(folder);
    if (typeof found === "string") problems.push(`${printable(folder, 1000)}: ${found}`);
    else for (const run of found) runs.set(await identityOf(run), run);
  }
  return { runs: [...runs.values()], problems };
}

/** The runs of a folder, or why there is none. */
async function runsIn(folder: string): Promise<string[] | string> {
  try {
    if (await hasLog(folder)) return [folder];
    const subfolders: string[] = [];
    for await (const { name, isDirectory, isSymlink } of Deno.readDir(folder)) {
      if (isDirectory || isSymlink) subfolders.push(join(folder, name));
    }
    const runs: string[] = [];
    for (const path of subfolders.sort(inOrder)) if (await hasLog(path)) runs.push(path);
    return runs.length > 0 ? runs : `neither it nor its subfolders have a ${logName}`;
  } catch (error) {
    return whyNot(error);
  }
}

/** `run-2` before `run-10`. */
function inOrder(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

async function hasLog(folder: string): Promise<boolean> {
  const info = await Deno.stat(join(folder, logName)).catch(() => undefined);
  return info?.isFile ?? false;
}

/** The same folder may be named by several paths. */
async function identityOf(folder: string): Promise<string> {
  const info = await Deno.stat(folder).catch(() => undefined);
  return info?.ino ? `${info.dev}:${info.ino}` : folder;
}
