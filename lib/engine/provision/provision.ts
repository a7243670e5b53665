/**
 * Finds libtensorflow, and fetches it where it is not there yet.
 *
 * @module
 */
import { join } from "@std/path";
import { defaultCacheDir } from "./cache_dir.ts";
import { install } from "./install.ts";
import { namedLibrary } from "./named_library.ts";
import { findNvidiaDriver } from "./nvidia.ts";
import type { Log } from "./pip.ts";
import { pins } from "./pins.ts";
import {
  hasCudaBuild,
  installFlags,
  libraryVariable,
  resolveTarget,
  type Target,
  tensorflowVersion,
} from "./platform.ts";

/** What to provision; everything has a default. */
export interface ProvisionOptions {
  /** `true`: the set with CUDA; `false`: the set without. Default: CUDA where a driver is found. */
  gpu?: boolean | undefined;
  /** The folder for fetched files. Default: the environment's, as {@linkcode defaultCacheDir}. */
  cacheDir?: string;
  /** Takes lines that tell how far things are. Default: standard error. */
  log?: Log;
  /** Reads an environment variable. Default: this process's environment. */
  env?: (name: string) => string | undefined;
}

/** A libtensorflow on this machine. */
export interface Library {
  /** The file to open. */
  path: string;
  /** Files to open before it, in this order: Python's own library on Windows, else none. */
  preload: string[];
  /** TensorFlow's version; `"unknown"` where the environment names the library. */
  version: string;
  /** Whether it is the build with CUDA; where the environment names it, whether one is wanted. */
  gpu: boolean;
  /** Named by the environment, found in the cache, or fetched by this call. */
  source: "environment" | "cache" | "installed";
}

// The libraries, their licences, and the metadata that say what this is.
const kept = new RegExp(
  [
    String.raw`^tensorflow/lib[^/]*$`,
    String.raw`^tensorflow/python/_pywrap_tensorflow_common\.dll$`,
    String.raw`^(tensorflow\.libs|nvidia)/`,
    String.raw`(^|/)(LICENSE|NOTICE|THIRD_PARTY_NOTICES)[^/]*$`,
    String.raw`\.dist-info/`,
  ].join("|"),
);

/** The folder for a target's files in the cache; the name changes with whatever is in it. */
export async function cacheFolder(cacheDir: string, target: Target): Promise<string> {
  const content = new TextEncoder().encode(JSON.stringify([pins[target.name], kept.source]));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  const tag = digest.toHex().slice(0, 8);
  return join(cacheDir, `libtensorflow-${tensorflowVersion}-${target.name}-${tag}`);
}

function pythonLibraries(folder: string): string[] {
  const names = [...Deno.readDirSync(folder)].map((entry) => entry.name);
  return names.filter((name) => /^python\d+\.dll$/.test(name)).map((name) => join(folder, name));
}

/**
 * The libtensorflow to use: the one that `ATTENTION_TRANSFER_LIBTENSORFLOW` names, else the one in
 * the cache, else pip fetches the pinned packages into the cache. Opens no library.
 *
 * @throws {UserError} Where the named library is not there, nothing is published for this platform,
 * or Python, pip, the network or the disk fails.
 */
export async function provision(options: ProvisionOptions = {}): Promise<Library> {
  const { log = console.error, env = Deno.env.get } = options;
  const { os, arch } = Deno.build;
  const gpu = options.gpu ?? (hasCudaBuild(os, arch) && findNvidiaDriver());
  const named = env(libraryVariable);
  if (named) {
    const path = namedLibrary(named, os);
    return { path, preload: [], version: "unknown", gpu, source: "environment" };
  }
  const target = resolveTarget(os, arch, gpu);
  const folder = await cacheFolder(options.cacheDir ?? defaultCacheDir(os, env), target);
  const installed = await install({
    what: `libtensorflow ${tensorflowVersion} (${target.name})`,
    megabytes: target.megabytes,
    pins: pins[target.name],
    flags: installFlags(target),
    keep: kept,
    folder,
    landmark: target.library,
    withPythonLibrary: target.needsPython,
    log,
  });
  return {
    path: join(folder, target.library),
    preload: target.needsPython ? pythonLibraries(folder) : [],
    version: tensorflowVersion,
    gpu: target.gpu,
    source: installed ? "installed" : "cache",
  };
}
