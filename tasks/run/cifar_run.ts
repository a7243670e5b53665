/**
 * Builds the training run of `deno task cifar` from its options.
 *
 * @module
 */
import { evalBatches, trainBatches } from "../../lib/data/batches.ts";
import { partOfSet } from "../../lib/data/split.ts";
import { NORMALIZATION, type Normalization } from "../../lib/data/normalize.ts";
import type { Batches } from "../../lib/train/pipeline.ts";
import { cifarCommand, type CifarOptions } from "../cli/cifar_options.ts";
import { type NamedNetwork, namedNetworks } from "../cli/network_names.ts";
import { networkValues, pairRecipes } from "../cli/pair_recipes.ts";
import { defaultDepth, type sgeFlags, sgeOptions } from "../cli/network_options.ts";
import {
  cifarResNetArchitecture,
  resNetArchitecture,
  type StudentArchitecture,
  vggArchitecture,
  wideResNetArchitecture,
} from "../../lib/networks/network.ts";
import { groupWidths } from "../../models/checks.ts";
import type { CifarResNetWidths } from "../../models/cifar_res_net.ts";
import type { Data } from "./own_data.ts";
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
  data: Data,
  place: Pick<StudentRun, "folder" | "engine" | "dataDigest" | "team">,
  own?: OwnNetwork,
): StudentRun {
  const { batchSize, seed } = options;
  const { size, height, width, channels, classes } = data.train;
  const imageShape: StudentRun["imageShape"] = [height, width, channels];
  const { normalization, constants } = normalizationOf(data, options);
  return {
    ...place,
    options,
    task: cifarCommand.name,
    table: cifarCommand.options,
    student: own
      ? ownStudent(own, classes.length, imageShape)
      : cifarNetwork(options, classes.length),
    size,
    imageShape,
    ...{ normalization, constants },
    teacher: options.teacherId,
    recipeTeacher: recipeTeacher(options, classes.length),
    trainBatches: (epoch, first, part) =>
      trainBatches(data.train, {
        batchSize,
        seed,
        epoch,
        first,
        part,
        pad: options.randomcropPad,
        padMode: options.padding,
        normalization: constants,
      }),
    testBatches: (part) => cifarTestBatches({ ...data, test: partOfSet(data.test, part) }, options),
    wholeImages: (part) =>
      evalBatches(partOfSet(data.train, part), {
        batchSize,
        normalization: constants,
      }),
  };
}

/** The network that the options name. */
export function cifarNetwork(
  options: Pick<CifarOptions, "network" | "depth" | "width" | "bnWeight" | keyof typeof sgeFlags>,
  numClasses: number,
): StudentArchitecture {
  const { network, width, depth, bnWeight: batchNormWeight } = options;
  const common = { numClasses, ...sgeOptions(options) };
  if (network === "wrn") {
    return wideResNetArchitecture({ ...common, depth, width, batchNormWeight });
  }
  const named: NamedNetwork = namedNetworks[network];
  if (named.kind === "VGG") return vggArchitecture({ depth: named.depth, width, numClasses });
  if (named.kind === "ResNet") {
    return resNetArchitecture({ ...common, depth: named.depth, width, stem: "small" });
  }
  const widths = groupWidths("CIFAR ResNet", named.widths, width);
  return cifarResNetArchitecture({
    ...common,
    depth: named.depth,
    widths: widths as readonly number[] as CifarResNetWidths,
  });
}

/** The kind of the teacher that the recipe is for; undefined if it is for none. */
function recipeTeacher(options: CifarOptions, numClasses: number): string | undefined {
  const recipe = pairRecipes.get(options.recipe ?? "");
  if (!recipe) return undefined;
  const sizes = { depth: defaultDepth, width: 1, sge: undefined, ...networkValues(recipe.teacher) };
  return cifarNetwork({ ...options, ...sizes }, numClasses).name;
}

/** How the images are normalised: as their data says, or else the options. */
export function normalizationOf(
  { normalization: own }: Pick<Data, "normalization">,
  { normalization }: Pick<CifarOptions, "normalization">,
): Pick<StudentRun, "normalization" | "constants"> {
  if (own === undefined) return { normalization, constants: NORMALIZATION[normalization] };
  const nameOf = ({ mean, std }: Normalization) => `mean ${mean}, std ${std}`;
  const known = Object.entries(NORMALIZATION).find(([, one]) => nameOf(one) === nameOf(own));
  return { normalization: known?.[0] ?? nameOf(own), constants: own };
}

export function cifarTestBatches(
  data: Pick<Data, "test" | "normalization">,
  options: Pick<CifarOptions, "normalization">,
): Batches {
  const { constants: normalization } = normalizationOf(data, options);
  return evalBatches(data.test, { batchSize: evalBatchSize, normalization });
}
