/**
 * All that `deno task doctor` finds out.
 *
 * @module
 */
import { defaultCacheDir } from "../../lib/provision/cache_dir.ts";
import type { DoctorOptions } from "../cli/doctor_options.ts";
import { type DataSetFacts, examineDataSets } from "./data_sets.ts";
import { type EngineFacts, examineEngine } from "./engine.ts";
import { examineFolder, type FolderFacts } from "./folders.ts";
import { examineMachine, type MachineFacts } from "./machine.ts";

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
