/**
 * Collects everything that `deno task doctor` reports.
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
  /** Free bytes; null if the system does not say. */
  free: number | null;
  /** True if a file can be written. A missing folder is created for the check and removed again. */
  writable: boolean;
}

/** Everything that `deno task doctor` finds out. */
export interface Facts {
  engine: EngineFacts;
  machine: MachineFacts;
  folders: {
    /** The folder of the library; null if the environment names no cache folder. */
    cache: FolderFacts | null;
    data: FolderFacts;
    logs: FolderFacts;
  };
  dataSets: DataSetFacts[];
}

/** Collects the facts. Downloads nothing and leaves every folder unchanged. */
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
    return null; // the engine's facts report this if the cache is needed
  }
  return await examineFolder(path);
}

/** Checks a folder and leaves it unchanged. */
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

/** The folder, or its nearest existing parent. */
async function lowestThatIs(path: string): Promise<string> {
  const parent = dirname(path);
  return parent === path || await exists(path) ? path : await lowestThatIs(parent);
}
