/**
 * Training in several processes of one thread: beside one process, beside PyTorch's, and the sums over
 * all processes alone.
 *
 * @module
 */
import { median } from "../../lib/median.ts";
import { type Case, peakMemorySteps, workersCases } from "./cases.ts";
import type { Message } from "./child.ts";
import { type Bench, fastestTable, markdown, printTimes, timesTable } from "./context.ts";
import { orNote, ours, type Programs, timeInTurns, type Times } from "./in_turns.ts";
import {
  type OtherTeam,
  type OurTeam,
  startApart,
  startOpenMpi,
  startPyTorchTeam,
  startTogether,
} from "./teams.ts";

/** What is measured of several processes. */
export interface WorkersReport {
  processes: number;
  /** Of every step, by case and program. */
  milliseconds: Record<string, Times>;
  /** Peak resident bytes of one process that trains alone, and of each that trains with others. */
  peakBytes: Record<string, Peaks>;
  /** Milliseconds of every sum, by size and program. */
  allReduce: Record<string, Times>;
}

/** Peak resident bytes. */
export interface Peaks {
  one: number;
  each: number[];
}

/** One process, which has no other beside it. */
export const oneProcess = "one process";
/** Processes that compute at the same time and exchange nothing: what the machine itself allows. */
export const apart = "apart";

const megabyte = 1e6 / 4; // in numbers of float32
const sums: Record<string, number> = { "1 MB": megabyte, "100 MB": 100 * megabyte };

/** Measures so many processes that train together. */
export async function measureWorkers(bench: Bench, processes: number): Promise<WorkersReport> {
  const cases = workersCases;
  const { milliseconds, allReduce } = await timeWorkers(bench, processes, cases, sums);
  const peakBytes = await measureWorkerPeaks(bench, processes, cases);
  console.log(`\n${peaksTable(`peak memory, MB, ${bench.options.precision}`, peakBytes)}`);
  return { processes, milliseconds, peakBytes, allReduce };
}

/** Times steps of the cases, and sums of so many numbers, in turns with all that does the same. */
export async function timeWorkers(
  { options, rounds, steps }: Pick<Bench, "options" | "rounds" | "steps">,
  processes: number,
  cases: Readonly<Record<string, Case>>,
  sums: Readonly<Record<string, number>>,
): Promise<Pick<WorkersReport, "milliseconds" | "allReduce">> {
  const { precision } = options;
  await using together = await startTogether(processes, options);
  await using alone = await startApart(1, options);
  await using others = await startApart(processes, options);
  await using torch = await unlessMissing("PyTorch", () => startPyTorchTeam(processes, options));
  await using mpi = await unlessMissing("Open MPI", () => startOpenMpi(processes, options));

  const milliseconds: Record<string, Times> = {};
  for (const [name, shape] of Object.entries(cases)) {
    console.error(`timing ${processes} processes, ${name}`);
    const asked = { case: shape, precision };
    const programs: Programs = {
      // They wait for each other, so the steps of the first follow each other as those of all do.
      [ours]: async (steps) => (await together.times({ ...asked, steps, workers: true }))[0]!,
      [oneProcess]: async (steps) => (await alone.times({ ...asked, steps }))[0]!,
      [apart]: async (steps) => (await others.times({ ...asked, steps })).flat(),
      ...torch && torchPrograms(torch, asked),
    };
    milliseconds[name] = await timeInTurns(programs, rounds, steps);
  }
  printSteps(`step, ${precision}, ${processes} processes`, milliseconds, cases, processes);

  const allReduce: Record<string, Times> = {};
  for (const [name, numbers] of Object.entries(sums)) {
    console.error(`timing sums over ${processes} processes, ${name}`);
    const first = (team: OtherTeam) => async (steps: number) =>
      (await team.times({ allReduce: numbers, steps }))[0]!;
    const programs: Programs = {
      [ours]: async (steps) => (await together.times({ allReduce: numbers, steps }))[0]!,
      ...torch && { "PyTorch gloo": first(torch) },
      ...mpi && { "Open MPI": first(mpi) },
    };
    allReduce[name] = await timeInTurns(programs, rounds, steps);
  }
  printTimes(`all-reduce, ${processes} processes`, allReduce);
  return { milliseconds, allReduce };
}

/** Undefined, with a line that says so, where a program cannot be started. */
function unlessMissing<T>(what: string, start: () => Promise<T>): Promise<T | undefined> {
  return orNote(start, (why) => `no processes of ${what} beside (${why})`);
}

/** PyTorch's DistributedDataParallel in each of its ways to run a step. */
function torchPrograms(torch: OtherTeam, asked: Message): Programs {
  const variants = torch.ready.variants as readonly string[];
  return Object.fromEntries(variants.map((variant) => [
    `PyTorch DDP ${variant}`,
    async (steps: number) => (await torch.times({ ...asked, variant, steps }))[0]!,
  ]));
}

/** The peak memory of one process, and of each of several, all of them new ones for each case. */
export async function measureWorkerPeaks(
  { options }: Pick<Bench, "options">,
  processes: number,
  cases: Readonly<Record<string, Case>>,
): Promise<Record<string, Peaks>> {
  const peaks: Record<string, Peaks> = {};
  for (const [name, shape] of Object.entries(cases)) {
    console.error(`measuring the memory of ${processes} processes, ${name}`);
    const steps = { case: shape, precision: options.precision, steps: peakMemorySteps };
    const [one] = await peaksOf(await startApart(1, options), steps);
    const team = await startTogether(processes, options);
    peaks[name] = { one: one!, each: await peaksOf(team, { ...steps, workers: true }) };
  }
  return peaks;
}

/** Runs steps, and ends the processes: their memory is free for the next ones. */
async function peaksOf(team: OurTeam, steps: Parameters<OurTeam["times"]>[0]): Promise<number[]> {
  await using running = team;
  await running.times(steps);
  return await running.peakBytes();
}

function printSteps(
  what: string,
  results: Readonly<Record<string, Times>>,
  cases: Readonly<Record<string, Case>>,
  processes: number,
): void {
  if (Object.keys(results).length === 0) return;
  console.log(`\n${timesTable(what, results)}`);
  console.log(`\n${imagesTable(what, results, cases, processes)}`);
  // The other two of ours do less in a step.
  const besideTorch = Object.entries(results)
    .map(([name, { [oneProcess]: _, [apart]: __, ...others }]) => [name, others]);
  const fastest = fastestTable(what, Object.fromEntries(besideTorch));
  if (fastest !== undefined) console.log(`\n${fastest}`);
}

/**
 * Images a second of one process, of several apart and of several together, by the medians, and how
 * many times as many as one's these are: also by the least times, which are disturbed less by what else
 * runs. Each process has the same batch.
 */
export function imagesTable(
  what: string,
  results: Readonly<Record<string, Times>>,
  cases: Readonly<Record<string, Pick<Case, "batch">>>,
  processes: number,
): string {
  const least = (times: readonly number[] = []) => Math.min(...times);
  const rows = Object.entries(results).map(([name, times]) => {
    const { batch } = cases[name]!;
    const rates = (typical: typeof least) => ({
      one: 1000 * batch / typical(times[oneProcess]),
      separate: 1000 * processes * batch / typical(times[apart]),
      together: 1000 * processes * batch / typical(times[ours]),
    });
    const { one, separate, together } = rates(median);
    const ratios = [separate / one, together / one, rates(least).together / rates(least).one];
    return [
      name,
      ...[one, separate, together].map((rate) => rate.toFixed(0)),
      ...ratios.map((ratio) => ratio.toFixed(2)),
    ];
  });
  const images = ["images/s of one process", "of all, apart", "together"];
  return markdown([what, ...images, "apart / one", "together / one", "by least times"], rows);
}

/** The memory of one process, the most of one of several, and the ratio. */
export function peaksTable(what: string, peaks: Readonly<Record<string, Peaks>>): string {
  const rows = Object.entries(peaks).map(([name, { one, each }]) => {
    const most = Math.max(...each);
    return [name, ...[one, most].map((bytes) => (bytes / 1e6).toFixed(0)), (most / one).toFixed(2)];
  });
  return markdown([what, oneProcess, "each of several", "ratio"], rows);
}
