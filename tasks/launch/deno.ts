/**
 * Runs our programs with Deno.
 *
 * @module
 */
import { join } from "@std/path";
import { UserError } from "../../lib/errors.ts";
import { endedBy, type Launcher, launcherVariable, toVariable } from "../cli/parent.ts";
import { readLines } from "../cli/read_lines.ts";
import { describeCrash } from "./crash.ts";
import { permissionFlags, type Permissions, withEnv } from "./permissions.ts";
import type { Folders } from "./tasks.ts";

/** How to start one of our programs. */
export interface Start {
  readonly args?: readonly string[];
  readonly permissions: Permissions | "all";
  /** Features of Deno that it needs and that are off by default, such as `bundle`. */
  readonly features?: readonly string[];
  readonly env?: Record<string, string>;
  /** True if a run goes on with --resume after a crash. */
  readonly trains?: boolean;
  /** What to call it if it crashes. Default "the task". */
  readonly name?: string | undefined;
  /** Receives each line of both output streams. Default: they go to our own output. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Kills the program, if it does not end by itself. */
  readonly kill?: AbortSignal | undefined;
}

/** The name of the configuration that works here: with modules from JSR, or with stand-ins. */
export type Configuration = "deno.json" | "deno.nojsr.json";

/** How to start Deno itself. */
export interface DenoStart extends Omit<Start, "args" | "permissions" | "features"> {
  readonly cwd?: string;
}

/** Starts Deno and passes stop requests on to it. */
export class Runner {
  readonly configuration: Configuration;
  readonly place: Folders;
  readonly #launcher: Launcher;
  readonly #running = new Set<Deno.ChildProcess>();
  #ending: keyof typeof endedBy | undefined;

  constructor(place: Folders, configuration: Configuration, ignoresHangup: boolean) {
    this.place = place;
    this.configuration = configuration;
    this.#launcher = { pid: Deno.pid, ignoresHangup };
  }

  /** Runs one of our programs in the user's folder, and returns its exit code. */
  run(
    program: string,
    { args = [], permissions, features = [], env = {}, ...start }: Start,
  ): Promise<number> {
    const { root, cwd } = this.place;
    const flags = permissions === "all" ? ["--allow-all"] : [
      ...permissionFlags(withEnv(permissions, launcherVariable), cwd),
      ...importFlags(this.configuration, root),
    ];
    // Needed by tasks/run/garbage.ts.
    const settings = [...features.map((name) => `--unstable-${name}`), "--v8-flags=--expose-gc"];
    const words = [...flags, ...settings, "--quiet", join(root, program), ...args];
    const told = { ...env, [launcherVariable]: toVariable(this.#launcher) };
    return this.deno("run", { ...start, cwd, env: told }, ...words);
  }

  /** Runs Deno itself, and returns its exit code. */
  async deno(
    command: string,
    { cwd = this.place.root, env = {}, trains, name, onLine, kill }: DenoStart,
    ...args: string[]
  ): Promise<number> {
    if (this.#ending) return endedBy[this.#ending];
    const child = new Deno.Command(Deno.execPath(), {
      args: [command, "--config", join(this.place.root, this.configuration), ...args],
      cwd,
      env: { ...memorySettings(), ...env },
      ...(onLine && { stdin: "null", stdout: "piped", stderr: "piped" }),
    }).spawn();
    this.#running.add(child);
    // Also ends a stopped process, unlike SIGTERM.
    kill?.addEventListener("abort", () => sendSignal(child, "SIGKILL"));
    const outputs = onLine ? [child.stdout, child.stderr] : [];
    await Promise.all(outputs.map(async (output) => {
      for await (const line of readLines(output)) onLine!(line);
    }));
    const { code, signal } = await child.status;
    this.#running.delete(child);
    const crash = signal && !kill?.aborted ? describeCrash(signal, trains, name) : undefined;
    if (crash !== undefined) console.error(crash);
    return code;
  }

  /** True after {@link end}. */
  get isEnding(): boolean {
    return this.#ending !== undefined;
  }

  /** Asks the running programs to end, and starts no others. */
  end(signal: keyof typeof endedBy): void {
    this.#ending ??= signal;
    for (const child of this.#running) sendSignal(child, signal);
  }
}

/** Sends a signal to a program that may have ended. */
export function sendSignal(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has just ended.
  }
}

/** The folder of the npm packages, where tfjs's wasm backend reads its WebAssembly. */
export async function packageFolder(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).npmCache;
}

/**
 * The flags that allow code from JSR only, or from no host. By default Deno may import from several
 * hosts while a program runs, and `--deny-import` alone does not change that. From npm, only locked
 * packages may be imported. If the lock file lacks the JSR modules, Deno must add them first.
 *
 * @param root The folder of the repository.
 */
export function importFlags(configuration: Configuration, root: string): string[] {
  const { hostname, port, protocol } = jsrUrl();
  const jsr = `--allow-import=${hostname}:${port || (protocol === "http:" ? 80 : 443)}`;
  if (configuration === "deno.nojsr.json") return [jsr, "--deny-import", "--frozen"];
  const { jsr: locked = {} } = JSON.parse(Deno.readTextFileSync(join(root, "deno.lock")));
  const modules = Object.keys(locked);
  const isWhole = ["@std/cli@", "@std/path@"]
    .every((name) => modules.some((module) => module.startsWith(name)));
  return isWhole ? [jsr, "--frozen"] : [jsr];
}

/**
 * Asks Linux's C library for huge pages, which makes a training step about 4% faster. The setting
 * is read only at program start, and exists since version 2.35.
 */
function memorySettings(): Record<string, string> {
  if (Deno.build.os !== "linux") return {};
  const tunables = Deno.env.get("GLIBC_TUNABLES")?.split(":") ?? [];
  const isSet = tunables.some((tunable) => tunable.startsWith("glibc.malloc.hugetlb="));
  return isSet ? {} : { GLIBC_TUNABLES: [...tunables, "glibc.malloc.hugetlb=1"].join(":") };
}

/** The address of JSR, as Deno determines it. */
function jsrUrl(): URL {
  const text = Deno.env.get("JSR_URL") || "https://jsr.io";
  const url = URL.parse(text);
  if (url && url.hostname !== "") return url;
  throw new UserError(
    `Cannot use JSR_URL: ${JSON.stringify(text)} is no address such as https://jsr.io; ` +
      "correct or unset it",
  );
}
