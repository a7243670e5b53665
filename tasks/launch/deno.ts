/**
 * Runs our programs with deno.
 *
 * @module
 */
import { join } from "@std/path";
import { permissionFlags, type Permissions } from "./permissions.ts";
import type { Place } from "./tasks.ts";

/** How {@link Deno.Command} is to start one of our programs. */
export interface Start {
  readonly args?: readonly string[];
  readonly permissions: Permissions | "all";
  readonly env?: Record<string, string>;
  /** What to do where it crashes for want of memory, in a line. */
  readonly advice?: string | undefined;
}

/** The exit code of a program that was asked to end: 128 and the signal's number. */
const endedBySigterm = 143;

/** What ends a program that had no say in it. */
const crashes: readonly Deno.Signal[] = ["SIGABRT", "SIGBUS", "SIGKILL", "SIGSEGV"];

/** What to make of a program that ended so: it could not tell itself. */
function describeCrash(signal: Deno.Signal, advice: string | undefined): string {
  const crash = `error: the task was ended by ${signal}, most often because memory ran out`;
  return advice === undefined ? crash : `${crash}; ${advice}`;
}

/** The name of the configuration that works here: that with modules from JSR, or with stand-ins. */
export type Configuration = "deno.json" | "deno.nojsr.json";

/** Starts deno, one program at a time, and tells it of a request to end. */
export class Runner {
  readonly configuration: Configuration;
  readonly #place: Place;
  #running: Deno.ChildProcess | undefined;
  #ended = false;

  constructor(place: Place, configuration: Configuration) {
    this.#place = place;
    this.configuration = configuration;
  }

  /** Runs one of our programs where the user stands, and gives its exit code. */
  run(program: string, { args = [], permissions, env = {}, advice }: Start): Promise<number> {
    const { root, cwd } = this.#place;
    const flags = permissions === "all"
      ? ["--allow-all"]
      : [...permissionFlags(permissions, cwd), ...importFlags(this.configuration, root)];
    // For tasks/garbage.ts.
    const words = [...flags, "--v8-flags=--expose-gc", "--quiet", join(root, program), ...args];
    return this.deno("run", { cwd, env, advice }, ...words);
  }

  /** Runs deno itself, and gives its exit code. */
  async deno(
    command: string,
    { cwd = this.#place.root, env = {}, advice }: Pick<Start, "env" | "advice"> & { cwd?: string },
    ...args: string[]
  ): Promise<number> {
    if (this.#ended) return endedBySigterm;
    const child = new Deno.Command(Deno.execPath(), {
      args: [command, "--config", join(this.#place.root, this.configuration), ...args],
      cwd,
      env: { ...memorySettings(), ...env },
    }).spawn();
    this.#running = child;
    const { code, signal } = await child.status;
    this.#running = undefined;
    if (signal !== null && crashes.includes(signal)) {
      console.error(describeCrash(signal, advice));
    }
    return code;
  }

  /** Asks the program that runs to end, and starts no other. */
  end(): void {
    this.#ended = true;
    this.#running?.kill("SIGTERM");
  }
}

/**
 * The flags that let code come from JSR alone, or from nowhere: unless it is said, Deno imports from
 * several hosts while a program runs, and `--deny-import` by itself does not change that. Of npm,
 * only what is locked may be imported; where the lock lacks JSR's modules, deno has to add them first.
 *
 * @param root the folder of the repository.
 */
export function importFlags(configuration: Configuration, root: string): string[] {
  const { hostname, port, protocol } = new URL(Deno.env.get("JSR_URL") ?? "https://jsr.io");
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
