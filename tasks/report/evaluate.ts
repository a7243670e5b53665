/**
 * Evaluates the networks of runs on test images, for the sections of the page beyond the logs.
 *
 * @module
 */
import { loadCifar } from "../../lib/data/cifar.ts";
import type { OptionValues } from "../cli/option_kinds.ts";
import { imagesProgress } from "../cli/progress.ts";
import { startTensorFlow } from "../cli/engine.ts";
import { type evaluationOptions, usualDataroot } from "../cli/report_options.ts";
import {
  evaluationSections,
  imagesOfSet,
  type LoggedRun,
  rolesOfRuns,
  type Section,
} from "./evaluation/sections.ts";

/** The test images to evaluate on, and the teacher. */
export type EvaluationChoice = OptionValues<typeof evaluationOptions>;

/**
 * Evaluates one run of each group.
 *
 * @param runs The first run of each group.
 */
export async function evaluateRuns(
  runs: readonly LoggedRun[],
  { dataset = "CIFAR10", dataroot = usualDataroot, images: first, teacher, threads }:
    EvaluationChoice,
): Promise<Section[]> {
  await startTensorFlow({ threads, ngpu: undefined });
  const { test } = await loadCifar({ dataset, dataroot, log: (line) => console.error(line) });
  const images = imagesOfSet(test, { dataset, first });
  const named = rolesOfRuns(runs);
  // A log may name any path as the teacher: only the command line says what is read.
  const isGiven = runs.some(({ folder }) => folder === named.teacher);
  using progress = imagesProgress({ label: "evaluating", total: images.size });
  return await evaluationSections(
    { ...named, teacher: teacher ?? (isGiven ? named.teacher : undefined) },
    images,
    { onImages: (done) => progress.update(done) },
  );
}
