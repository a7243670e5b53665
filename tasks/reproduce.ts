/**
 * `deno task reproduce`: trains the missing runs of a table and writes the results.
 *
 * @module
 */
import { join } from "@std/path";
import { UserError } from "../lib/errors.ts";
import { checkFolderWritable, inMadeFolder, lockFile } from "../lib/files.ts";
import { runCommand } from "./cli/main.ts";
import { checkRows } from "./reproduce/check_rows.ts";
import { UsageError } from "./cli/usage_error.ts";
import { reproduceCommand, type ReproduceOptions } from "./reproduce/options.ts";
import { listLines } from "./reproduce/print_list.ts";
import { tableProgress } from "./reproduce/progress.ts";
import { writeReport } from "./reproduce/report.ts";
import { argumentsOf, commandOf, readTable } from "./reproduce/table.ts";
import { trainRuns } from "./reproduce/train_runs.ts";
import { canTeach, missingRuns, neededState, openWork, type Work } from "./reproduce/work.ts";
import { listenForInterruption } from "./run/interruption.ts";

await runCommand(reproduceCommand, async (options) => {
  const table = await readTable(options.table);
  await checkRows(table);
  const work = await openWork(table, options);
  if (options.list) return console.log(listLines(work).join("\n"));
  checkImages(work, options);
  await checkFolderWritable(options.out);
  using _held = await holdRuns(work.folderOf(""));
  await trainMissing(work, options);
});

/** ImageNet has no usual folder. */
function checkImages(work: Work, { dataroot }: ReproduceOptions): void {
  const run = missingRuns(work).find(({ row }) => row.program === "imagenet");
  if (run === undefined || dataroot !== undefined) return;
  throw new UsageError(
    `the row ${run.row.name} trains on ImageNet: name its folder with --dataroot`,
  );
}

/** Locks the folder of runs against other `deno task reproduce` processes. */
async function holdRuns(folder: string): Promise<Disposable> {
  return await inMadeFolder(folder, () =>
    lockFile(join(folder, ".lock"), () => {
      throw new UserError(
        `Cannot train in ${folder}: another deno task reproduce works there; wait until it ends, or ` +
          "choose another folder with --runs",
        { code: "in-use" },
      );
    }));
}

async function trainMissing(work: Work, options: ReproduceOptions): Promise<void> {
  const { table, runs, folderOf } = work;
  const { jobs, out } = options;
  const missing = missingRuns(work);
  const failures = new Set<string>();
  using interruption = listenForInterruption();
  using progress = tableProgress(work, missing, jobs);
  const fail = (name: string, why: string) => {
    failures.add(name);
    progress.say(`error: ${name}: ${why}`);
  };
  for (const run of runs) {
    const state = neededState(work, run);
    if (state.kind === "unusable") fail(run.name, state.why);
  }
  await trainRuns(missing, {
    ...options,
    threads: jobs === 1 ? undefined : Math.max(1, Math.floor(navigator.hardwareConcurrency / jobs)),
    folderOf,
    isDone: (run) => canTeach(work, run),
    signal: interruption.signal,
    onStart: (run) => progress.say(`${run.name}: ${commandOf(run, argumentsOf(run, folderOf))}`),
    onLine: (run, line) => progress.hear(run, line),
    onEnd: async (run, failure) => {
      await work.look(run);
      const state = neededState(work, run);
      progress.end(run);
      if (failure !== undefined) fail(run.name, failure);
      else if (state.kind === "unusable") fail(run.name, state.why);
      else if (state.kind === "done") {
        progress.say(`${run.name}: test accuracy ${state.result.last.test_acc.toFixed(2)}%`);
        await writeReport(work, out);
      } else if (interruption.exitCode === undefined) {
        const epochs = state.kind === "begun" ? state.epochs : 0;
        fail(run.name, `it ended after ${epochs} of ${run.row.options.epochs} epochs`);
      }
    },
  });
  await writeReport(work, out);
  if (interruption.exitCode !== undefined) {
    progress.say("stopped; the same command continues");
    Deno.exitCode = interruption.exitCode;
  } else if (failures.size > 0) {
    throw new UserError(
      `Cannot finish the table ${table.name}: of ${runs.length} runs these failed: ` +
        `${[...failures].join(", ")}; their lines above say why`,
    );
  } else {
    const isPart = options.only !== undefined || options.seeds !== undefined;
    const what = isPart ? `these runs of ${table.name} are` : `the table ${table.name} is`;
    progress.say(`${what} finished: see ${join(out, `${table.name}.md`)}`);
  }
}
