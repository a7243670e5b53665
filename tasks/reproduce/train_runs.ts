/**
 * Trains the runs of a table, several at a time, each in its own process.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";
import { readTextFile } from "../../lib/files.ts";
import { stepsKept } from "../../lib/train/checkpoint_folder.ts";
import { readLines } from "../cli/read_lines.ts";
import { sendSignal } from "../launch/deno.ts";
import { argumentsOf, type Run } from "./table.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));

/** How to train the runs. */
export interface TrainRunsOptions {
  /** Number of runs at the same time. */
  readonly jobs: number;
  /** Threads per run. Default: the program's own default. */
  readonly threads: number | undefined;
  /** The folder of the data set. */
  readonly dataroot: string | undefined;
  /** The Python program for PyTorch rows. */
  readonly python: string;
  /** Returns the folder for a run's name. */
  readonly folderOf: (run: string) => string;
  /** True if a run is finished, so that it can be a teacher. */
  readonly isDone: (run: string) => boolean;
  /** Stops all runs; each saves a checkpoint. */
  readonly signal: AbortSignal;
  /** Called when a run starts or continues. */
  readonly onStart: (run: Run) => void;
  /** Called for each line of a run's progress. */
  readonly onLine: (run: Run, line: string) => void;
  /** Called when a run ends; `failure` is its last line if it failed. */
  readonly onEnd: (run: Run, failure: string | undefined) => Promise<void>;
}

/** Trains runs in order. A run that must wait for its teacher lets the next one go first. */
export async function trainRuns(runs: readonly Run[], options: TrainRunsOptions): Promise<void> {
  const { jobs, signal, isDone, onEnd } = options;
  const waiting = [...runs];
  const active = new Map<Run, Promise<void>>();
  const isActive = (name: string) => [...active.keys()].some((run) => run.name === name);
  const canStart = ({ teacher }: Run) =>
    teacher === undefined || isDone(teacher) && !isActive(teacher);
  while (!signal.aborted) {
    const next = active.size < jobs ? waiting.findIndex(canStart) : -1;
    if (next >= 0) {
      const [run] = waiting.splice(next, 1) as [Run];
      const ended = trainOne(run, options)
        .then((failure) => onEnd(run, failure))
        .finally(() => active.delete(run));
      active.set(run, ended);
    } else if (active.size > 0) {
      await Promise.race(active.values());
    } else {
      break;
    }
  }
  await Promise.all(active.values());
  if (signal.aborted) return;
  for (const run of waiting) await onEnd(run, `its teacher ${run.teacher} was not trained`);
}

/** Trains a run or continues it. Returns its last line if it fails. */
async function trainOne(run: Run, options: TrainRunsOptions): Promise<string | undefined> {
  const { signal, onStart, onLine } = options;
  onStart(run);
  const [program, ...args] = await programOf(run, options);
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program as string, {
      args,
      env: { INIT_CWD: Deno.cwd(), NO_COLOR: "1" },
      cwd: run.row.program === "pytorch" ? Deno.cwd() : root,
      ...{ stdin: "null", stdout: "null", stderr: "piped" },
    }).spawn();
  } catch (error) {
    return (error as Error).message;
  }
  const end = () => sendSignal(child, "SIGTERM");
  signal.addEventListener("abort", end);
  if (signal.aborted) end(); // since the loop looked
  let last = "it ended without a word";
  for await (const line of readLines(child.stderr)) {
    if (line.trim() !== "") last = line;
    onLine(run, line);
  }
  const { success } = await child.status;
  signal.removeEventListener("abort", end);
  return success || signal.aborted ? undefined : last.replace(/^error: /, "");
}

async function programOf(
  run: Run,
  { dataroot, threads, python, folderOf }: TrainRunsOptions,
): Promise<string[]> {
  const { program } = run.row;
  const folder = folderOf(run.name);
  const placed = dataroot === undefined ? [] : [dataFlag(run), dataroot];
  const bounded = threads === undefined ? [] : ["--threads", String(threads)];
  const more = [...placed, ...bounded];
  if (program === "pytorch") {
    // It resumes by itself if its folder has a checkpoint.
    return [
      python,
      join(root, "tasks/reproduce/pytorch.py"),
      ...argumentsOf(run, folderOf),
      ...more,
    ];
  }
  const hasBegun = (await stepsKept(folder)).length > 0;
  const args = hasBegun ? ["--resume", folder] : argumentsOf(run, folderOf);
  const { tasks } = JSON.parse(await readTextFile(join(root, "deno.json")));
  const [, ...words] = tasks[program].command.split(" ");
  return [Deno.execPath(), ...words, ...args, ...more];
}

function dataFlag({ row }: Run): string {
  return row.program === "imagenet" ? "--imagenetpath" : "--dataroot";
}
