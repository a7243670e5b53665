/**
 * Evaluates the networks of runs on test images, for the sections of the page beyond the logs.
 *
 * @module
 */
import { join } from "@std/path";
import { loadCifar } from "../../lib/data/cifar.ts";
import { readImageFolder } from "../../lib/images/image_folder.ts";
import { mostPixels } from "../../lib/images/image_header.ts";
import type { OptionValues } from "../cli/option_kinds.ts";
import { imagesProgress } from "../cli/progress.ts";
import { startTensorFlow } from "../cli/engine.ts";
import { type evaluationOptions, usualDataroot } from "../cli/report_options.ts";
import { tellLeftOut, tellSkipped } from "../run/image_notes.ts";
import type { FolderOptions } from "./evaluation/folder_images.ts";
import {
  evaluationSections,
  imagesOfFolder,
  imagesOfSet,
  type LoggedRun,
  rolesOfRuns,
  type Section,
  type TestImages,
} from "./evaluation/sections.ts";

/** The test images to evaluate on, and the teacher. */
export type EvaluationChoice = OptionValues<typeof evaluationOptions>;

/**
 * Evaluates one run of each group.
 *
 * @param runs The first run of each group.
 * @param baseline The folder of the run that is named as the baseline, one of `runs`. Default: as
 * the logs say.
 */
export async function evaluateRuns(
  runs: readonly LoggedRun[],
  baseline: string | undefined,
  choice: EvaluationChoice,
): Promise<Section[]> {
  const { teacher, threads } = choice;
  const { library } = await startTensorFlow({ threads, ngpu: undefined });
  const { images, normalization } = await testImages(runs, library, choice);
  const roles = rolesOfRuns(runs, { teacher, baseline });
  using progress = imagesProgress({ label: "evaluating", total: images.size });
  return await evaluationSections(roles, images, {
    normalization,
    onImages: (done) => progress.update(done),
  });
}

/** The images, and the normalisation of networks that do not say theirs. */
async function testImages(
  runs: readonly LoggedRun[],
  library: string,
  { imagenetpath, dataset = "CIFAR10", dataroot = usualDataroot, images: most }: EvaluationChoice,
): Promise<{ images: TestImages; normalization: "paper" | "imagenet" }> {
  if (imagenetpath === undefined) {
    const { test } = await loadCifar({ dataset, dataroot, log: (line) => console.error(line) });
    return { images: imagesOfSet(test, { dataset, first: most }), normalization: "paper" };
  }
  const folder = await readImageFolder(join(imagenetpath, "val"));
  tellLeftOut(folder.path, folder.leftOut);
  const images = imagesOfFolder(folder, {
    ...preparationIn(runs),
    library,
    most,
    skipped: tellSkipped(),
  });
  return { images, normalization: "imagenet" };
}

/** How the images of the first run of `deno task imagenet` were read, if the logs say it. */
function preparationIn(
  runs: readonly LoggedRun[],
): Pick<FolderOptions, "size" | "resize" | "maxPixels"> {
  for (const { options: { image_size: size, resize, max_image_pixels: maxPixels } } of runs) {
    if (!isSize(size) || !isSize(resize) || size > resize) continue;
    return { size, resize, ...(isPixels(maxPixels) && { maxPixels }) };
  }
  return {};
}

function isPixels(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= mostPixels;
}

/** A log may say anything. */
function isSize(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 33 && (value as number) <= 16_384;
}
