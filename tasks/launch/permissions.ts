/**
 * The permissions of a program, as Deno flags.
 *
 * @module
 */
import { dirname, relative, resolve } from "@std/path";
import { existsSync } from "../../lib/files.ts";
import type { Access } from "../cli/access.ts";

/** What a program may do. Everything else is refused without a prompt. */
export interface Permissions extends Access {
  /** Names of environment variables. */
  readonly env?: readonly string[] | "all";
  /** System information, named as for `--allow-sys`. */
  readonly sys?: readonly string[];
  /** Hosts with ports. */
  readonly net?: readonly string[];
  /** Names of programs that it may start. */
  readonly run?: readonly string[] | "all";
  /**
   * Native libraries. Deno cannot limit this to one library: reading their memory needs the full
   * permission (denoland/deno#15511).
   */
  readonly ffi?: boolean;
}

/** The same, with more environment variables. */
export function withEnv(permissions: Permissions, ...names: string[]): Permissions {
  const { env = [] } = permissions;
  return { ...permissions, env: env === "all" ? env : [...env, ...names] };
}

/**
 * The flags that allow exactly this.
 *
 * @param cwd The program's working directory, to which its paths are relative.
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

/** A new path may need folders above it, which are created with it. */
function firstMissing(path: string): string {
  const parent = dirname(path);
  return parent === path || existsSync(parent) ? path : firstMissing(parent);
}

/** Deno splits lists at commas. For a path with a comma, allow the folder that contains it. */
function asFlagValue(path: string, cwd: string): string {
  if (!path.includes(",")) return path;
  const short = relative(cwd, path);
  return short === "" ? "." : short.includes(",") ? asFlagValue(dirname(path), cwd) : short;
}
