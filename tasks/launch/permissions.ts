/**
 * What a program may do, as flags of deno.
 *
 * @module
 */
import { dirname, relative, resolve } from "@std/path";
import { existsSync } from "../../lib/files.ts";
import type { Access } from "../cli/access.ts";

/** What a program may do; nothing else, and nobody is asked. */
export interface Permissions extends Access {
  /** Environment variables, by name. */
  readonly env?: readonly string[] | "all";
  /** What may be asked of the system, as `--allow-sys` names it. */
  readonly sys?: readonly string[];
  /** Hosts, with ports. */
  readonly net?: readonly string[];
  /** Programs that it may start, by name. */
  readonly run?: readonly string[] | "all";
  /**
   * Native libraries. Deno cannot keep a program to one of them: what reads their memory needs the
   * permission as a whole (denoland/deno#15511).
   */
  readonly ffi?: boolean;
}

/**
 * The flags that allow this and no more.
 *
 * @param cwd the folder that the program runs in, and that its paths are relative to.
 */
export function permissionFlags(
  { read = [], write = [], env = [], sys = [], net = [], run = [], ffi = false }: Permissions,
  cwd: string,
): string[] {
  const written = write.map((path) => firstMissing(resolve(cwd, path)));
  const readable = [...read.map((path) => resolve(cwd, path)), ...written];
  const forPaths = (paths: readonly string[]) => paths.map((path) => asFlagValue(path, cwd));
  return [
    "--no-prompt",
    ...list("read", forPaths(readable)),
    ...list("write", forPaths(written)),
    ...list("env", env),
    ...list("sys", sys),
    ...list("net", net),
    ...list("run", run),
    ...(ffi ? ["--allow-ffi"] : []),
  ];
}

function list(name: string, values: readonly string[] | "all"): string[] {
  if (values === "all") return [`--allow-${name}`];
  return values.length === 0 ? [] : [`--allow-${name}=${[...new Set(values)].join(",")}`];
}

/** A path that is to be made may need folders above it, which are made with it. */
function firstMissing(path: string): string {
  const parent = dirname(path);
  return parent === path || existsSync(parent) ? path : firstMissing(parent);
}

/** Deno parts paths at commas: one that has a comma is allowed with the folder that holds it. */
function asFlagValue(path: string, cwd: string): string {
  if (!path.includes(",")) return path;
  const short = relative(cwd, path);
  return short === "" ? "." : short.includes(",") ? asFlagValue(dirname(path), cwd) : short;
}
