/**
 * The folder in which fetched files are kept from run to run.
 *
 * @module
 */
import { isAbsolute, join, resolve } from "@std/path";
import { UserError } from "../errors.ts";

/** The environment variable that names the cache folder. */
export const cacheVariable = "ATTENTION_TRANSFER_CACHE";

function baseDir(os: string, env: (name: string) => string | undefined): string | undefined {
  if (os === "windows") return env("LOCALAPPDATA");
  const home = env("HOME");
  if (os === "darwin") return home && join(home, "Library", "Caches");
  const xdg = env("XDG_CACHE_HOME");
  // The XDG Base Directory Specification has relative paths ignored.
  return xdg && isAbsolute(xdg) ? xdg : home && join(home, ".cache");
}

/**
 * The cache folder: `ATTENTION_TRANSFER_CACHE`, or else `attention-transfer` in the system's own
 * place for caches.
 *
 * @param os The operating system, as `Deno.build.os` names it.
 * @param env Reads an environment variable.
 * @throws {UserError} If the environment names no place for caches.
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
