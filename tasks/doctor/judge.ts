/**
 * Says in one line each what is missing for training and how to fix it, for `deno task doctor`.
 *
 * @module
 */
import { cacheVariable, libraryVariable, tensorflowVersion } from "../../lib/provision/mod.ts";
import type { DoctorOptions } from "../cli/doctor_options.ts";
import { isPortable } from "../cli/engine_names.ts";
import type { DataSetFacts } from "./data_sets.ts";
import type { Facts, FolderFacts } from "./facts.ts";

/** The conclusions from the facts. */
export interface Verdict {
  /** Why training cannot work: what, why, and what to do. */
  problems: string[];
  /** Other useful hints. */
  notes: string[];
}

/** Least disk space for a run folder: parameters, checkpoint, log. */
const runBytes = 20e6;
/** Disk space needed, in sizes of the download: itself, and about three unpacked beside it. */
const unpacked = 4;
/** Most memory that a step of a large network takes. */
const stepBytes = 1.6e9;

/** Finds problems and how to fix them. */
export function judge(facts: Facts, options: Pick<DoctorOptions, "ngpu">): Verdict {
  return {
    problems: [
      ...engineProblems(facts),
      ...logProblems(facts),
      ...facts.dataSets.filter(({ state }) => state === "damaged").map(damagedDataSet),
      ...facts.dataSets.filter(isLostSample).map(lostSample),
    ],
    notes: [
      ...engineNotes(facts, options),
      ...unwritableData(facts),
      ...memoryNotes(facts),
    ],
  };
}

function engineProblems({ engine, machine, folders: { cache } }: Facts): string[] {
  const { missing, failure, failureAdvises, library } = engine;
  if (failure !== null) {
    return [failureAdvises ? failure : describeFailure(failure, library?.source)];
  }
  if (missing === null) return [];
  const otherwise = machine.nvidiaDriver ? ", or do without the GPU by --ngpu 0" : "";
  const lacking = `libtensorflow is not there: ${missing.folder} does not hold it whole; ` +
    `run deno task setup (it fetches ${missing.megabytes} MB)${otherwise}`;
  return [lacking, ...(cache ? cacheProblems(cache, missing.megabytes * 1e6 * unpacked) : [])];
}

/** Why this many bytes could not be downloaded into the cache. */
function cacheProblems({ path, free, writable }: FolderFacts, needed: number): string[] {
  const what = "libtensorflow cannot be fetched";
  if (!writable) {
    return [
      `${what}: ${path} cannot be written; set ${cacheVariable} to another folder, or ` +
      `${libraryVariable} to a library you have`,
    ];
  }
  if (free === null || free >= needed) return [];
  const sizes = `it needs about ${bytesText(needed)} at ${path}, and ${bytesText(free)} are free`;
  return [`${what}: ${sizes}; free some space, or set ${cacheVariable} to a folder elsewhere`];
}

function describeFailure(failure: string, source: string | undefined): string {
  const mend = source === "environment"
    ? `set ${libraryVariable} to another library, or unset it`
    : "use --engine wasm to try things out";
  return `TensorFlow does not work here: ${failure}; ${mend}`;
}

function logProblems({ folders: { logs: { path, free, writable } } }: Facts): string[] {
  const mend = "choose another folder with --save";
  if (!writable) return [`run folders cannot be written: ${path} is read-only or full; ${mend}`];
  if (free === null || free >= runBytes) return [];
  return [`the disk is full: ${bytesText(free)} are free at ${path}; free some space, or ${mend}`];
}

function damagedDataSet({ name, folder, wrong }: DataSetFacts): string {
  const files = wrong.slice(0, 3).join(", ") + (wrong.length > 3 ? ", ..." : "");
  const mend = name === "CIFAR10-sample"
    ? "restore it with git"
    : `remove the files of ${name} there, and deno task cifar --dataset ${name} fetches them`;
  return `${name} is damaged: ${files} in ${folder} missing or not of the right size; ${mend}`;
}

function isLostSample({ name, state }: DataSetFacts): boolean {
  return name === "CIFAR10-sample" && state === "missing";
}

function lostSample({ folder }: DataSetFacts): string {
  return `CIFAR10-sample is missing: it comes with the repository, in ${folder}; restore it with git`;
}

function unwritableData({ folders: { data }, dataSets }: Facts): string[] {
  const missing = dataSets.filter((dataSet) =>
    dataSet.state === "missing" && !isLostSample(dataSet)
  );
  if (missing.length === 0 || data.writable) return [];
  const names = missing.map(({ name }) => name).join(" and ");
  return [`${names} cannot be fetched: ${data.path} cannot be written; use another --dataroot`];
}

function engineNotes(
  { engine, machine }: Facts,
  { ngpu }: Pick<DoctorOptions, "ngpu">,
): string[] {
  const { devices, fusedOps, asked, library } = engine;
  const notes: string[] = [];
  if (isPortable(asked)) {
    notes.push(`--engine ${asked} is slower: run deno task setup for TensorFlow`);
  } else if (devices.length > 0 && !devices.some((name) => name.startsWith("GPU"))) {
    const expected = ngpu ?? (machine.nvidiaDriver ? 1 : 0);
    if (expected > 0) notes.push(`no GPU computes, but ${engine.why.at(-1)}`);
  }
  if (library?.version && library.version !== tensorflowVersion) {
    notes.push(
      `TensorFlow ${library.version} is another release than the one that this was made and tested ` +
        `with, ${tensorflowVersion}: unset ${libraryVariable} to have that one`,
    );
  }
  if (fusedOps === false) {
    const off = Deno.env.get("TF_ENABLE_ONEDNN_OPTS") === "0";
    notes.push(
      "TensorFlow has no fused ops here, so training is slower: " +
        (off ? "TF_ENABLE_ONEDNN_OPTS is 0; unset it" : "it was built without oneDNN"),
    );
  }
  return notes;
}

function memoryNotes({ machine: { memory } }: Facts): string[] {
  if (memory.available >= stepBytes) return [];
  return [
    `${bytesText(memory.available)} of memory are free: steps of large networks take up to ` +
    `${bytesText(stepBytes)}; use a smaller --batch-size, or end other programs`,
  ];
}

/** Bytes in a suitable unit: `1.6 GB`, `20 MB`. */
export function bytesText(bytes: number): string {
  const [value, unit] = bytes >= 1e9 ? [bytes / 1e9, "GB"] : [bytes / 1e6, "MB"];
  return `${Number(value.toFixed(value < 10 ? 1 : 0))} ${unit}`;
}
