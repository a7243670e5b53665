/**
 * Builds the training run of `deno task cifar` from its options.
 *
 * @module
 */
import { evalBatches, trainBatches } from "../../lib/data/batches.ts";
import type { Cifar } from "../../lib/data/cifar.ts";
import { partOfSet } from "../../lib/data/split.ts";
import { NORMALIZATION } from "../../lib/data/normalize.ts";
import type { Batches } from "../../lib/train/pipeline.ts";
import { cifarCommand, type CifarOptions } from "../cli/cifar_options.ts";
import { sgeOptions } from "../cli/network_options.ts";
import { wideResNetArchitecture } from "../../lib/networks/network.ts";
import { type OwnNetwork, ownStudent } from "./own_network.ts";
import type { StudentRun } from "./student_run.ts";

/** Images per evaluation batch: larger than in training, because no gradients take memory. */
const evalBatchSize = 500;

/**
 * A run on these images. `place` gives the run folder and the engine in words.
 *
 * @param own The student, if it is a network of the user's own.
 */
export function cifarRun(
  options: CifarOptions,
  data: Cifar,
  place: Pick<StudentRun, "folder" | "engine" | "dataDigest" | "team">,
  own?: OwnNetwork,
): StudentRun {
  const { batchSize, seed, normalization } = options;
  const { size, height, width, channels, classes } = data.train;
  const imageShape: StudentRun["imageShape"] = [height, width, channels];
  return {
    ...place,
    options,
    task: cifarCommand.name,
    student: own ? ownStudent(own, classes.length, imageShape) : wideResNetArchitecture({
      depth: options.depth,
      width: options.width,
      numClasses: classes.length,
      batchNormWeight: options.bnWeight,
      ...sgeOptions(options),
    }),
    size,
    imageShape,
    normalization,
    teacher: options.teacherId,
    trainBatches: (epoch, first, part) =>
      trainBatches(data.train, {
        batchSize,
        seed,
        epoch,
        first,
        part,
        pad: options.randomcropPad,
        padMode: options.padding,
        normalization: NORMALIZATION[normalization],
      }),
    testBatches: (part) => cifarTestBatches({ test: partOfSet(data.test, part) }, options),
    wholeImages: (part) =>
      evalBatches(partOfSet(data.train, part), {
        batchSize,
        normalization: NORMALIZATION[normalization],
      }),
  };
}

export function cifarTestBatches(
  data: Pick<Cifar, "test">,
  { normalization }: Pick<CifarOptions, "normalization">,
): Batches {
  return evalBatches(data.test, {
    batchSize: evalBatchSize,
    normalization: NORMALIZATION[normalization],
  });
}
