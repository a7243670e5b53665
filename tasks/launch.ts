/**
 * Starts the programs behind the tasks, as `launch.ts TASK ARGS...`. Only this part starts programs,
 * and only those that it starts to fetch something reach the network; a task then runs with the
 * permissions that its command line needs, and no more.
 *
 * Where JSR cannot be reached, programs run with `deno.nojsr.json`, which maps the modules from JSR
 * onto small adapters; this one always does, and needs no package. Programs run where the user
 * stands, not where the repository is.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";
import { libraryVariable } from "../lib/engine/provision/platform.ts";
import { provisionedVariable } from "../lib/engine/provision/provision.ts";
import { checkThreadVariables } from "../lib/engine/threads.ts";
import { describeFailure } from "./cli/failure.ts";
import { asksForHelp, ownArguments } from "./cli/flags.ts";
import { checkOutput, guardOutput } from "./cli/output.ts";
import { ignoresHangup } from "./cli/parent.ts";
import { type Configuration, Runner } from "./launch/deno.ts";
import { developerTasks } from "./launch/developer_tasks.ts";
import {
  chooseBuild,
  FetchError,
  libraryPermissions,
  provideDataSet,
  provideLibrary,
} from "./launch/fetch.ts";
import { passRequestsOn } from "./launch/requests.ts";
import { type ConfinedTask, confinedTasks, permissionsOf, type Place } from "./launch/tasks.ts";
import { readTexts } from "./launch/texts.ts";
import { UsageError } from "./cli/usage_error.ts";

guardOutput();
// deno itself has gone to the repository.
Deno.chdir(Deno.env.get("INIT_CWD") ?? ".");
const place: Place = { root: fromFileUrl(new URL("../", import.meta.url)), cwd: Deno.cwd() };

/** The configuration with modules from JSR where they are at hand, or can be fetched. */
async function chooseConfiguration(): Promise<Configuration> {
  const { imports } = JSON.parse(Deno.readTextFileSync(join(place.root, "deno.json")));
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

/** What to do where a training run crashes. */
const trainingAdvice = {
  goOn: "the run goes on from its last checkpoint with --resume",
  lessMemory: "it takes less with a smaller --batch-size, which cannot change within an epoch",
};

// Asked before anything listens to signals, and only where a task may take long.
const hangupIsIgnored = Deno.args[0] !== "doctor" && ignoresHangup();
const runner = new Runner(place, await chooseConfiguration(), hangupIsIgnored);

/** Has fetched what a task lacks, and runs it. */
async function runConfined(task: ConfinedTask, args: readonly string[]): Promise<number> {
  const { program, options, build, dataset } = task;
  if (asksForHelp(args)) return await runner.run(program, { args, permissions: {} });
  const fetching = { runner, place, isWanted: () => task.accepts(args) };
  const texts = await readTexts(options, args);
  const data = dataset?.(texts);
  if (data) await provideDataSet(data, fetching);
  const wanted = build?.(texts);
  if (wanted) checkThreadVariables(Deno.env.get);
  const library = wanted && await provideLibrary(await chooseBuild(wanted, runner), fetching);
  const trains = "resume" in options && texts.text("evaluate") !== "true";
  return await runner.run(program, {
    args,
    permissions: permissionsOf(task, texts, place, library),
    env: library ? { [provisionedVariable]: JSON.stringify(library) } : {},
    advice: trains ? trainingAdvice : undefined,
  });
}

/** Runs `setup`, which is there to fetch. It cannot see whether there is a driver. */
async function setUp(args: readonly string[]): Promise<number> {
  const isSaid = asksForHelp(args) || args.some((arg) => /^--[cg]pu\b/.test(arg));
  const more = isSaid ? [] : [`--${await chooseBuild("auto", runner)}`];
  const { read = [], ...others } = libraryPermissions();
  const named = Deno.env.get(libraryVariable);
  return await runner.run("tasks/setup.ts", {
    args: [...args, ...more],
    permissions: { read: named ? [...read, named] : read, ...others, ffi: true },
  });
}

async function main([name = "", ...given]: readonly string[]): Promise<number> {
  const args = ownArguments(given);
  const others = { setup: setUp, ...developerTasks(runner) };
  if (Object.hasOwn(others, name)) return await others[name as keyof typeof others](args);
  const confined = Object.hasOwn(confinedTasks, name) ? confinedTasks[name] : undefined;
  if (confined) return await runConfined(confined, args);
  const names = [...Object.keys(confinedTasks), ...Object.keys(others)].sort().join(", ");
  throw new UsageError(`there is no task "${name}"; there are ${names}`);
}

// The program that runs decides what a request to end does; we wait for it.
passRequestsOn(runner, hangupIsIgnored);
try {
  const code = await main(Deno.args);
  if (code === 0) checkOutput();
  Deno.exit(code);
} catch (error) {
  if (error instanceof FetchError) Deno.exit(error.exitCode);
  const { text, exitCode } = describeFailure(error);
  console.error(text);
  Deno.exit(exitCode);
}
