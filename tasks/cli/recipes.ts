/**
 * Recipes by name: defaults for the CIFAR experiments, which flags override; and the batch size that
 * the learning rate of each task's defaults is for.
 *
 * @module
 */
import type { JsonObject } from "../../lib/json.ts";
import { argumentsFor } from "./flags.ts";
import { pairRecipes } from "./pair_recipes.ts";
import { trainingOptions } from "./training_options.ts";

/** The recipes of how to train, without a method. */
const baseRecipes = {
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
} as const satisfies Record<string, JsonObject>;

export const recipeNames: readonly string[] = [...Object.keys(baseRecipes), ...pairRecipes.keys()];

/** The values of a recipe, with their names in the log; undefined if there is none of that name. */
export function recipeValues(name: string): JsonObject | undefined {
  const pair = pairRecipes.get(name);
  if (pair) return { ...baseRecipes.repdistiller, ...pair.values };
  return Object.hasOwn(baseRecipes, name)
    ? baseRecipes[name as keyof typeof baseRecipes]
    : undefined;
}

/** The batch size of `deno task imagenet`, whose defaults are a recipe without a name. */
export const imagenetBatchSize = 256;

/** The option that names the recipe: `deno task cifar` always has it, `deno task imagenet` never. */
export interface RecipeOption {
  readonly recipe?: string | undefined;
}

/** The batch size of a run's recipe, for which the recipe's learning rate is. */
export function recipeBatchSize(options: RecipeOption): number {
  if (!("recipe" in options)) return imagenetBatchSize;
  const own = recipeValues(options.recipe ?? "paper")?.batch_size;
  return typeof own === "number" ? own : trainingOptions.batchSize.default;
}

/** A line for each recipe: its options beyond those of its training, the published accuracy, the source. */
export function recipeLines(): string[] {
  return recipeNames.map((name) => {
    const pair = pairRecipes.get(name);
    const values = pair ? { recipe: "repdistiller", ...pair.values } : recipeValues(name) ?? {};
    const flags = argumentsFor(values).join(" ");
    if (!pair) return `${name}: ${flags || "the defaults"}`;
    const { published, epoch, source } = pair;
    const which = epoch === "unstated" ? "epoch not stated" : `${epoch} epoch`;
    return `${name}: ${flags}; published ${published}% (${which}); ${source}`;
  });
}
