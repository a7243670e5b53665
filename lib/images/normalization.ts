/**
 * The constants of the ImageNet recipes.
 *
 * @module
 */
import type { Normalization } from "../data/normalize.ts";

/**
 * The mean and the standard deviation of ImageNet's pixels, as PyTorch's examples and torchvision's
 * weights have them: 0.485, 0.456, 0.406 and 0.229, 0.224, 0.225 on the scale 0 to 1.
 *
 * @example
 * ```ts
 * import { IMAGENET_NORMALIZATION } from "@attention-transfer/core";
 *
 * const { mean, std } = IMAGENET_NORMALIZATION;
 * console.log((255 - mean[0]!) / std[0]!); // what full red becomes: 2.2489...
 * ```
 */
export const IMAGENET_NORMALIZATION: Normalization = {
  mean: [0.485 * 255, 0.456 * 255, 0.406 * 255],
  std: [0.229 * 255, 0.224 * 255, 0.225 * 255],
};
