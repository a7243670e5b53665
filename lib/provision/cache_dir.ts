/**
 * The cache folder for fetched files.
 *
 * @module
 */
import { isAbsolute, join, resolve } from "@std/path";
import { UserError } from "../errors.ts";

/** The environment variable with the cache folder. */
export const cacheVariable = "ATTENTION_TRANSFER_CACHE";

function baseDir(os: string, env: (name: string) => string | undefined): string | undefined {
  if (os === "windows") return env("LOCALAPPDATA");
  const home = env("HOME");
  if (os === "darwin") return home && join(home, "Library", "Caches");
  const xdg = env("XDG_CACHE_HOME");
  // The XDG Base Directory Specification says to ignore relative paths.
  return xdg && isAbsolute(xdg) ? xdg : home && join(home, ".cache");
}

/**
 * The cache folder: `ATTENTION_TRANSFER_CACHE`, or `attention-transfer` in the system's cache.
 *
 * @param os The operating system, like `Deno.build.os`.
 * @param env Reads an environment variable.
 * @throws {UserError} If the environment gives no cache folder.
 */
export function defaultCacheDir(os: string, env: (name: string) => string | undefined): string {
  const named = env(cacheVariable);
  if (named) return resolve(named);
  const base = baseDir(os, env);
  if (base) return join(base, "attention-transfer");
  const missing = os === "windows" ? "LOCALAPPDATA" : "HOME";
  throw new UserError(
    `Cannot find the cache folder: ${missing} is not set; set ${cacheVariable} to a folder`,
    { code: "not-found" },
  );
}
