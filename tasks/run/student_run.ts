/**
 * What a training task trains, and on which data.
 *
 * @module
 */
import type { Normalization } from "../../lib/data/normalize.ts";
import type { Part } from "../../lib/data/part.ts";
import type { StudentArchitecture } from "../../lib/networks/network.ts";
import type { Batches } from "../../lib/train/pipeline.ts";
import type { TrainingOptions } from "../cli/training_options.ts";
import type { OptionsWithDefaults } from "../cli/transfer_options.ts";
import type { RunOptions } from "./training_run.ts";
import type { Workers } from "./workers.ts";

export interface StudentRun {
  options: TrainingOptions;
  /** The task's name. */
  task: string;
  /** The task's options, for their defaults. */
  table: OptionsWithDefaults;
  /** The run folder. */
  folder: string;
  /** The engine, in words. */
  engine: string;
  student: StudentArchitecture;
  /** Number of training images. */
  size: number;
  /** Shape `[H, W, C]` of an image. */
  imageShape: [number, number, number];
  /** The digest of the data set, for the log. */
  dataDigest?: string | undefined;
  /** A part of the batches of an epoch, from batch `first` on. */
  trainBatches: (epoch: number, first: number, part: Part) => Batches;
  /** A part of the test images, in batches. */
  testBatches: (part: Part) => Batches;
  /** The workers, if this process is one of several. */
  team?: Workers | undefined;
  /** The name of the images' normalization. */
  normalization: string;
  /** The constants of the images' normalization. */
  constants: Normalization;
  /** The teacher's run folder or file. */
  teacher: string | undefined;
  /** The kind of the teacher that the recipe is for, such as `WRN-40-2`. */
  recipeTeacher?: string | undefined;
  /** A file of initial parameters, used without its classifier. */
  finetune?: string | undefined;
  /** Further metrics of an epoch for the log. */
  moreMetrics?: RunOptions["moreMetrics"];
  /**
   * A part of the training images in index order, without augmentation. Only given if training uses
   * these images or their mirror images; its batches then tell which.
   */
  wholeImages?: (part: Part) => Batches;
}
