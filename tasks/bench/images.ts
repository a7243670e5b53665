/**
 * The decoding of images, ours and torchvision's.
 *
 * @module
 */
import {
  imagesInAPass,
  ourImages,
  torchvisionImages,
  torchvisionVariants,
} from "./images_timing.ts";
import { ours, type Program, timeInTurns, type Times } from "./in_turns.ts";
import { median } from "../../lib/median.ts";
import type { Bench } from "./context.ts";

/**
 * The milliseconds of passes over a folder of images.
 *
 * @param library The path of libtensorflow.
 */
export async function timeImages(
  { options: { threads, python }, rounds }: Bench,
  folder: string,
  library: string,
): Promise<Times> {
  console.error(`timing the decoding of ${folder}`);
  const images = { folder, threads };
  const programs: Record<string, Program> = { [ours]: ourImages(images, library) };
  for (const variant of torchvisionVariants) {
    programs[`torchvision ${variant}`] = torchvisionImages(images, variant, python);
  }
  const times = await timeInTurns(programs, rounds, 1);
  const count = await imagesInAPass(images);
  const rates = Object.entries(times).map(([name, ms]) =>
    `${name} ${(1000 * count / median(ms)).toFixed(0)}`
  );
  console.log(`\nImages a second, ${threads} threads: ${rates.join(", ")}`);
  return times;
}
