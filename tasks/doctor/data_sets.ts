/**
 * Checks the data sets for `deno task doctor`.
 *
 * @module
 */
import { join, resolve } from "@std/path";
import { sampleFolder } from "../../lib/data/cifar.ts";
import {
  cifarFiles,
  type CifarFormat,
  cifarFormats,
  type CifarName,
  imageBytes,
} from "../../lib/data/cifar_format.ts";

/** The state of a data set. */
export interface DataSetFacts {
  name: CifarName;
  /** The folder where its files are, or would be. */
  folder: string;
  /** Whether all files exist with the right sizes, only some of them, or none. */
  state: "present" | "damaged" | "missing";
  /** If damaged: the files that are missing or have the wrong size. */
  wrong: string[];
}

/** Checks the CIFAR data sets in the folder of `--dataroot`, and the sample. */
export function examineDataSets(dataroot: string): Promise<DataSetFacts[]> {
  const around = (name: CifarName) => [join(dataroot, cifarFormats[name].folder), dataroot];
  return Promise.all([
    examine("CIFAR10", around("CIFAR10")),
    examine("CIFAR100", around("CIFAR100")),
    examine("CIFAR10-sample", [sampleFolder(new URL("../../lib/data/", import.meta.url).href)]),
  ]);
}

async function examine(name: CifarName, candidates: string[]): Promise<DataSetFacts> {
  for (const folder of candidates.map((candidate) => resolve(candidate))) {
    const files = await examineFiles(cifarFormats[name], folder);
    if (files.every(({ state }) => state === "missing")) continue;
    const wrong = files.filter(({ state }) => state !== "right").map(({ name }) => name);
    return { name, folder, state: wrong.length === 0 ? "present" : "damaged", wrong };
  }
  return { name, folder: resolve(candidates[0]!), state: "missing", wrong: [] };
}

async function examineFiles(format: CifarFormat, folder: string) {
  const recordBytes = format.labelBytes + imageBytes;
  const sizes = new Map(
    [...format.train, ...format.test].map(({ name, records }) => [name, records * recordBytes]),
  );
  return await Promise.all(
    cifarFiles(format).map(async (name) => {
      const size = (await Deno.stat(join(folder, name)).catch(() => undefined))?.size;
      if (size === undefined) return { name, state: "missing" };
      return { name, state: size === (sizes.get(name) ?? size) ? "right" : "wrong" };
    }),
  );
}
