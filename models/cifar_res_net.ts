/**
 * Residual networks of three groups for CIFAR (He et al., arXiv:1512.03385), with RepDistiller's keys.
 *
 * @module
 */
import { checkOptions } from "../lib/arguments.ts";
import { findMismatch, shapeOf, type Shapes, type Tensors } from "../lib/params.ts";
import { layerShapes } from "./init.ts";
import type { LibraryModel, ThreeGroups } from "./model.ts";
import { basic, type Sizes } from "./residual.ts";
import { type Plan, residualLayers, residualModel, resNetNames } from "./residual_model.ts";
import { readSge, type SgeOptions } from "./spatial_group_enhance.ts";

/** The channels of the stem and of each group of a {@link cifarResNet}. */
export type CifarResNetWidths = readonly [
  stem: number,
  group0: number,
  group1: number,
  group2: number,
];

/** Options of {@link cifarResNet}. */
export interface CifarResNetOptions {
  /** `6n + 2` with n blocks per group: 8, 14, 20, 32, 44, 56, 110 ... */
  depth: number;
  /**
   * The channels of the stem and of the groups. Default `[16, 16, 32, 64]`; RepDistiller's
   * resnet8x4 and resnet32x4 have `[32, 64, 128, 256]`.
   */
  widths?: CifarResNetWidths | undefined;
  /** The number of classes, at least 1. */
  numClasses: number;
  /**
   * Spatial group-wise enhance after each block's last batch norm. Its groups must divide the
   * channels. Default none.
   */
  sge?: SgeOptions | undefined;
}

/** The widths of ResNet-20, 32, 56 and 110. */
export const standardWidths: CifarResNetWidths = [16, 16, 32, 64];

/**
 * A post-activation residual network of three groups, as in RepDistiller's tables: resnet20 is
 * `{ depth: 20 }`, resnet8x4 `{ depth: 8, widths: [32, 64, 128, 256] }`.
 *
 * As in RepDistiller, whose tables compare these features, the groups are taken after the last relu
 * of each group: 1, 2 and 4 times smaller than the images.
 *
 * Parameters, with convolutions as `[kh, kw, in, out]`: `conv1.weight`,
 * `bn1.{weight, bias, running_mean, running_var}`, `layerS.B.{conv1.weight, bn1.*, conv2.weight,
 * bn2.*}` with S from 1 and B from 0, `layerS.0.downsample.{0.weight, 1.*}` where the shape changes,
 * `fc.weight` `[classes, channels]` and `fc.bias`; with SGE `layerS.B.sge.{weight, bias}`. Input is
 * `[N, H, W, 3]`. As in RepDistiller, convolutions start Kaiming normal by their outputs, batch norm
 * weights at 1, and the classifier as PyTorch's own.
 *
 * @throws {TypeError} If an option is unknown. Also from `f`, if the images, the mode or a
 * parameter are not valid, or a tensor is disposed.
 * @throws {RangeError} If the depth is not 6n + 2 (at least 8), widths or classes are not whole
 * numbers of at least 1, or the groups of SGE do not divide the channels.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { cifarResNet } from "@attention-transfer/core";
 *
 * const { f, init } = cifarResNet({ depth: 8, numClasses: 10 });
 * const { logits, groups } = f(tf.zeros([2, 32, 32, 3]), init(0), "eval");
 * console.log(logits.shape, groups.map((g) => g.shape[3])); // [2, 10] [16, 32, 64]
 * ```
 */
export function cifarResNet(options: CifarResNetOptions): LibraryModel<ThreeGroups> {
  checkOptions("cifarResNet", options, { depth: true, widths: true, numClasses: true, sge: true });
  return residualModel(planOf(options));
}

function planOf(options: CifarResNetOptions): Plan {
  const { numClasses, sge } = options;
  return { network: "CIFAR ResNet", sizes: sizesOf(options), numClasses, sge };
}

function sizesOf(
  { depth, widths = standardWidths }: Pick<CifarResNetOptions, "depth" | "widths">,
): Sizes {
  const blocks = (depth - 2) / 6;
  if (!Number.isInteger(blocks) || blocks < 1) {
    throw new RangeError(
      `Cannot build a CIFAR ResNet of depth ${depth}: it must be 6n + 2, such as 8, 20, 32, 56 or 110`,
    );
  }
  const isWidth = (width: number) => Number.isInteger(width) && width >= 1;
  if (widths.length !== 4 || !widths.every(isWidth)) {
    throw new RangeError(
      `Cannot build a CIFAR ResNet of widths ${widths}: they must be 4 whole numbers, 1 or more, of ` +
        "the stem and of 3 groups",
    );
  }
  const [stem, ...groups] = widths;
  const stages = groups.map((width) => ({ blocks, width, outputs: width }));
  return { stem, stemSize: 3, kernels: basic, stages };
}

/** Keys and shapes of a {@link cifarResNet}'s parameters, not created. Throws as it does. */
export function cifarResNetShapes(options: CifarResNetOptions): Shapes {
  return layerShapes(residualLayers(planOf(options)));
}

/**
 * Reads depth, widths, classes and the groups of SGE from the keys and shapes of a
 * {@link cifarResNet}'s parameters. They do not show if SGE normalises: if it does not, add
 * `sge: { groups, normalize: false }` yourself.
 *
 * @returns Options for {@link cifarResNet}; undefined if these are not its parameters: a key is
 * missing, unexpected or has a wrong shape.
 *
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import { cifarResNet, cifarResNetOptions } from "@attention-transfer/core";
 *
 * const params = cifarResNet({ depth: 20, numClasses: 10 }).init(0);
 * console.log(cifarResNetOptions(params)?.depth); // 20
 * ```
 */
export function cifarResNetOptions(params: Tensors): CifarResNetOptions | undefined {
  const options = guessCifarResNet(params);
  if (!options || findMismatch(params, cifarResNetShapes(options)) !== undefined) return undefined;
  return options;
}

/** The options of the network that the parameters resemble most; undefined if there is none. */
export function guessCifarResNet(params: Tensors): CifarResNetOptions | undefined {
  let blocks = 0;
  while (Object.hasOwn(params, `${resNetNames.block(0, blocks)}.conv1.weight`)) blocks++;
  if (blocks === 0) return undefined;
  const keys = ["conv1", ...[0, 1, 2].map((group) => `${resNetNames.block(group, 0)}.conv1`)];
  const widths = keys.map((key, i) =>
    shapeOf(params, `${key}.weight`)?.[3] || standardWidths[i] as number
  ) as unknown as CifarResNetWidths;
  const numClasses = shapeOf(params, "fc.weight")?.[0] ?? shapeOf(params, "fc.bias")?.[0];
  const sge = readSge(params, resNetNames.block(0, 0), widths.slice(1));
  return { depth: 6 * blocks + 2, widths, numClasses: numClasses || 10, ...sge };
}
