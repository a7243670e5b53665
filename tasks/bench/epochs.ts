/**
 * Whole epochs on CIFAR-10, ours and PyTorch's.
 *
 * @module
 */
import { plainCase, transferCase } from "./cases.ts";
import { cifarFolder, type EpochData } from "./epoch.ts";
import { fastestOther, ours, type Program, timeInTurns, type Times } from "./in_turns.ts";
import { median } from "../../lib/median.ts";
import { type Bench, fastestTable, pytorchName, timesTable } from "./context.ts";

/** The training images of a quick look. */
const quickImages = 1280;
/** Enough to tell one way to load images from another. */
const trialImages = 3200;

/** The milliseconds of whole epochs: of every way of PyTorch's once, then of its fastest in turns with ours. */
export interface EpochTimes {
  trial: Times;
  turns: Times;
}

/** Times whole epochs. Each variant of PyTorch takes part with the loader that was fastest for it. */
export async function timeEpochs(bench: Bench): Promise<EpochTimes> {
  const { options, ours: pool, pytorch, rounds } = bench;
  const { precision, quick, epochTeacher } = options;
  const shape = epochTeacher ? transferCase : plainCase;
  const train = quick ? Math.min(options.epochImages, quickImages) : options.epochImages;
  const folder = await cifarFolder(options.dataroot);
  const dataOf = (train: number): EpochData => ({ folder, train, test: Math.ceil(train / 5) });
  const [data, fewer] = [dataOf(train), dataOf(Math.min(train, trialImages))];
  const name = `WRN-16-1${
    epochTeacher ? " <- WRN-16-2, AT+KD" : ""
  }, ${train} + ${data.test} images`;
  console.error(`timing epochs of ${name}`);

  const loadersOf = (variant: string, data: EpochData) =>
    Object.fromEntries((pytorch?.loaders ?? []).map((loader): [string, Program] => [
      pytorchName(`${variant}, ${loader}`),
      (epochs) => pytorch!.times({ case: shape, variant, precision, loader, data, epochs }),
    ]));
  const trial: Times = {};
  const programs: Record<string, Program> = {
    [ours]: async (epochs) =>
      (await pool.of(shape)).times({ epoch: shape, data, precision, epochs }),
  };
  for (const variant of pytorch?.variants ?? []) {
    const times = await timeInTurns(loadersOf(variant, fewer), 1, 1);
    Object.assign(trial, times);
    const fastest = fastestOther(times);
    if (fastest !== undefined) programs[fastest] = loadersOf(variant, data)[fastest]!;
  }
  const turns = await timeInTurns(programs, Math.ceil(rounds / 2), 1);
  console.log(`\n${timesTable(`epoch, ${precision}`, { [name]: turns }, seconds)}`);
  const fastest = fastestTable(`epoch, ${precision}`, { [name]: turns });
  if (fastest !== undefined) console.log(`\n${fastest}\n\n${trialLine(trial)}`);
  return { trial, turns };
}

const seconds = { unit: "s", scale: 1e-3 };

function trialLine(trial: Times): string {
  const figures = Object.entries(trial).map(([name, times]) =>
    `${name} ${(median(times) / 1000).toFixed(2)}`
  );
  return `Seconds of one epoch in the trial: ${figures.join("; ")}`;
}
