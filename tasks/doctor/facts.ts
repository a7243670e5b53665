/**
 * All that `deno task doctor` finds out.
 *
 * @module
 */
import { statfs } from "node:fs/promises";
import { dirname, resolve } from "@std/path";
import { checkFolderWritable, exists } from "../../lib/files.ts";
import { defaultCacheDir } from "../../lib/provision/mod.ts";
import type { DoctorOptions } from "../cli/doctor_options.ts";
import { type DataSetFacts, examineDataSets } from "./data_sets.ts";
import { type EngineFacts, examineEngine } from "./engine.ts";
import { examineMachine, type MachineFacts } from "./machine.ts";

/** A folder that the tasks write to. */
export interface FolderFacts {
  path: string;
  exists: boolean;
  /** Bytes that are free there; null where the system does not tell. */
  free: number | null;
  /** Whether a file could be written; a folder that is not there was made and removed again. */
  writable: boolean;
}

/** All that is found out. */
export interface Facts {
  engine: EngineFacts;
  machine: MachineFacts;
  folders: {
    /** Where the library is kept; null where the environment names no place for caches. */
    cache: FolderFacts | null;
    data: FolderFacts;
    logs: FolderFacts;
  };
  dataSets: DataSetFacts[];
}

/** Finds it all out; fetches nothing, and leaves every folder as it was. */
export async function examine(options: DoctorOptions): Promise<Facts> {
  const machine = await examineMachine();
  return {
    engine: await examineEngine(options, machine),
    machine,
    folders: {
      cache: await examineCache(),
      data: await examineFolder(options.dataroot),
      logs: await examineFolder("logs"),
    },
    dataSets: await examineDataSets(options.dataroot),
  };
}

async function examineCache(): Promise<FolderFacts | null> {
  let path: string;
  try {
    path = defaultCacheDir(Deno.build.os, Deno.env.get);
  } catch {
    return null; // which the engine's facts tell where the cache is needed
  }
  return await examineFolder(path);
}

/** Looks at a folder, and leaves it as it was. */
export async function examineFolder(folder: string): Promise<FolderFacts> {
  const path = resolve(folder);
  const lowest = await lowestThatIs(path);
  return {
    path,
    exists: lowest === path,
    free: await statfs(lowest).then(({ bavail, bsize }) => bavail * bsize, () => null),
    writable: await checkFolderWritable(path).then(() => true, () => false),
  };
}

/** The folder, or the nearest one around it that is there. */
async function lowestThatIs(path: string): Promise<string> {
  const parent = dirname(path);
  return parent === path || await exists(path) ? path : await lowestThatIs(parent);
}
