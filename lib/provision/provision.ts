/**
 * Finds libtensorflow, or fetches it if missing.
 *
 * @module
 */
import { join } from "@std/path";
import { UserError } from "../errors.ts";
import { sha256 } from "../files.ts";
import { defaultCacheDir } from "./cache_dir.ts";
import { isFile } from "./files.ts";
import { install, isInstalled } from "./install.ts";
import { type Damage, verifyFiles } from "./integrity.ts";
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

/** What to provide. All options have defaults. */
export interface ProvisionOptions {
  /** `true`: the set with CUDA. `false`: the set without. Default: CUDA if a driver is found. */
  gpu?: boolean | undefined;
  /** The folder for fetched files. Default: from the environment, see {@linkcode defaultCacheDir}. */
  cacheDir?: string;
  /** Receives progress lines. Default: standard error. */
  log?: Log;
  /** True to fetch it into the cache even if it exists. */
  anew?: boolean | undefined;
  /** Reads an environment variable. Default: from this process. */
  env?: (name: string) => string | undefined;
}

/** A libtensorflow on this machine. */
export interface InstalledLibrary {
  /** The file to open. */
  path: string;
  /** Files to open before it, in this order: Python's own library on Windows, otherwise none. */
  preload: string[];
  /** TensorFlow's version; `"unknown"` if the environment names the library. */
  version: string;
  /** True for the build with CUDA. For a library that the environment names: whether CUDA is wanted. */
  gpu: boolean;
  /** Named by the environment, found in the cache, or fetched by this call. */
  source: "environment" | "cache" | "installed";
}

/**
 * The environment variable in which a launcher passes, as JSON, the result of {@linkcode findLibrary}.
 * A program with few permissions cannot search itself.
 */
export const provisionedVariable = "ATTENTION_TRANSFER_PROVISIONED";

// The libraries, their licences, and the metadata that describes them.
const kept = new RegExp(
  [
    String.raw`^tensorflow/lib[^/]*$`,
    String.raw`^tensorflow/python/_pywrap_tensorflow_common\.dll$`,
    String.raw`^(tensorflow\.libs|nvidia)/`,
    String.raw`(^|/)(LICENSE|NOTICE|THIRD_PARTY_NOTICES)[^/]*$`,
    String.raw`\.dist-info/`,
  ].join("|"),
);

/** The cache folder for a target's files. Its name depends on all of its contents. */
export async function cacheFolder(cacheDir: string, target: Target): Promise<string> {
  // Without the digests of the lists, which follow from those of the packages.
  const packages = pins[target.name].map(({ record: _, ...pin }) => pin);
  const content = new TextEncoder().encode(JSON.stringify([packages, kept.source]));
  const tag = (await sha256(content)).slice(0, 8);
  return join(cacheDir, `libtensorflow-${tensorflowVersion}-${target.name}-${tag}`);
}

function pythonLibraries(folder: string): string[] {
  const names = [...Deno.readDirSync(folder)].map((entry) => entry.name);
  return names.filter((name) => /^python\d+\.dll$/.test(name)).map((name) => join(folder, name));
}

/** The wanted build, and its place in the cache. */
async function placeInCache(
  { gpu, cacheDir, env = Deno.env.get }: ProvisionOptions,
): Promise<{ target: Target; folder: string }> {
  const { os, arch } = Deno.build;
  const target = resolveTarget(os, arch, wantsGpu(gpu));
  return { target, folder: await cacheFolder(cacheDir ?? defaultCacheDir(os, env), target) };
}

function wantsGpu(gpu: boolean | undefined): boolean {
  return gpu ?? (hasCudaBuild(Deno.build.os, Deno.build.arch) && findNvidiaDriver());
}

function libraryInCache(
  target: Target,
  folder: string,
  source: "cache" | "installed",
): InstalledLibrary {
  return {
    path: join(folder, target.library),
    preload: target.needsPython ? pythonLibraries(folder) : [],
    version: tensorflowVersion,
    gpu: target.gpu,
    source,
  };
}

/**
 * Finds an existing libtensorflow: the one named by `ATTENTION_TRANSFER_LIBTENSORFLOW`, else the one in
 * the cache, else undefined. Does not open the library.
 *
 * @throws {UserError} If the named library does not exist, or nothing is published for this platform.
 */
export async function findLibrary(
  options: ProvisionOptions & {
    /** True if all files were just verified. Then their times are ignored. */
    verified?: boolean;
  } = {},
): Promise<InstalledLibrary | undefined> {
  const { env = Deno.env.get, gpu, verified = false } = options;
  const provisioned = env(provisionedVariable);
  if (provisioned) return parseProvisioned(provisioned);
  const named = env(libraryVariable);
  if (named) {
    const path = namedLibrary(named, Deno.build.os);
    return { path, preload: [], version: "unknown", gpu: wantsGpu(gpu), source: "environment" };
  }
  const { target, folder } = await placeInCache(options);
  const isThere = verified
    ? isFile(join(folder, target.library))
    : isInstalled({ folder, markerFile: target.library });
  if (!isThere) return undefined;
  return libraryInCache(target, folder, "cache");
}

/** Parses the launcher's variable. */
function parseProvisioned(text: string): InstalledLibrary {
  let library: Partial<InstalledLibrary> | null;
  try {
    library = JSON.parse(text);
  } catch {
    library = null;
  }
  const { path, preload, version, gpu, source } = library ?? {};
  const isLibrary = typeof path === "string" && typeof version === "string" &&
    Array.isArray(preload) && preload.every((file) => typeof file === "string") &&
    typeof gpu === "boolean" && typeof source === "string";
  if (isLibrary) return library as InstalledLibrary;
  throw new UserError(
    `Cannot use ${provisionedVariable}: it is not what the launcher writes there; unset it`,
  );
}

/** What {@linkcode provision} would fetch for these options, and the folder for it. */
export async function whatToFetch(
  options: ProvisionOptions = {},
): Promise<{ name: string; megabytes: number; folder: string }> {
  const { target: { name, megabytes }, folder } = await placeInCache(options);
  return { name, megabytes, folder };
}

/**
 * The libtensorflow to use: the result of {@linkcode findLibrary}, else pip fetches the pinned packages
 * into the cache. Does not open the library.
 *
 * @throws {UserError} If the named library does not exist, nothing is published for this platform, or
 * Python, pip, the network or the disk fails.
 */
export async function provision(options: ProvisionOptions = {}): Promise<InstalledLibrary> {
  const found = options.anew ? undefined : await findLibrary(options);
  if (found) return found;
  const { target, folder } = await placeInCache(options);
  const installed = await install({
    what: `libtensorflow ${tensorflowVersion} (${target.name})`,
    megabytes: target.megabytes,
    pins: pins[target.name],
    flags: installFlags(target),
    keep: kept,
    folder,
    markerFile: target.library,
    withPythonLibrary: target.needsPython,
    anew: options.anew,
    log: options.log ?? console.error,
  });
  return libraryInCache(target, folder, installed ? "installed" : "cache");
}

/**
 * Reads the whole cached libtensorflow and compares it with the pinned digests, which takes seconds per
 * gigabyte. Fetches nothing.
 *
 * @returns the folder, and the problems found in it.
 * @throws {UserError} If nothing is published for this platform.
 */
export async function verifyLibrary(
  options: ProvisionOptions = {},
): Promise<{ folder: string; damages: Damage[] }> {
  const { target, folder } = await placeInCache(options);
  if (!isFile(join(folder, target.library))) {
    return { folder, damages: [{ file: target.library, problem: "is missing" }] };
  }
  return { folder, damages: await verifyFiles({ folder, pins: pins[target.name], keep: kept }) };
}
