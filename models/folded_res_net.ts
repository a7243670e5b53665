/**
 * Residual networks with folded batch norms, like the original code's teachers.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "../lib/errors.ts";
import {
  checkShapes,
  findMismatch,
  isSgeKey,
  shapeOf,
  type Shapes,
  type Tensors,
} from "../lib/params.ts";
import { checkImages } from "./checks.ts";
import { initLayers, type Layer, layerShapes } from "./init.ts";
import { conv2d, foldBatchNorm, linear, param, tidy } from "./layers.ts";
import type { FourGroups, LibraryModel } from "./model.ts";
import { globalAveragePool } from "./pooling.ts";
import { guessResNet, resNetShapes, resNetSizes } from "./res_net.ts";
import {
  basic,
  bottleneck,
  type Convolution,
  convolutions,
  featuresOf,
  type Names,
  residualNetwork,
  type Sizes,
} from "./residual.ts";
import { normOf, resNetNames } from "./residual_model.ts";

/** The result of {@link foldedResNetOptions}. */
export interface FoldedResNetOptions {
  /** The number of layers with weights, without shortcuts: usually 18, 34, 50 or 101. */
  depth: number;
  /** The widening factor, from the last group: its blocks are 512 wide at width 1. */
  width: number;
  /** The number of classes. */
  numClasses: number;
}

/** The names in the exports of https://github.com/szagoruyko/functional-zoo. */
export const foldedNames: Names = {
  stem: "conv0",
  block: (stage, block) => `group${stage}.block${block}`,
  layer: (layer) => `conv${layer}`,
  shortcut: "conv_dim",
};

/** The widths of the stages at width 1. */
const standardWidths = [64, 128, 256, 512];

/**
 * A residual network of four groups without batch norm: for example resnet-34-export.hkl of
 * https://github.com/szagoruyko/functional-zoo, the original code's ImageNet teacher, or the result
 * of {@link fold}. The mode has no effect, and there are no statistics. The groups are the raw sums
 * before the last relu of each group; the original code takes them after it.
 *
 * Parameters, with convolutions as `[kh, kw, in, out]`: `conv0.{weight, bias}`,
 * `groupG.blockB.convK.{weight, bias}` with K up to 1 in basic blocks and up to 2 in bottlenecks,
 * `groupG.block0.conv_dim.weight` where the shape changes, `fc.weight` `[classes, channels]` and
 * `fc.bias`. `conv_dim.bias` is optional: it is the shift of the shortcut's batch norm. The exports
 * have it and functional-zoo's network adds it, but the original code's network, which reads the
 * same files, leaves it out.
 *
 * Input is `[N, H, W, 3]`, at least 32 on each side. Bottlenecks have the stride on the 3x3
 * convolution. In `init`, convolutions and the classifier start Kaiming normal, biases at 0.
 *
 * @param params Parameters of such a network. Blocks, widths and classes are read from their keys
 * and shapes. The parameters given to `f` must have the same keys and shapes.
 * @throws {UserError} If a key is missing, unexpected or has a wrong shape; the message names the
 * first one.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { fold, foldedResNet, resNet } from "@attention-transfer/core";
 *
 * const params = fold(resNet({ depth: 34, width: 0.125, numClasses: 10 }).init(0));
 * const { logits, groups } = foldedResNet(params).f(tf.zeros([1, 64, 64, 3]), params, "eval");
 * console.log(logits.shape, groups.map((g) => g.shape[1])); // [1, 10] [16, 8, 4, 2]
 * ```
 */
export function foldedResNet(params: Tensors): LibraryModel<FourGroups> {
  const sizes = readSizes(params);
  const numClasses = outputsOf(params, "fc") ?? 1000;
  const layers = [...layersOf(sizes, numClasses, params)];
  checkShapes(params, layerShapes(layers), "the parameters of a folded ResNet");
  const keys = new Set(layers.map(({ key }) => key));
  return {
    f: (input, params, _mode, base = "") =>
      tidy(() => {
        const stem = param<tf.Tensor4D>(params, `${base}${foldedNames.stem}.weight`);
        checkImages("folded ResNet", input, stem);
        const { features, sums } = residualNetwork(input, sizes, foldedNames, {
          convolve: (x, key, stride) => {
            const y = conv2d(x, param(params, `${base}${key}.weight`), stride);
            const bias = `${key}.bias`;
            return keys.has(bias) ? tf.add(y, param(params, `${base}${bias}`)) : y;
          },
        });
        const logits = linear(globalAveragePool(features), params, `${base}fc`);
        return { logits, groups: sums as FourGroups, features, stats: {} };
      }),
    init: (seed) => initLayers(seed, layers),
    classifier: "fc.weight",
  };
}

/** The sizes read from the parameters, or the standard ones where parameters are missing. */
function readSizes(params: Tensors): Sizes {
  const isBottleneck = Object.keys(params).some((key) => key.endsWith(".conv2.weight"));
  const kernels = isBottleneck ? bottleneck : basic;
  const stages = standardWidths.map((standard, stage) => {
    const key = foldedNames.block(stage, 0);
    const width = outputsOf(params, `${key}.conv0`) ?? standard;
    const outputs = outputsOf(params, `${key}.conv${kernels.length - 1}`) ?? width;
    return { blocks: Math.max(1, countBlocks(params, stage)), width, outputs };
  });
  return { stem: outputsOf(params, foldedNames.stem) ?? 64, stemSize: 7, kernels, stages };
}

/** The number of outputs of a layer, from its weight or, if missing, its bias. */
function outputsOf(params: Tensors, key: string): number | undefined {
  const weight = shapeOf(params, `${key}.weight`);
  return weight?.[weight.length === 4 ? 3 : 0] ?? shapeOf(params, `${key}.bias`)?.[0];
}

/** The number of blocks in a group, from the keys. */
function countBlocks(params: Tensors, group: number): number {
  const keys = Object.keys(params).filter((key) => key.startsWith(`group${group}.`));
  return new Set(keys.map((key) => key.split(".")[1])).size;
}

/** The layers with parameters, in the order in which they are initialised. */
function* layersOf(sizes: Sizes, numClasses: number, params: Tensors): Generator<Layer> {
  for (const { key, shape: [size, , inputs, outputs] } of convolutions(sizes, foldedNames)) {
    yield { kind: "conv", key: `${key}.weight`, inputs, outputs, size };
    const bias = `${key}.bias`;
    if (!isShortcut(key) || Object.hasOwn(params, bias)) {
      yield { kind: "convBias", key: bias, channels: outputs };
    }
  }
  yield { kind: "linear", key: "fc", inputs: featuresOf(sizes), outputs: numClasses };
}

function isShortcut(key: string): boolean {
  return key.endsWith(`.${foldedNames.shortcut}`);
}

/**
 * Reads depth, width and classes from the keys and shapes of a {@link foldedResNet}'s parameters.
 *
 * @returns Undefined if these are not its parameters: a key is missing, unexpected or has a wrong
 * shape. {@link foldedResNet} then names the first one.
 *
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import { fold, foldedResNetOptions, resNet } from "@attention-transfer/core";
 *
 * const params = fold(resNet({ depth: 18, width: 0.125, numClasses: 10 }).init(0));
 * console.log(foldedResNetOptions(params)); // { depth: 18, width: 0.125, numClasses: 10 }
 * ```
 */
export function foldedResNetOptions(params: Tensors): FoldedResNetOptions | undefined {
  const guess = guessFoldedResNet(params);
  if (!guess || findMismatch(params, guess.shapes) !== undefined) return undefined;
  return guess.options;
}

/** The folded network that the parameters resemble most; undefined if they resemble none. */
export function guessFoldedResNet(
  params: Tensors,
): { options: FoldedResNetOptions; shapes: Shapes } | undefined {
  const hasBlocks = Object.keys(params).some((key) => /^group\d\.block\d+\.conv/.test(key));
  if (!hasBlocks) return undefined;
  const sizes = readSizes(params);
  const numClasses = outputsOf(params, "fc") ?? 1000;
  const blocks = sizes.stages.reduce((sum, { blocks }) => sum + blocks, 0);
  const width = (sizes.stages[3]?.width as number) / (standardWidths[3] as number);
  const shapes = [...layerShapes(layersOf(sizes, numClasses, params))];
  return { options: { depth: 2 + blocks * sizes.kernels.length, width, numClasses }, shapes };
}

/**
 * Folds the batch norms of a ResNet into its convolutions. The result has the parameters of a
 * {@link foldedResNet} with the same logits and groups as the network in eval mode, up to rounding.
 * A convolution and batch norm `weight * (conv(x) - mean) / sqrt(variance + 1e-5) + bias` become a
 * convolution with a bias. The shift of a shortcut is added to the bias of its block's last
 * convolution, so there is no `conv_dim.bias`.
 *
 * @param params Parameters of a {@link resNet} with running statistics and without SGE; not
 * changed.
 * @returns New tensors.
 * @throws {UserError} If the parameters are not those of a ResNet with a large stem, or have SGE: its
 * gate depends on the image, which no convolution can reproduce.
 *
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import { fold, resNet } from "@attention-transfer/core";
 *
 * const params = fold(resNet({ depth: 18, width: 0.125, numClasses: 10 }).init(0));
 * console.log(params["group1.block0.conv_dim.weight"]?.shape); // [1, 1, 8, 16]
 * ```
 */
export function fold(params: Tensors): Tensors {
  const options = guessResNet(params);
  if (!options) {
    throw new UserError(
      "Cannot fold the parameters: they are not those of a ResNet of depth 18, 34, 50 or 101; give it " +
        "parameters with torchvision's keys",
    );
  }
  if (options.stem === "small") {
    throw new UserError(
      "Cannot fold the parameters: conv1.weight is 3x3, and a folded ResNet has a 7x7 stem; use the " +
        "network as it is",
    );
  }
  const sgeKey = Object.keys(params).find(isSgeKey);
  if (sgeKey !== undefined) {
    throw new UserError(
      `Cannot fold the parameters: they have SGE (${sgeKey}), whose gate depends on the image; use ` +
        "the network as it is, or one without SGE",
    );
  }
  const sizes = resNetSizes(options);
  checkShapes(params, resNetShapes(options), "the parameters to fold");
  return tidy(() => foldSizes(params, sizes));
}

function foldSizes(params: Tensors, sizes: Sizes): Tensors {
  const folded: Tensors = {};
  const unfolded = convolutions(sizes, resNetNames);
  let bias = "";
  for (const [i, { key }] of convolutions(sizes, foldedNames).entries()) {
    const { key: from } = unfolded[i] as Convolution;
    const { scale, shift } = foldBatchNorm(params, normOf(from));
    folded[`${key}.weight`] = tf.mul(param(params, `${from}.weight`), scale);
    // A shortcut's shift joins that of the preceding convolution, because both end in the same sum.
    if (!isShortcut(key)) bias = `${key}.bias`;
    const before = folded[bias];
    folded[bias] = before ? tf.add(before, shift) : shift;
  }
  for (const key of ["fc.weight", "fc.bias"]) folded[key] = tf.clone(param(params, key));
  return folded;
}
