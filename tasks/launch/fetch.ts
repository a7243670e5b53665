/**
 * Downloads what a task needs and lacks, through programs with the permissions for it.
 *
 * @module
 */
import { join, resolve } from "@std/path";
import { cifarFiles, cifarFormats } from "../../lib/data/cifar_format.ts";
import { defaultCacheDir, findLibrary, type InstalledLibrary } from "../../lib/provision/mod.ts";
import { UserError } from "../../lib/errors.ts";
import { existsSync } from "../../lib/files.ts";
import type { Runner } from "./deno.ts";
import { hasNvidiaDriver } from "./gpu.ts";
import type { Permissions } from "./permissions.ts";
import type { Build, DataSet } from "./tasks.ts";

/** The host of the CIFAR data sets. */
export const dataHost = "www.cs.toronto.edu:443";

/** A download program failed and has printed why. */
export class FetchError extends Error {
  override name = "FetchError";

  constructor(readonly exitCode: number) {
    super(`A program that fetches ended with exit code ${exitCode}`);
  }
}

/** What downloads need. */
export interface Fetching {
  readonly runner: Runner;
  /** Asked before a download: is it useful? */
  readonly isWanted: () => Promise<boolean>;
}

/** Chooses the build for this machine. */
export async function chooseBuild(build: Build, runner: Runner): Promise<"gpu" | "cpu"> {
  if (build !== "auto") return build;
  const look = (program: string) => runner.run(program, { permissions: "all" });
  return await hasNvidiaDriver(look) ? "gpu" : "cpu";
}

/**
 * Finds libtensorflow, and downloads it if it is missing.
 *
 * @returns Undefined if it is missing and not wanted.
 * @throws {FetchError} If it cannot be downloaded.
 * @throws {UserError} If the library named by the user does not exist, or none is published.
 */
export async function provideLibrary(
  build: "gpu" | "cpu",
  { runner, isWanted }: Fetching,
): Promise<InstalledLibrary | undefined> {
  const gpu = build === "gpu";
  const found = await findLibrary({ gpu });
  if (found) return found;
  if (!await isWanted()) return undefined;
  await runOrThrow(runner, "tasks/launch/fetch_library.ts", {
    args: [build],
    permissions: libraryPermissions(),
  });
  // The program has verified every file. Modification times may never match in a read-only cache.
  const fetched = await findLibrary({ gpu, verified: true });
  if (!fetched) {
    throw new UserError(
      "Cannot use the cache folder: another program keeps changing it; try again",
    );
  }
  return { ...fetched, source: "installed" };
}

/** The permissions to download a library. It runs pip, a program that Deno does not confine. */
export function libraryPermissions(): Permissions {
  const cache = defaultCacheDir(Deno.build.os, Deno.env.get);
  const pythons = Deno.build.os === "windows" ? ["python3", "python", "py"] : ["python3", "python"];
  // Deno passes variables that may load libraries on to a program only if all programs are allowed.
  const loads = Object.keys(Deno.env.toObject()).some((name) => /^(LD|DYLD)_/.test(name));
  return { write: [cache], env: "all", run: loads ? "all" : pythons };
}

/**
 * Downloads a data set if none of its files exist.
 *
 * @throws {FetchError} If it cannot be downloaded.
 * @throws {UserError} If it would be written to a folder that only a checkpoint names: the
 * checkpoint may come from a stranger.
 */
export async function provideDataSet(
  { name, dataroot, isFromCheckpoint }: DataSet,
  { runner, isWanted }: Fetching,
): Promise<void> {
  const { cwd, root } = runner.place;
  const { folder } = cifarFormats[name];
  const places = [resolve(cwd, dataroot, folder), resolve(cwd, dataroot)];
  const files = places.flatMap((place) =>
    cifarFiles(cifarFormats[name]).map((file) => join(place, file))
  );
  if (files.some(existsSync) || !await isWanted()) return;
  if (isFromCheckpoint) {
    throw new UserError(
      `Cannot find ${name} in ${dataroot}: nothing is fetched into a folder that only a checkpoint ` +
        `names; give it with --dataroot ${dataroot}, or another one`,
    );
  }
  await runOrThrow(runner, "tasks/launch/fetch_data.ts", {
    args: [name, dataroot],
    permissions: {
      read: [join(root, "lib")],
      write: [dataroot],
      net: [dataHost],
      env: ["CI", "TERM"],
    },
  });
}

async function runOrThrow(
  runner: Runner,
  program: string,
  start: Parameters<Runner["run"]>[1],
): Promise<void> {
  const code = await runner.run(program, start);
  if (code !== 0) throw new FetchError(code);
}
