/**
 * Whole epochs of `deno task cifar`: loading and augmentation, steps, evaluation, log and checkpoint.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";
import { type Cifar, readCifar } from "../../lib/data/cifar.ts";
import { CIFAR_FORMATS } from "../../lib/data/cifar_format.ts";
import type { ImageSet } from "../../lib/data/image_set.ts";
import type { Precision } from "../../lib/jit/jit.ts";
import { UserError } from "../../lib/errors.ts";
import { exists } from "../../lib/files.ts";
import { cifarRun } from "../run/cifar_run.ts";
import { cifarCommand } from "../cli/cifar_options.ts";
import { parseOptions } from "../cli/options.ts";
import { saveNetwork, wideResNetArchitecture } from "../../lib/networks/network.ts";
import { trainStudent } from "../run/train_student.ts";
import type { Case } from "./cases.ts";

/** The images of an epoch: the first so many of a folder, which are repeated where it has too few. */
export interface EpochData {
  /** The folder with CIFAR-10's files, or with those of the sample. */
  folder: string;
  train: number;
  test: number;
}

/** What {@link epochTimes} times. */
export interface EpochOptions {
  /** A WideResNet, with a WideResNet as its teacher or alone. */
  epoch: Case;
  data: EpochData;
  precision: Precision;
  epochs: number;
}

const sample = fromFileUrl(new URL("../../data/cifar10-sample", import.meta.url));
const numClasses = 10;
const normalization = "paper";

/**
 * The folder with the files of CIFAR-10, as `--dataroot` names it; without it, that of the sample.
 *
 * @throws {UserError} where there are none.
 */
export async function cifarFolder(dataroot: string | undefined): Promise<string> {
  if (dataroot === undefined) return sample;
  for (const folder of [join(dataroot, CIFAR_FORMATS.CIFAR10.folder), dataroot]) {
    if (await exists(join(folder, "test_batch.bin"))) return folder;
  }
  throw new UserError(
    `Cannot find CIFAR-10 in ${dataroot}: there is no test_batch.bin; leave --dataroot out for the ` +
      "sample",
  );
}

/**
 * Trains as `deno task cifar` does.
 *
 * @returns the milliseconds of each epoch but the first, which compiles.
 */
export async function epochTimes(options: EpochOptions): Promise<number[]> {
  const { epoch: shape, data, precision, epochs } = options;
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
      trainBatches: (epoch, first) => {
        starts.push(performance.now());
        return run.trainBatches(epoch, first);
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
