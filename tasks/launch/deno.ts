/**
 * Runs our programs with deno.
 *
 * @module
 */
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { join } from "@std/path";
import { UserError } from "../../lib/errors.ts";
import { endedBy, type Launcher, launcherVariable, toVariable } from "../cli/parent.ts";
import { type CrashAdvice, describeCrash } from "./crash.ts";
import { permissionFlags, type Permissions } from "./permissions.ts";
import type { Folders } from "./tasks.ts";

/** How {@link Deno.Command} is to start one of our programs. */
export interface Start {
  readonly args?: readonly string[];
  readonly permissions: Permissions | "all";
  readonly env?: Record<string, string>;
  /** What to do where it crashes. */
  readonly advice?: CrashAdvice | undefined;
}

/** The name of the configuration that works here: that with modules from JSR, or with stand-ins. */
export type Configuration = "deno.json" | "deno.nojsr.json";

/** How deno itself is to be started. */
export interface DenoStart extends Pick<Start, "env" | "advice"> {
  readonly cwd?: string;
  /** Takes what it writes to both outputs, line by line; it goes to ours unless given. */
  readonly onLine?: (line: string) => void;
}

/** Starts deno, and tells it of a request to end. */
export class Runner {
  readonly configuration: Configuration;
  readonly #place: Folders;
  readonly #launcher: Launcher;
  readonly #running = new Set<Deno.ChildProcess>();
  #ending: keyof typeof endedBy | undefined;

  constructor(place: Folders, configuration: Configuration, ignoresHangup = false) {
    this.#place = place;
    this.configuration = configuration;
    this.#launcher = { pid: Deno.pid, ignoresHangup };
  }

  /** Runs one of our programs where the user stands, and gives its exit code. */
  run(program: string, { args = [], permissions, env = {}, advice }: Start): Promise<number> {
    const { root, cwd } = this.#place;
    const flags = permissions === "all" ? ["--allow-all"] : [
      ...permissionFlags(withLauncher(permissions), cwd),
      ...importFlags(this.configuration, root),
    ];
    // For tasks/run/garbage.ts.
    const words = [...flags, "--v8-flags=--expose-gc", "--quiet", join(root, program), ...args];
    const told = { ...env, [launcherVariable]: toVariable(this.#launcher) };
    return this.deno("run", { cwd, env: told, advice }, ...words);
  }

  /** Runs deno itself, and gives its exit code. */
  async deno(
    command: string,
    { cwd = this.#place.root, env = {}, advice, onLine }: DenoStart,
    ...args: string[]
  ): Promise<number> {
    if (this.#ending) return endedBy[this.#ending];
    const child = new Deno.Command(Deno.execPath(), {
      args: [command, "--config", join(this.#place.root, this.configuration), ...args],
      cwd,
      env: { ...memorySettings(), ...env },
      ...(onLine && { stdin: "null", stdout: "piped", stderr: "piped" }),
    }).spawn();
    this.#running.add(child);
    const outputs = onLine ? [child.stdout, child.stderr] : [];
    await Promise.all(outputs.map((output) => passLines(output, onLine!)));
    const { code, signal } = await child.status;
    this.#running.delete(child);
    const crash = signal === null ? undefined : describeCrash(signal, advice);
    if (crash !== undefined) console.error(crash);
    return code;
  }

  /** Whether it was asked to end. */
  get isEnding(): boolean {
    return this.#ending !== undefined;
  }

  /** Asks the programs that run to end, and starts no other. */
  end(signal: keyof typeof endedBy): void {
    this.#ending ??= signal;
    for (const child of this.#running) {
      try {
        child.kill(signal);
      } catch {
        // It has just ended.
      }
    }
  }
}

async function passLines(
  output: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: (line: string) => void,
): Promise<void> {
  const text = output.pipeThrough(new TextDecoderStream());
  for await (const line of createInterface({ input: Readable.from(text) })) onLine(line);
}

/** A program may know who started it, see {@linkcode followLauncher}. */
function withLauncher(permissions: Permissions): Permissions {
  const { env = [] } = permissions;
  return { ...permissions, env: env === "all" ? env : [...env, launcherVariable] };
}

/**
 * The flags that let code come from JSR alone, or from nowhere: unless it is said, Deno imports from
 * several hosts while a program runs, and `--deny-import` by itself does not change that. Of npm,
 * only what is locked may be imported; where the lock lacks JSR's modules, deno has to add them first.
 *
 * @param root the folder of the repository.
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
 * Linux's C library is told to ask for huge pages, which makes a training step about 4% faster. It
 * looks at this only when a program starts, and knows nothing of it before version 2.35.
 */
function memorySettings(): Record<string, string> {
  if (Deno.build.os !== "linux") return {};
  const tunables = Deno.env.get("GLIBC_TUNABLES")?.split(":") ?? [];
  const isSet = tunables.some((tunable) => tunable.startsWith("glibc.malloc.hugetlb="));
  return isSet ? {} : { GLIBC_TUNABLES: [...tunables, "glibc.malloc.hugetlb=1"].join(":") };
}

/** Where JSR is, as Deno itself has it. */
function jsrUrl(): URL {
  const text = Deno.env.get("JSR_URL") || "https://jsr.io";
  const url = URL.parse(text);
  if (url && url.hostname !== "") return url;
  throw new UserError(
    `Cannot use JSR_URL: ${
      JSON.stringify(text)
    } is no address such as https://jsr.io; correct or unset it`,
  );
}
