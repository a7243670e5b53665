/**
 * The launcher: prepares what a task needs and runs its program.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";
import {
  type InstalledLibrary,
  libraryVariable,
  provisionedVariable,
} from "../../lib/provision/mod.ts";
import { checkThreadVariables } from "../../lib/backend/thread_numbers.ts";
import { UserError } from "../../lib/errors.ts";
import { whyNot } from "../../lib/files.ts";
import { describeFailure } from "../cli/failure.ts";
import { asksForHelp, ownArguments } from "../cli/flags.ts";
import { checkOutput, guardOutput } from "../cli/output.ts";
import { type ClusterPlan, readCluster } from "./cluster.ts";
import { type Configuration, packageFolder, Runner, type Start } from "./deno.ts";
import { developerTasks } from "./developer_tasks.ts";
import {
  chooseBuild,
  FetchError,
  type Fetching,
  libraryPermissions,
  provideDataSet,
  provideLibrary,
} from "./fetch.ts";
import { type LauncherStart, passRequestsOn } from "./requests.ts";
import { type ConfinedTask, confinedTasks, type Folders, permissionsOf } from "./tasks.ts";
import { gpuOfEach, visibleDevices } from "./gpu.ts";
import { readTexts, type Texts } from "./texts.ts";
import { UsageError } from "../cli/usage_error.ts";
import { runWorkers } from "./workers.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));

/** Changes to the user's folder: `deno task` has changed to the repository. */
function goToUser(): Folders {
  const cwd = Deno.env.get("INIT_CWD") || ".";
  try {
    Deno.chdir(cwd);
  } catch (error) {
    throw new UserError(
      `Cannot run in ${JSON.stringify(cwd)}, which INIT_CWD names: ${whyNot(error)}; ` +
        "correct or unset it",
    );
  }
  return { root, cwd: Deno.cwd() };
}

/** Chooses the configuration with JSR modules if they are cached or can be downloaded. */
async function chooseConfiguration(): Promise<Configuration> {
  const { imports } = JSON.parse(Deno.readTextFileSync(join(root, "deno.json")));
  try {
    await Promise.all([
      import(imports["@std/assert"]),
      import(`${imports["@std/cli"]}/parse-args`),
      import(imports["@std/path"]),
    ]);
    return "deno.json";
  } catch {
    return "deno.nojsr.json";
  }
}

/** Downloads what a task lacks. */
async function provide(
  { build, dataset }: ConfinedTask,
  texts: Texts,
  fetching: Fetching,
): Promise<{ library: InstalledLibrary | undefined; hasGpu: boolean }> {
  const data = dataset?.(texts);
  if (data) await provideDataSet(data, fetching);
  const wanted = build?.(texts);
  if (!wanted) return { library: undefined, hasGpu: false };
  checkThreadVariables(Deno.env.get);
  const chosen = await chooseBuild(wanted, fetching.runner);
  return { library: await provideLibrary(chosen, fetching), hasGpu: chosen === "gpu" };
}

/** Downloads what a task lacks, and runs it. */
async function runConfined(
  runner: Runner,
  task: ConfinedTask,
  args: readonly string[],
): Promise<number> {
  const { program, options } = task;
  if (asksForHelp(args)) return await runner.run(program, { args, permissions: {} });
  const texts = await readTexts(options, args);
  const isWanted = () => task.accepts(args);
  const { library, hasGpu } = await provide(task, texts, { runner, isWanted });
  const gpuId = texts.text("gpuId");
  if (gpuId !== undefined && !hasGpu) {
    console.error(
      "note: --gpu-id has no effect: there is no NVIDIA driver, or the CPU was asked for",
    );
  }
  const trains = "resume" in options && texts.text("evaluate") !== "true";
  const readsPackages = task.bundles || texts.text("engine") === "wasm";
  const packages = readsPackages ? await packageFolder() : undefined;
  const start: Start = {
    args,
    permissions: permissionsOf(task, texts, runner.place, { library, packages }),
    ...(task.bundles && { features: ["bundle"] }),
    env: {
      ...(library && { [provisionedVariable]: JSON.stringify(library) }),
      ...(gpuId !== undefined && hasGpu && { [visibleDevices]: gpuId }),
    },
    trains,
  };
  const cluster = trains ? clusterOf(texts, hasGpu) : undefined;
  // A command line that is not valid is refused once, not by each worker.
  if (!cluster || !await isWanted()) return await runner.run(program, start);
  const gpus = hasGpu && "workers" in cluster
    ? gpuOfEach(cluster.workers, gpuId, Deno.env.get(visibleDevices))
    : undefined;
  return await runWorkers(runner, program, start, {
    cluster,
    gpus,
    timeout: Number(texts.text("workerTimeout")),
    restarts: Number(texts.text("restarts")),
    folder: texts.text("resume") ?? texts.text("save"),
  });
}

/** The processes that train together. As in the original code, there is one for each of `--ngpu`. */
function clusterOf({ text }: Texts, hasGpu: boolean): ClusterPlan | undefined {
  const [hosts, ngpu] = [text("hosts"), Number(text("ngpu"))];
  const workers = text("workers") ??
    (hasGpu && hosts === undefined && ngpu > 1 ? ngpu : undefined);
  return readCluster({ workers, hosts, rank: text("rank") }, Deno.env.get);
}

/** Runs `setup`, which downloads by itself. It has no permission to look for a driver. */
async function setUp(runner: Runner, args: readonly string[]): Promise<number> {
  const isSaid = asksForHelp(args) || args.some((arg) => /^--[cg]pu\b/.test(arg));
  const more = isSaid ? [] : [`--${await chooseBuild("auto", runner)}`];
  const named = Deno.env.get(libraryVariable);
  return await runner.run("tasks/setup.ts", {
    args: [...args, ...more],
    permissions: { ...libraryPermissions(), read: named ? [named] : [], ffi: true },
  });
}

async function runTask(runner: Runner, [name = "", ...given]: readonly string[]): Promise<number> {
  const args = ownArguments(given);
  const setup = (args: readonly string[]) => setUp(runner, args);
  const others = { setup, ...developerTasks(runner) };
  if (Object.hasOwn(others, name)) return await others[name as keyof typeof others](args);
  const confined = Object.hasOwn(confinedTasks, name) ? confinedTasks[name] : undefined;
  if (confined) return await runConfined(runner, confined, args);
  const names = [...Object.keys(confinedTasks), ...Object.keys(others)].sort().join(", ");
  throw new UsageError(`there is no task "${name}"; there are ${names}`);
}

/**
 * Runs the task of the command line, and exits with its code.
 *
 * @param start What the launcher checked before its imports.
 */
export async function launch(start: LauncherStart): Promise<never> {
  guardOutput();
  try {
    const runner = new Runner(goToUser(), await chooseConfiguration(), start.ignoresHangup);
    // The running program decides how to handle a stop request; we wait for it.
    passRequestsOn(runner, start);
    const code = await runTask(runner, Deno.args);
    if (code === 0) checkOutput();
    Deno.exit(code);
  } catch (error) {
    if (error instanceof FetchError) Deno.exit(error.exitCode);
    const { text, exitCode } = describeFailure(error);
    console.error(text);
    Deno.exit(exitCode);
  }
}
