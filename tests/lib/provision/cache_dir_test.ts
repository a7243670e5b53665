/** Tests of lib/provision/cache_dir.ts. @module */
import { assertEquals, assertThrows } from "@std/assert";
import { join, resolve } from "@std/path";
import { defaultCacheDir } from "../../../lib/provision/cache_dir.ts";
import { UserError } from "../../../lib/errors.ts";

function cacheDir(os: string, variables: Record<string, string>): string {
  return defaultCacheDir(os, (name) => variables[name]);
}

Deno.test("defaultCacheDir() is the system's own place for caches", () => {
  const home = resolve("/home/ada");
  const expected = (...parts: string[]): string => join(home, ...parts, "attention-transfer");
  assertEquals(cacheDir("linux", { HOME: home }), expected(".cache"));
  assertEquals(cacheDir("darwin", { HOME: home }), expected("Library", "Caches"));
  assertEquals(cacheDir("windows", { LOCALAPPDATA: home }), expected());
  assertEquals(cacheDir("linux", { HOME: "/x", XDG_CACHE_HOME: home }), expected());
});

Deno.test("defaultCacheDir() passes over a relative XDG_CACHE_HOME", () => {
  const dir = cacheDir("linux", { HOME: resolve("/home/ada"), XDG_CACHE_HOME: "cache" });
  assertEquals(dir, join(resolve("/home/ada"), ".cache", "attention-transfer"));
});

Deno.test("defaultCacheDir() is the folder that ATTENTION_TRANSFER_CACHE names", () => {
  for (const os of ["linux", "darwin", "windows"]) {
    assertEquals(cacheDir(os, { ATTENTION_TRANSFER_CACHE: "here" }), resolve("here"));
  }
});

Deno.test("defaultCacheDir() names the variable that is missing", () => {
  assertThrows(() => cacheDir("linux", {}), UserError, "HOME is not set");
  assertThrows(() => cacheDir("windows", {}), UserError, "LOCALAPPDATA is not set");
});
