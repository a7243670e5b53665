/**
 * Residual networks of four stages (He et al., arXiv:1512.03385), with torchvision's keys.
 *
 * @module
 */
import { checkOptions, describeValue } from "../lib/arguments.ts";
import { findMismatch, likeness, shapeOf, type Shapes, type Tensors } from "../lib/params.ts";
import { groupWidths } from "./checks.ts";
import { layerShapes } from "./init.ts";
import type { FourGroups, LibraryModel } from "./model.ts";
import { basic, bottleneck, type Sizes } from "./residual.ts";
import { type Plan, residualLayers, residualModel } from "./residual_model.ts";
import { readSge, type SgeOptions } from "./spatial_group_enhance.ts";

/** Options of {@link resNet}. */
export interface ResNetOptions {
  /** 18 and 34 use basic blocks, 50 and 101 bottlenecks. */
  depth: 18 | 34 | 50 | 101;
  /**
   * Widening factor, above 0. The stages are `floor(64 * width)`, 128, 256 and 512 times width
   * wide, with as many outputs (bottlenecks four times as many). The stem always has 64. Default 1.
   */
  width?: number | undefined;
  /** The number of classes, at least 1. */
  numClasses: number;
  /**
   * Spatial group-wise enhance after each block's last batch norm. Its groups must divide the
   * channels. Default none.
   */
  sge?: SgeOptions | undefined;
  /**
   * The first layer: `"large"`, torchvision's 7x7 with stride 2 and a max pool after it, or
   * `"small"`, a 3x3 with neither, for images such as CIFAR's. Default `"large"`.
   */
  stem?: "large" | "small" | undefined;
}

interface StageSizes {
  /** The number of blocks in each of the four stages. */
  blocks: readonly number[];
  kernels: readonly number[];
  /** Output channels of a block, divided by its width. */
  expansion: number;
}

const architectures: Record<ResNetOptions["depth"], StageSizes> = {
  18: { blocks: [2, 2, 2, 2], kernels: basic, expansion: 1 },
  34: { blocks: [3, 4, 6, 3], kernels: basic, expansion: 1 },
  50: { blocks: [3, 4, 6, 3], kernels: bottleneck, expansion: 4 },
  101: { blocks: [3, 4, 23, 3], kernels: bottleneck, expansion: 4 },
};

const depths = [18, 34, 50, 101] as const;

/**
 * A residual network of four stages. Its groups, the raw sums at the end of the stages before the
 * last relu, are 4, 8, 16 and 32 times smaller than the images.
 *
 * Parameters have torchvision's keys, with convolutions as `[kh, kw, in, out]`: `conv1.weight`,
 * `bn1.{weight, bias, running_mean, running_var}`, `layerS.B.{convK.weight, bnK.*}` with S from 1
 * and B from 0, `layerS.0.downsample.{0.weight, 1.*}` where the shape changes, `fc.weight`
 * `[classes, channels]` and `fc.bias`; with SGE `layerS.B.sge.{weight, bias}`. Input is
 * `[N, H, W, 3]`, at least 32 on each side (with SGE, which needs two positions, more than 32 on
 * one). Bottlenecks have the stride on the 3x3 convolution. Convolutions and the classifier start
 * Kaiming normal, batch norm weights at 1.
 *
 * With the small stem it is RepDistiller's and kuangliu's ResNet for CIFAR. As in RepDistiller, the
 * groups are then taken after the relu, and are 1, 2, 4 and 8 times smaller than the images;
 * convolutions start Kaiming normal by their outputs, and the classifier as PyTorch's own.
 *
 * @throws {TypeError} If an option is unknown. Also from `f`, if the images, the mode or a
 * parameter are not valid, or a tensor is disposed.
 * @throws {RangeError} If the depth is not supported, width or classes are too small, or the groups
 * of SGE do not divide the channels.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { resNet } from "@attention-transfer/core";
 *
 * const { f, init } = resNet({ depth: 18, width: 0.125, numClasses: 10 });
 * const { logits, groups } = f(tf.zeros([1, 64, 64, 3]), init(0), "eval");
 * console.log(logits.shape, groups.map((g) => g.shape[1])); // [1, 10] [16, 8, 4, 2]
 * ```
 */
export function resNet(options: ResNetOptions): LibraryModel<FourGroups> {
  checkOptions("resNet", options, {
    depth: true,
    width: true,
    numClasses: true,
    sge: true,
    stem: true,
  });
  return residualModel(planOf(options));
}

function planOf(options: ResNetOptions): Plan {
  const { numClasses, sge } = options;
  return { network: "ResNet", sizes: resNetSizes(options), numClasses, sge };
}

/** The sizes of a network with these options. Throws a RangeError like {@link resNet}. */
export function resNetSizes(
  { depth, width = 1, stem = "large" }: Pick<ResNetOptions, "depth" | "width" | "stem">,
): Sizes {
  if (!depths.includes(depth)) {
    throw new RangeError(
      `Cannot build a ResNet of depth ${depth}: it must be ${depths.join(", ")}`,
    );
  }
  if (stem !== "large" && stem !== "small") {
    throw new RangeError(
      `Cannot build a ResNet with stem ${describeValue(stem)}: it must be "large" or "small"`,
    );
  }
  const { blocks, kernels, expansion } = architectures[depth];
  const stages = groupWidths("ResNet", [64, 128, 256, 512], width).map((width, stage) => ({
    blocks: blocks[stage] as number,
    width,
    outputs: width * expansion,
  }));
  return { stem: 64, stemSize: stem === "large" ? 7 : 3, kernels, stages };
}

/** Keys and shapes of a {@link resNet}'s parameters, not created. Throws as it does. */
export function resNetShapes(options: ResNetOptions): Shapes {
  return layerShapes(residualLayers(planOf(options)));
}

/**
 * Reads depth, width, stem, classes and the groups of SGE from the keys and shapes of a {@link resNet}'s
 * parameters. They do not show if SGE normalises: if it does not, add
 * `sge: { groups, normalize: false }` yourself.
 *
 * @returns Options for {@link resNet}; undefined if these are not its parameters: a key is missing,
 * unexpected or has a wrong shape.
 *
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import { resNet, resNetOptions } from "@attention-transfer/core";
 *
 * const params = resNet({ depth: 50, width: 0.125, numClasses: 10 }).init(0);
 * console.log(resNetOptions(params)); // { depth: 50, width: 0.125, numClasses: 10 }
 * ```
 */
export function resNetOptions(params: Tensors): ResNetOptions | undefined {
  const options = guessResNet(params);
  if (!options || findMismatch(params, resNetShapes(options)) !== undefined) return undefined;
  return options;
}

/** The options of the ResNet that the parameters resemble most; undefined if they resemble none. */
export function guessResNet(params: Tensors): ResNetOptions | undefined {
  const widths = [4, 3, 2, 1].map((stage) => {
    const channels = shapeOf(params, `layer${stage}.0.conv1.weight`)?.[3];
    return channels === undefined ? undefined : channels / (32 * 2 ** stage);
  });
  const width = widths.find((width) => width !== undefined);
  if (width === undefined || width < 1 / 64) return undefined;
  const numClasses = shapeOf(params, "fc.weight")?.[0] ?? shapeOf(params, "fc.bias")?.[0];
  const small = shapeOf(params, "conv1.weight")?.[0] === 3 && { stem: "small" as const };
  const guesses = depths.map((depth) => {
    const channels = resNetSizes({ depth, width }).stages.map((s) => s.outputs);
    const sge = readSge(params, "layer1.0", channels);
    return { depth, width, numClasses: numClasses || 1000, ...sge, ...small };
  });
  const scores = guesses.map((options) => likeness(params, resNetShapes(options)));
  return guesses[scores.indexOf(Math.max(...scores))];
}
