/**
 * How fast images are decoded, cropped at random, resized and normalised, beside torchvision.
 *
 * @module
 */
import { UserError } from "../../lib/errors.ts";
import { openImageDecoder } from "../../lib/images/decoder.ts";
import { trainImageBatches } from "../../lib/images/image_batches.ts";
import { readImageFolder } from "../../lib/images/image_folder.ts";
import { IMAGENET_NORMALIZATION } from "../../lib/data/normalize.ts";
import { SkippedImages } from "../../lib/images/skipped.ts";
import { median } from "../../lib/median.ts";
import { lastLineOf, pythonProgram } from "./child.ts";
import type { Bench } from "./context.ts";
import { ours, type Program, repeated, timeInTurns, type Times } from "./in_turns.ts";
import { howToInstall } from "./pytorch.ts";

/** The milliseconds of passes over a folder of images; `library` is the path of libtensorflow. */
export async function timeImages(
  { options: { threads, python }, rounds }: Bench,
  folder: string,
  library: string,
): Promise<Times> {
  console.error(`timing the decoding of ${folder}`);
  const programs: Record<string, Program> = { [ours]: ourImages(folder, threads, library) };
  for (const variant of torchvisionVariants) {
    programs[`torchvision ${variant}`] = torchvisionImages(folder, { threads, variant }, python);
  }
  const times = await timeInTurns(programs, rounds, 1);
  const { size: count } = await readImageFolder(folder);
  const rates = Object.entries(times).map(([name, ms]) =>
    `${name} ${(1000 * count / median(ms)).toFixed(0)}`
  );
  console.log(`\nImages a second, ${threads} threads: ${rates.join(", ")}`);
  return times;
}

/** The ways in which tasks/bench/torchvision_images.py works on several images at a time. */
const torchvisionVariants = ["processes", "threads"];

const batchSize = 50;

/** Our batches to train on at 224 x 224: a program whose steps are passes over all images. */
export function ourImages(path: string, threads: number, library: string): Program {
  const decoder = openImageDecoder({ library, threads, normalization: IMAGENET_NORMALIZATION });
  let epoch = 0;
  return async (passes) => {
    const folder = await readImageFolder(path);
    const skipped = new SkippedImages();
    const times = await repeated(async () => {
      const options = { decoder, skipped, batchSize, seed: 0, epoch: epoch++ };
      for await (const _ of trainImageBatches(folder, options));
    })(passes);
    const [broken] = skipped;
    if (broken) throw new UserError(`Cannot time ${broken.path}: ${broken.reason}; remove it`);
    return times;
  };
}

/**
 * torchvision's: `ImageFolder` and the same transforms, in batches of the same size. Every call starts
 * Python anew, whose start and first pass are not timed.
 */
export function torchvisionImages(
  folder: string,
  how: { threads: number; variant: string },
  python: string,
): Program {
  const program = pythonProgram("torchvision_images.py");
  const flags = Object.entries({ ...how, batch: batchSize }).map(([name, value]) =>
    `--${name}=${value}`
  );
  return async (passes) => {
    const command = new Deno.Command(python, {
      args: [program, folder, ...flags, `--passes=${passes}`],
    });
    const { success, stdout, stderr } = await command.output();
    if (!success) {
      throw new UserError(`Cannot time torchvision: ${lastLineOf(stderr)}; ${howToInstall}`);
    }
    return JSON.parse(new TextDecoder().decode(stdout)).times;
  };
}
