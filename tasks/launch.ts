/**
 * Starts the programs behind the tasks, as `launch.ts TASK ARGS...`. Where JSR cannot be reached, it
 * starts them with `deno.nojsr.json`, which maps the modules from JSR onto small adapters; so it
 * must import nothing from JSR itself. Programs run where the user stands, not where the
 * repository is.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Whether the modules from JSR are at hand, or can be fetched. */
async function jsrLoads(): Promise<boolean> {
  try {
    await Promise.all([
      import("@std/assert"),
      import("@std/cli/parse-args"),
      import("@std/path"),
    ]);
    return true;
  } catch {
    return false;
  }
}

const config = `${root}${await jsrLoads() ? "deno.json" : "deno.nojsr.json"}`;

/** Runs deno with the configuration that works here, and gives its exit code. */
async function deno(command: string, cwd: string, ...args: string[]): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [command, "--config", config, ...args],
    cwd,
    env: memorySettings(),
  }).spawn();
  running = child;
  const { code } = await child.status;
  running = undefined;
  return code;
}

/** The program that runs at the moment. */
let running: Deno.ChildProcess | undefined;

/**
 * Linux's C library is told to ask for huge pages, which makes a training step about 4% faster. It
 * looks at this only when a program starts, and knows nothing of it before version 2.35.
 */
function memorySettings(): Record<string, string> {
  const tunables = Deno.env.get("GLIBC_TUNABLES")?.split(":") ?? [];
  const isSet = tunables.some((tunable) => tunable.startsWith("glibc.malloc.hugetlb="));
  if (Deno.build.os !== "linux" || isSet) return {};
  return { GLIBC_TUNABLES: [...tunables, "glibc.malloc.hugetlb=1"].join(":") };
}

/** Runs one of our programs where the user stands: deno itself has gone to the repository. */
function run(program: string, args: string[]): Promise<number> {
  const cwd = Deno.env.get("INIT_CWD") ?? Deno.cwd();
  return deno("run", cwd, "--allow-all", "--quiet", `${root}${program}`, ...args);
}

function test(args: string[]): Promise<number> {
  return deno(
    "test",
    root,
    "--allow-all",
    "--quiet",
    "--doc",
    "README.md",
    "mod.ts",
    "lib",
    "models",
    "tests",
    ...args,
  );
}

/** What `deno task ok` does, in its order, by name. */
const checks: Record<string, () => Promise<number>> = {
  format: () => deno("fmt", root, "--check", "--quiet"),
  lint: () => deno("lint", root, "--quiet"),
  types: () => deno("check", root, "--quiet", "."),
  docs: () => deno("run", root, "--allow-all", "--quiet", "tasks/check_docs.ts", config),
  tests: () => setUpAndTest([]),
  publish: () => deno("publish", root, "--quiet", "--dry-run", "--allow-dirty"),
};

/** Runs the checks; `--without tests` leaves one out. */
async function ok([flag, without]: string[]): Promise<number> {
  for (const [name, check] of Object.entries(checks)) {
    if (flag === "--without" && name === without) continue;
    console.error(`--- ${name}`);
    const code = await check();
    if (code !== 0) {
      console.error(`error: the check "${name}" failed`);
      return code;
    }
  }
  return 0;
}

async function setUpAndTest(args: string[]): Promise<number> {
  return await run("tasks/setup.ts", []) || await test(args);
}

const tasks: Record<string, (args: string[]) => Promise<number>> = {
  bench: (args) => run("tasks/bench.ts", args),
  cifar: (args) => run("tasks/cifar.ts", args),
  convert: (args) => run("tasks/convert.ts", args),
  imagenet: (args) => run("tasks/imagenet.ts", args),
  setup: (args) => run("tasks/setup.ts", args),
  test: setUpAndTest,
  visualize: (args) => run("tasks/visualize.ts", args),
  ok,
};

// The program that runs decides what an interrupt does; we wait for it. Ctrl-C reaches it by itself,
// a request to end reaches only us.
Deno.addSignalListener("SIGINT", () => {});
if (Deno.build.os !== "windows") {
  Deno.addSignalListener("SIGTERM", () => running?.kill("SIGTERM"));
}
const [name = "", ...args] = Deno.args;
const task = tasks[name];
if (!task) {
  console.error(`error: there is no task "${name}"; there are ${Object.keys(tasks).join(", ")}`);
  Deno.exit(2);
}
Deno.exit(await task(args));
