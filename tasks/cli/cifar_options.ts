/**
 * The command line of `deno task cifar`.
 *
 * @module
 */
import type { JsonObject } from "../../lib/json.ts";
import { reads } from "./access.ts";
import { firstGiven } from "./given.ts";
import type { Command } from "./help.ts";
import { networkNames } from "./network_names.ts";
import { checkModelFlag, checkNetworkFlags, defaultDepth, sgeFlags } from "./network_options.ts";
import {
  choice,
  flag,
  group,
  integer,
  number,
  type OptionValues,
  path,
  text,
} from "./option_kinds.ts";
import { UsageError } from "./usage_error.ts";
import { recipeNames, recipeValues } from "./recipes.ts";
import {
  checkTrainingOptions,
  ignoredOptions,
  restoreOptions,
  trainingOptions,
} from "./training_options.ts";

const cifarOptions = {
  ...group("Recipe", {
    recipe: text({
      placeholder: "NAME",
      form: {
        says: "paper, repdistiller, or a name of --list-recipes",
        holds: (name) => recipeValues(name) !== undefined,
      },
      names: recipeNames,
      help:
        "set of defaults for the options below: paper, repdistiller, or the student, data and " +
        "weights of a published table, such as repdistiller/wrn_40_2-wrn_16_2/at; default: paper",
    }),
    listRecipes: flag({ help: "only list the recipes, with their options and sources" }),
  }),
  ...group("Data", {
    dataset: choice(["CIFAR10", "CIFAR100", "CIFAR10-sample", "own"], {
      default: "CIFAR10",
      help: "data set to train on; own is what the file of --model exports as data",
    }),
    dataroot: path({
      default: "data",
      placeholder: "DIR",
      access: reads,
      help: "folder of the data sets; a missing data set is downloaded into it",
    }),
    holdout: integer({
      min: 1,
      placeholder: "N",
      help:
        "hold out the last N training images and evaluate on them in place of the test images, " +
        "to choose settings by",
    }),
    randomcropPad: integer({
      default: 4,
      min: 0,
      max: 31,
      help: "padding before the random crop, in pixels",
    }),
    padding: choice(["reflect", "zero"], {
      default: "reflect",
      help: "how to pad: mirror the image or use zeros",
    }),
    normalization: choice(["paper", "repdistiller"], {
      default: "paper",
      help:
        "mean and standard deviation to normalise images with; data of --dataset own may bring " +
        "their own",
    }),
  }),
  ...group("Network", {
    network: choice(["wrn", ...networkNames], {
      default: "wrn",
      help:
        "the network, by its name in RepDistiller; wrn is the WideResNet of --depth and --width",
    }),
    depth: integer({
      default: defaultDepth,
      min: 10,
      max: 1000,
      form: {
        says: "of the form 6n + 4 up to 1000, such as 10, 16, 22, 28 or 40",
        holds: (depth) => (depth - 4) % 6 === 0,
      },
      help: "depth of the WideResNet, 6n + 4",
    }),
    width: number({
      default: 1,
      above: 0,
      max: 100,
      help: "widening factor; with another --network than wrn a factor of its channels",
    }),
    bnWeight: choice(["uniform", "ones"], {
      default: "uniform",
      help:
        "initial weights of a WideResNet's batch norm: random in [0, 1) as in the original, or " +
        "1, as other networks always have",
    }),
    ...sgeFlags,
  }),
  ...trainingOptions,
  ...ignoredOptions,
  ...group("Teacher and methods", {
    listPretrained: flag({
      help: "only list the trained networks in pretrained/, which --teacher-id takes by name",
    }),
  }),
};

export type CifarOptions = OptionValues<typeof cifarOptions>;

/** A recipe's values; where a flag names another network than it does, without that network's sizes. */
function recipeFor(name: string, values: CifarOptions): JsonObject | undefined {
  const recipe = recipeValues(name);
  const given = firstGiven(values, ["model", "network"]);
  if (!recipe || given === undefined) return recipe;
  const { network, depth: _depth, width: _width, ...others } = recipe;
  return given === "network" && values.network === network ? recipe : others;
}

/** Data of the user's own are in the file of the network, which no log may name. */
function checkOwnData(values: CifarOptions): void {
  const { dataset, model, resume, dataroot } = values;
  if (dataset !== "own") return;
  if (model === undefined) {
    throw new UsageError(
      resume !== undefined && firstGiven(values, ["dataset"]) === undefined
        ? `${resume} was trained on data of one's own: name the file of its network with --model`
        : "--dataset own is what the file of --model exports as data: name it with --model FILE.ts",
    );
  }
  if (firstGiven(values, ["dataroot"]) === undefined) return;
  throw new UsageError(`--dataroot ${dataroot} has no effect with --dataset own: remove it`);
}

export const cifarCommand: Command<typeof cifarOptions> = {
  name: "cifar",
  summary: "Trains a network on CIFAR, alone or from a teacher. Options can be written " +
    "in kebab-case or snake_case.",
  options: cifarOptions,
  check: (values) => {
    checkTrainingOptions(values);
    checkNetworkFlags(values);
    checkModelFlag(values);
    checkOwnData(values);
    if (values.cacheTeacher && values.randomcropPad > 0) {
      throw new UsageError(
        "--cache-teacher needs images that stay the same, and random crops change them each time: " +
          "use --randomcrop-pad 0, or remove it",
      );
    }
  },
  defaults: async (values) => {
    const restored = await restoreOptions(cifarOptions, values);
    if (restored && values.recipe !== undefined) {
      throw new UsageError(`--recipe ${values.recipe} starts a run: a resumed one has its own`);
    }
    const recipe = values.recipe ?? "paper";
    return restored ?? { recipe, ...recipeFor(recipe, values) };
  },
  examples: [
    "deno task cifar --dataset CIFAR10-sample --epochs 2 --save logs/first",
    "deno task cifar --save logs/resnet_16_2_teacher --depth 16 --width 2",
    "deno task cifar --save logs/at_16_1_16_2 --teacher-id resnet_16_2_teacher --beta 1e+3",
    "deno task cifar --save logs/kd_16_1_16_2 --teacher-id resnet_16_2_teacher --alpha 0.9",
    "deno task cifar --recipe repdistiller --depth 40 --width 2 --save logs/wrn_40_2",
    "deno task cifar --recipe repdistiller --dataset CIFAR100 --network resnet32x4",
    "deno task cifar --recipe repdistiller/wrn_40_2-wrn_16_2/at --teacher-id wrn_40_2",
    "deno task cifar --resume logs/at_16_1_16_2",
    "deno task cifar --evaluate --resume logs/at_16_1_16_2",
  ],
};
