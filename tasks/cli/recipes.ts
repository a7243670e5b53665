/**
 * Recipes by name: defaults for the CIFAR experiments, which flags override; and the batch size that
 * the learning rate of each task's defaults is for.
 *
 * @module
 */
import type { Json } from "../../lib/json.ts";
import { trainingOptions } from "./training_options.ts";

/** The names of the recipes. */
export const recipeNames = ["paper", "repdistiller"] as const;

type RecipeName = typeof recipeNames[number];

/** The values of each recipe, with their names in the log. */
export const recipes: Record<RecipeName, Readonly<Record<string, Json>>> = {
  /** Zagoruyko and Komodakis: the options' own defaults. */
  paper: {},
  /** Tian, Krishnan and Isola, https://github.com/HobbitLong/RepDistiller. */
  repdistiller: {
    epochs: 240,
    epoch_step: [150, 180, 210],
    lr: 0.05,
    lr_decay_ratio: 0.1,
    weight_decay: 5e-4,
    batch_size: 64,
    randomcrop_pad: 4,
    padding: "zero",
    normalization: "repdistiller",
    bn_weight: "ones",
  },
};

/** The batch size of `deno task imagenet`, whose defaults are a recipe without a name. */
export const imagenetBatchSize = 256;

/** The option that names the recipe: `deno task cifar` always has it, `deno task imagenet` never. */
export interface RecipeOption {
  readonly recipe?: RecipeName | undefined;
}

/** The batch size of a run's recipe, for which the recipe's learning rate is. */
export function recipeBatchSize(options: RecipeOption): number {
  if (!("recipe" in options)) return imagenetBatchSize;
  const { batch_size: own } = recipes[options.recipe ?? "paper"];
  return typeof own === "number" ? own : trainingOptions.batchSize.default;
}
