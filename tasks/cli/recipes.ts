/**
 * Recipes by name: defaults for the CIFAR experiments. Flags override them.
 *
 * @module
 */
import type { Json } from "../../lib/json.ts";

/** The names of the recipes. */
export const recipeNames = ["paper", "repdistiller"] as const;

/** The values of each recipe, with their names in the log. */
export const recipes: Record<typeof recipeNames[number], Readonly<Record<string, Json>>> = {
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
