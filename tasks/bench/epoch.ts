/**
 * Whole epochs of `deno task cifar`: loading and augmentation, steps, evaluation, log and checkpoint.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";
import { type Cifar, readCifar } from "../../lib/data/cifar.ts";
import { cifarFormats } from "../../lib/data/cifar_format.ts";
import type { ImageSet } from "../../lib/data/image_set.ts";
import { UserError } from "../../lib/errors.ts";
import { exists } from "../../lib/files.ts";
import { cifarRun } from "../run/cifar_run.ts";
import { cifarCommand } from "../cli/cifar_options.ts";
import { parseOptions } from "../cli/options.ts";
import { saveNetwork, wideResNetArchitecture } from "../../lib/networks/network.ts";
import { trainStudent } from "../run/train_student.ts";
import { median } from "../../lib/median.ts";
import { type Case, plainCase, transferCase } from "./cases.ts";
import { type Bench, printTimes, pytorchName, seconds } from "./context.ts";
import { fastestOther, ours, type Program, timeInTurns, type Times } from "./in_turns.ts";
import type { EpochData, Request } from "./request.ts";

const sample = fromFileUrl(new URL("../../data/cifar10-sample", import.meta.url));
const numClasses = 10;
const normalization = "paper";

/** The training images of a quick look. */
const quickImages = 1280;
/** The images of the short trial that finds PyTorch's fastest loader. */
const trialImages = 3200;

/**
 * Times whole epochs. Each variant of PyTorch takes part with the loader that was fastest for it.
 *
 * @returns the milliseconds: in `trial` of every way of PyTorch's once, in `turns` of the fastest with ours.
 */
export async function timeEpochs(bench: Bench): Promise<{ trial: Times; turns: Times }> {
  const { options, ours: pool, pytorch, rounds } = bench;
  const { precision, quick, epochTeacher } = options;
  const shape = epochTeacher ? transferCase : plainCase;
  const train = quick ? Math.min(options.epochImages, quickImages) : options.epochImages;
  const folder = await cifarFolder(options.dataroot);
  const dataOf = (train: number): EpochData => ({ folder, train, test: Math.ceil(train / 5) });
  const [data, fewer] = [dataOf(train), dataOf(Math.min(train, trialImages))];
  const taught = epochTeacher ? " <- WRN-16-2, AT+KD" : "";
  const name = `WRN-16-1${taught}, ${train} + ${data.test} images`;
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
  printTimes(`epoch, ${precision}`, { [name]: turns }, seconds);
  const figures = Object.entries(trial).map(([name, times]) =>
    `${name} ${(median(times) / 1000).toFixed(2)}`
  );
  if (figures.length > 0) console.log(`\nSeconds of one epoch in the trial: ${figures.join("; ")}`);
  return { trial, turns };
}

/**
 * The folder with the files of CIFAR-10, as `--dataroot` names it; without it, that of the sample.
 *
 * @throws {UserError} If there are none.
 */
export async function cifarFolder(dataroot: string | undefined): Promise<string> {
  if (dataroot === undefined) return sample;
  const { folder: usual, train } = cifarFormats.CIFAR10;
  const needed = train.at(-1)!.name; // the sample has no such file
  for (const folder of [join(dataroot, usual), dataroot]) {
    if (await exists(join(folder, needed))) return folder;
  }
  throw new UserError(
    `Cannot find CIFAR-10 in ${dataroot}: there is no ${needed}; remove --dataroot for the sample`,
  );
}

/**
 * Trains as `deno task cifar` does.
 *
 * @returns the milliseconds of each epoch but the first, which compiles.
 */
export async function epochTimes(
  { epoch: shape, data, precision, epochs }: Extract<Request, { epoch: Case }>,
): Promise<number[]> {
  const folder = await Deno.makeTempDir();
  try {
    const teacher = await saveTeacher(shape, folder);
    const command = parseOptions(cifarCommand.options, [
      ...["--depth", String(shape.depth), "--width", String(shape.width)],
      ...["--epochs", String(epochs + 1), "--batch-size", String(shape.batch)],
      ...["--alpha", String(shape.alpha ?? 0), "--beta", String(shape.beta ?? 0)],
      ...["--precision", precision, "--normalization", normalization],
      ...(teacher ? ["--teacher-id", teacher] : []),
    ]);
    const place = { folder: join(folder, "run"), engine: "benchmark" };
    const run = cifarRun(command, await readImages(data), place);
    const starts: number[] = [];
    await trainStudent({
      ...run,
      trainBatches: (epoch, first, part) => {
        starts.push(performance.now());
        return run.trainBatches(epoch, first, part);
      },
    });
    const ends = [...starts.slice(1), performance.now()];
    return ends.map((end, i) => end - (starts[i] as number)).slice(1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function saveTeacher(shape: Case, folder: string): Promise<string | undefined> {
  const { teacherDepth: depth, teacherWidth: width } = shape;
  if (depth === undefined || width === undefined) return undefined;
  const teacher = wideResNetArchitecture({ depth, width, numClasses });
  const path = join(folder, "teacher.safetensors");
  await saveNetwork(path, teacher.model.init(1), { ...teacher, normalization });
  return path;
}

async function readImages({ folder, train, test }: EpochData): Promise<Cifar> {
  const set = await readCifar(folder === sample ? "CIFAR10-sample" : "CIFAR10", folder);
  return { train: firstImages(set.train, train), test: firstImages(set.test, test) };
}

/** The first images of a set; from its start again, where it has too few. */
export function firstImages(set: ImageSet, size: number): ImageSet {
  const bytes = set.height * set.width * set.channels;
  const images = new Uint8Array(size * bytes);
  const labels = new Int32Array(size);
  for (let at = 0; at < size; at += set.size) {
    const count = Math.min(set.size, size - at);
    images.set(set.images.subarray(0, count * bytes), at * bytes);
    labels.set(set.labels.subarray(0, count), at);
  }
  return { ...set, images, labels, size };
}
