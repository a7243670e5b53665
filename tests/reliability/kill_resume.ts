/**
 * Kills a training run with SIGKILL at random times, resumes it until it is done, and compares all that
 * it left with a run that was never killed.
 *
 * As a program: `deno run -A tests/reliability/kill_resume.ts --kills 50 --seed 1`.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { exists, sha256, temporaryFolder } from "../../lib/files.ts";
import { randomStream } from "../../lib/random.ts";
import { parseCheckpoint } from "../../lib/train/checkpoint_file.ts";
import { checkpointPath, stepsKept } from "../../lib/train/checkpoint.ts";
import { readStats } from "../../tasks/run/run_log.ts";
import { startTraining, type TrainingProcess } from "./training_process.ts";

/** A small network, and checkpoints all the time: a good part of the kills meet one being written. */
const args: readonly string[] = [
  ...["--dataset", "CIFAR10-sample", "--depth", "10", "--width", "0.25", "--seed", "5"],
  ...["--batch-size", "100", "--epoch-step", "1,2", "--log-steps"],
  ...["--checkpoint-every", "1", "--keep", "2", "--save", "run"],
];

/** What {@link killAndResume} does. */
export interface KillOptions {
  /** An empty folder. */
  folder: string;
  /** How many processes to kill. */
  kills: number;
  /** Of the moments. */
  seed: number;
  /** Epochs of each run, of 20 steps. */
  epochs: number;
  /** Further options of each run. */
  more?: readonly string[];
  tell?: (line: string) => void;
}

/** What {@link killAndResume} did. */
export interface KillReport {
  /** Processes that were killed. */
  kills: number;
  /** Kills that met a file half written. */
  whileWriting: number;
  /** Kills before the run had its first checkpoint. */
  beforeCheckpoint: number;
  /** Runs that were brought to their end and compared. */
  runs: number;
  /** Steps of each. */
  steps: number;
}

/**
 * Kills runs, one after the other, until there were so many kills and the last run is done.
 *
 * @throws where a run that was killed left anything else than one that was not.
 */
export async function killAndResume(
  { folder, kills, seed, epochs, more = [], tell = () => {} }: KillOptions,
): Promise<KillReport> {
  const wholeFolder = join(folder, "whole");
  await Deno.mkdir(wholeFolder);
  const first = [...args, "--epochs", String(epochs), ...more];
  const start = performance.now();
  const { code, err } = await startTraining({ cwd: wholeFolder, args: first }).ended;
  assertEquals(code, 0, err);
  const length = performance.now() - start;
  const whole = await traceOf(join(wholeFolder, "run"));
  tell(`one run without a kill: ${whole.losses.length} steps, ${(length / 1000).toFixed(1)} s`);

  const random = randomStream(seed);
  const report = {
    kills: 0,
    whileWriting: 0,
    beforeCheckpoint: 0,
    runs: 0,
    steps: whole.losses.length,
  };
  while (report.kills < kills) {
    const cwd = join(folder, `killed${report.runs}`);
    const run = join(cwd, "run");
    await Deno.mkdir(cwd);
    let done = false;
    while (!done) {
      const started = (await stepsKept(run)).length > 0;
      const process = startTraining({ cwd, args: started ? ["--resume", "run"] : first });
      // What comes later is met by those that are resumed.
      const delay = random.uniform() * length / 2;
      // Every second one waits for a file that is being written.
      const aims = report.kills % 2 === 1;
      const before = partialFiles(run);
      const meets = () => !aims || partialFiles(run).some((name) => !before.includes(name));
      const timer = report.kills < kills
        ? setTimeout(() => killWhen(process, meets), delay)
        : undefined;
      const ended = await process.ended;
      clearTimeout(timer);
      done = ended.signal !== "SIGKILL";
      if (done) {
        assertEquals(ended.code, 0, ended.err);
        continue;
      }
      report.kills++;
      const { written, steps } = await checkKilled(run, whole.losses);
      if (!written) report.whileWriting++;
      if (steps === undefined) report.beforeCheckpoint++;
      tell(
        `kill ${report.kills} after ${(delay / 1000).toFixed(2)} s: ` +
          `${steps === undefined ? "no checkpoint yet" : `checkpoint of step ${steps}`}` +
          `${written ? "" : ", while a file was written"}`,
      );
    }
    assertEquals(await traceOf(run), whole);
    report.runs++;
    tell(`run ${report.runs} is done: the same losses, metrics and files`);
    await Deno.remove(cwd, { recursive: true });
  }
  return report;
}

/** All of a run that must not depend on whether it was killed. */
interface Trace {
  losses: string[];
  metrics: Record<string, unknown>[];
  files: Record<string, string>;
  /** Of the last checkpoint: the checksum of each. */
  tensors: Record<string, string>;
  position: unknown;
}

async function traceOf(run: string): Promise<Trace> {
  const names = [...Deno.readDirSync(run)].map(({ name }) => name).sort()
    .filter((name) => !name.startsWith("events."));
  const weights = names.filter((name) => name.endsWith(".safetensors"));
  const others = [".lock", "checkpoint", "curves.svg", "log.txt", "steps.txt"];
  assertEquals(names.filter((name) => !weights.includes(name)), others);
  assert(weights.includes("model.safetensors"));
  const digests = weights.map(async (name) =>
    [name, await sha256(await Deno.readFile(join(run, name)))] as const
  );
  const [steps] = await stepsKept(run);
  const bytes = await Deno.readFile(checkpointPath(run, steps!));
  const { tensors, position } = await parseCheckpoint(bytes);
  const stats = await readStats(run);
  return {
    losses: (await Deno.readTextFile(join(run, "steps.txt"))).trimEnd().split("\n"),
    // Those of time and of the start of the program left out.
    metrics: stats.map((
      { train_time: _, test_time: __, processor_time: ___, save: ____, resume: _____, ...metrics },
    ) => metrics),
    files: {
      ...Object.fromEntries(await Promise.all(digests)),
      // echarts numbers its classes through the life of a process.
      curves: (await Deno.readTextFile(join(run, "curves.svg"))).replace(/zr\d+-c(ls-)?\d+/g, ""),
    },
    tensors: Object.fromEntries(
      await Promise.all(
        Object.entries(tensors).map(async ([key, { data }]) => [
          key,
          await sha256(Uint8Array.from(data)),
        ]),
      ),
    ),
    position,
  };
}

/** Sees that what a kill left is whole and agrees with the run that was not killed. */
async function checkKilled(run: string, losses: readonly string[]) {
  const kept = await stepsKept(run);
  // keep, and one more where the kill came before the oldest was removed
  assert(kept.length <= 3, `checkpoints of the steps ${kept}`);
  for (const steps of kept) {
    const content = await parseCheckpoint(await Deno.readFile(checkpointPath(run, steps)));
    assertEquals(content.position.steps, steps);
  }
  if (await exists(join(run, "steps.txt"))) {
    const lines = (await Deno.readTextFile(join(run, "steps.txt"))).split("\n").slice(0, -1);
    assertEquals(lines, losses.slice(0, lines.length));
    assert(lines.length >= (kept[0] ?? 0), `${lines.length} steps, a checkpoint of ${kept[0]}`);
  }
  if (await exists(join(run, "log.txt"))) {
    const epochs = (await readStats(run)).map(({ epoch }) => epoch);
    assertEquals(epochs, epochs.map((_, i) => i + 1));
  }
  return { written: partialFiles(run).length === 0, steps: kept[0] };
}

/** Kills a process as soon as something holds, unless it ends before. */
async function killWhen(process: TrainingProcess, holds: () => boolean): Promise<void> {
  let running = true;
  process.ended.then(() => running = false);
  while (running && !holds()) await new Promise((resolve) => setTimeout(resolve));
  try {
    process.kill("SIGKILL");
  } catch {
    // It has just ended.
  }
}

/** The folders of files that are not whole yet. */
function partialFiles(run: string): string[] {
  return [run, join(run, "checkpoint")].flatMap((folder) => {
    try {
      return [...Deno.readDirSync(folder)].map(({ name }) => name)
        .filter((name) => name.endsWith(temporaryFolder("")));
    } catch {
      return []; // not there yet
    }
  });
}

if (import.meta.main) {
  const value = (flag: string, other: number) =>
    Number(Deno.args[Deno.args.indexOf(flag) + 1] ?? other) || other;
  const folder = await Deno.makeTempDir();
  try {
    const report = await killAndResume({
      folder,
      kills: value("--kills", 50),
      seed: value("--seed", 1),
      epochs: value("--epochs", 6),
      tell: console.log,
    });
    console.log(JSON.stringify(report));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
