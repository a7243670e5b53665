/**
 * Residual networks for ImageNet (He et al., arXiv:1512.03385), with torchvision's keys.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { checkOptions } from "../lib/arguments.ts";
import {
  findMismatch,
  likeness,
  type Params,
  shapeOf,
  type Shapes,
  type Tensors,
} from "../lib/params.ts";
import { checkClasses, checkImages, checkMode, checkSge, groupWidths } from "./checks.ts";
import { initLayers, type Layer, layerShapes } from "./init.ts";
import { convBatchNorm, linear, param, tidy } from "./layers.ts";
import type { FourGroups, LibraryModel, LibraryOutput, Mode } from "./model.ts";
import { globalAveragePool } from "./pooling.ts";
import {
  basic,
  bottleneck,
  convolutions,
  featuresOf,
  type Names,
  residualNetwork,
  type Sizes,
} from "./residual.ts";
import { enhance, gateInputs, readSge, type SgeOptions } from "./spatial_group_enhance.ts";

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
}

interface Architecture {
  /** The number of blocks in each of the four stages. */
  blocks: readonly number[];
  kernels: readonly number[];
  /** Output channels of a block, divided by its width. */
  expansion: number;
}

const architectures: Record<ResNetOptions["depth"], Architecture> = {
  18: { blocks: [2, 2, 2, 2], kernels: basic, expansion: 1 },
  34: { blocks: [3, 4, 6, 3], kernels: basic, expansion: 1 },
  50: { blocks: [3, 4, 6, 3], kernels: bottleneck, expansion: 4 },
  101: { blocks: [3, 4, 23, 3], kernels: bottleneck, expansion: 4 },
};

const depths = [18, 34, 50, 101] as const;

/** torchvision's names. */
export const resNetNames: Names = {
  stem: "conv1",
  block: (stage, block) => `layer${stage + 1}.${block}`,
  layer: (layer) => `conv${layer + 1}`,
  shortcut: "downsample.0",
};

/** The key of the batch norm after a convolution, in torchvision's names. */
export function normOf(convolution: string): string {
  return convolution.replace(/conv(\d)$/, "bn$1").replace(/downsample\.0$/, "downsample.1");
}

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
  checkOptions("resNet", options, { depth: true, width: true, numClasses: true, sge: true });
  const { sge } = options;
  const sizes = checkedSizes(options);
  return {
    f: (input, params, mode, base = "") =>
      tidy(() => forward(input, params, mode, base, sizes, sge)),
    init: (seed) => initLayers(seed, layersOf(options)),
    classifier: "fc.weight",
  };
}

function checkedSizes(options: ResNetOptions): Sizes {
  const sizes = resNetSizes(options);
  checkClasses("ResNet", options.numClasses);
  checkSge("ResNet", options.sge, sizes.stages.map(({ outputs }) => outputs));
  return sizes;
}

/** The sizes of a network with these options. Throws a RangeError like {@link resNet}. */
export function resNetSizes(
  { depth, width = 1 }: Pick<ResNetOptions, "depth" | "width">,
): Sizes {
  if (!depths.includes(depth)) {
    throw new RangeError(
      `Cannot build a ResNet of depth ${depth}: it must be ${depths.join(", ")}`,
    );
  }
  const { blocks, kernels, expansion } = architectures[depth];
  const stages = groupWidths("ResNet", [64, 128, 256, 512], width).map((width, stage) => ({
    blocks: blocks[stage] as number,
    width,
    outputs: width * expansion,
  }));
  return { stem: 64, kernels, stages };
}

function forward(
  input: tf.Tensor4D,
  params: Params,
  mode: Mode,
  base: string,
  sizes: Sizes,
  sge: SgeOptions | undefined,
): LibraryOutput<FourGroups> {
  checkImages("ResNet", input, param(params, `${base}${resNetNames.stem}.weight`));
  checkMode("ResNet", mode);
  const stats: Params = {};
  const inputs: Record<string, tf.Tensor4D> = {};
  const { features, groups } = residualNetwork(input, sizes, resNetNames, {
    convolve: (x, key, stride) => {
      const layer = { conv: `${base}${key}.weight`, norm: `${base}${normOf(key)}`, stride };
      return convBatchNorm(x, params, layer, mode, stats);
    },
    finish: (x, key) => enhance(x, params, `${base}${key}`, sge, inputs),
  });
  const logits = linear(globalAveragePool(features), params, `${base}fc`);
  const last = sizes.stages.map(({ blocks }, stage) =>
    `${base}${resNetNames.block(stage, blocks - 1)}`
  );
  return { logits, groups, features, ...gateInputs(inputs, last), stats };
}

/** The layers with parameters, in the order in which they are initialised. */
function* layersOf(options: ResNetOptions): Generator<Layer> {
  const { numClasses, sge } = options;
  const sizes = checkedSizes(options);
  for (const { key, shape: [size, , inputs, outputs] } of convolutions(sizes, resNetNames)) {
    yield { kind: "conv", key: `${key}.weight`, inputs, outputs, size };
    yield { kind: "batchNorm", key: normOf(key), channels: outputs, weight: "ones" };
  }
  for (const [stage, { blocks }] of sizes.stages.entries()) {
    for (let b = 0; sge && b < blocks; b++) {
      yield { kind: "spatialGroupEnhance", key: resNetNames.block(stage, b), sge };
    }
  }
  yield { kind: "linear", key: "fc", inputs: featuresOf(sizes), outputs: numClasses };
}

/** Keys and shapes of a {@link resNet}'s parameters, not created. Throws as it does. */
export function resNetShapes(options: ResNetOptions): Shapes {
  return layerShapes(layersOf(options));
}

/**
 * Reads depth, width, classes and the groups of SGE from the keys and shapes of a {@link resNet}'s
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
  const guesses = depths.map((depth) => {
    const channels = resNetSizes({ depth, width }).stages.map((s) => s.outputs);
    const sge = readSge(params, "layer1.0", channels);
    return { depth, width, numClasses: numClasses || 1000, ...sge };
  });
  const scores = guesses.map((options) => likeness(params, resNetShapes(options)));
  return guesses[scores.indexOf(Math.max(...scores))];
}
