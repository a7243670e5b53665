/**
 * Wide residual networks for small images (Zagoruyko and Komodakis, arXiv:1605.07146).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkOptions, type OptionNames } from "../lib/arguments.ts";
import { findMismatch, type Params, shapeOf, type Shapes, type Tensors } from "../lib/params.ts";
import {
  checkBatchNormWeight,
  checkClasses,
  checkImages,
  checkMode,
  checkSge,
  groupWidths,
} from "./checks.ts";
import { type BatchNormWeight, initLayers, type Layer, layerShapes } from "./init.ts";
import { batchNorm, conv2d, convBatchNorm, linear, param, tidy } from "./layers.ts";
import type { LibraryModel, LibraryOutput, Mode, ThreeGroups } from "./model.ts";
import { globalAveragePool } from "./pooling.ts";
import { enhance, gateInputs, readSge, type SgeOptions } from "./spatial_group_enhance.ts";

/** Options of {@link wideResNet}. */
export interface WideResNetOptions {
  /** `6n + 4` with n blocks per group: 10, 16, 22, 28, 40 ... */
  depth: number;
  /** Widening factor, above 0: groups have `floor(16 * width)`, 32 and 64 times width channels. */
  width: number;
  /** The number of classes, at least 1. */
  numClasses: number;
  /**
   * Spatial group-wise enhance after each block's last convolution. Its groups must divide the
   * channels: at most 16 at width 1. Default none.
   */
  sge?: SgeOptions | undefined;
  /**
   * Initial batch norm weights: `"uniform"` in [0, 1), as in the original code, or `"ones"`.
   * Default `"uniform"`.
   */
  batchNormWeight?: BatchNormWeight | undefined;
}

/** The depths of WideResNets up to 100, `6n + 4`. */
// deno-fmt-ignore
export type WideResNetDepth =
  | 10 | 16 | 22 | 28 | 34 | 40 | 46 | 52 | 58 | 64 | 70 | 76 | 82 | 88 | 94 | 100;

/**
 * A depth that the compiler does not know, or one of {@link WideResNetDepth}.
 *
 * @typeParam Depth the depth.
 */
export type PossibleDepth<Depth extends number> = number extends Depth ? Depth
  : WideResNetDepth;

/**
 * A pre-activation wide residual network of three groups, as in the original attention-transfer
 * code: WRN-16-1 is `{ depth: 16, width: 1 }`.
 *
 * Parameters, with convolutions as `[kh, kw, in, out]`: `conv0`, `groupG.blockB.{conv0, conv1}`,
 * `groupG.blockB.{bn0, bn1}.{weight, bias, running_mean, running_var}`, `groupG.block0.convdim`
 * where the channels change (applied to `relu(bn0(x))`; an identity shortcut takes raw x), `bn.*`,
 * `fc.weight` `[classes, channels]` and `fc.bias`; with SGE `groupG.blockB.sge.{weight, bias}`.
 * Input is `[N, H, W, 3]`; the groups have strides 1, 2 and 2. Convolutions and the classifier
 * start Kaiming normal.
 *
 * @typeParam Depth the depth: the compiler refuses a wrong one, if it is not merely a `number`.
 * @throws {TypeError} If an option is unknown. Also from `f`, if the images, the mode or a
 * parameter are not valid, or a tensor is disposed.
 * @throws {RangeError} If the depth is not 6n + 4 (at least 10), width or classes are too small, or
 * the groups of SGE do not divide the channels.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { wideResNet } from "@attention-transfer/core";
 *
 * const { f, init } = wideResNet({ depth: 10, width: 1, numClasses: 10 });
 * const { logits, groups } = f(tf.zeros([2, 32, 32, 3]), init(0), "eval");
 * console.log(logits.shape, groups.map((g) => g.shape[3])); // [2, 10] [16, 32, 64]
 * ```
 */
export function wideResNet<Depth extends number>(
  options: WideResNetOptions & { depth: PossibleDepth<Depth> },
): LibraryModel<ThreeGroups> {
  checkOptions("wideResNet", options, optionNames);
  const { sge, batchNormWeight = "uniform" } = options;
  checkBatchNormWeight("WideResNet", batchNormWeight);
  const { blocks } = sizesOf(options);
  return {
    f: (input, params, mode, base = "") =>
      tidy(() => forward(input, params, mode, base, blocks, sge)),
    init: (seed) => initLayers(seed, layersOf(options)),
    classifier: "fc.weight",
  };
}

/** Blocks per group, and the groups' channels. Throws a RangeError like {@link wideResNet}. */
function sizesOf(
  { depth, width, numClasses, sge }: WideResNetOptions,
): { blocks: number; widths: number[] } {
  const blocks = (depth - 4) / 6;
  if (!Number.isInteger(blocks) || blocks < 1) {
    throw new RangeError(
      `Cannot build a WideResNet of depth ${depth}: it must be 6n + 4, such as 10, 16, 22, 28 or 40`,
    );
  }
  const widths = groupWidths("WideResNet", [16, 32, 64], width);
  checkClasses("WideResNet", numClasses);
  checkSge("WideResNet", sge, widths);
  return { blocks, widths };
}

const optionNames: OptionNames<WideResNetOptions> = {
  depth: true,
  width: true,
  numClasses: true,
  sge: true,
  batchNormWeight: true,
};

function forward(
  input: tf.Tensor4D,
  params: Params,
  mode: Mode,
  base: string,
  blocks: number,
  sge: SgeOptions | undefined,
): LibraryOutput<ThreeGroups> {
  const stats: Params = {};
  const inputs: Record<string, tf.Tensor4D> = {};
  const block = (x: tf.Tensor4D, key: string, stride: number): tf.Tensor4D => {
    const o1 = tf.relu(batchNorm(x, params, `${key}.bn0`, mode, stats));
    const first = { conv: `${key}.conv0`, norm: `${key}.bn1`, stride };
    const o2 = tf.relu(convBatchNorm(o1, params, first, mode, stats));
    const z = enhance(conv2d(o2, param(params, `${key}.conv1`)), params, key, sge, inputs);
    const widens = x.shape[3] !== z.shape[3];
    return tf.add(z, widens ? conv2d(o1, param(params, `${key}.convdim`), stride) : x);
  };
  const group = (x: tf.Tensor4D, key: string, stride: number) => {
    for (let b = 0; b < blocks; b++) x = block(x, `${key}.block${b}`, b === 0 ? stride : 1);
    return x;
  };
  const filter = param<tf.Tensor4D>(params, `${base}conv0`);
  checkImages("WideResNet", input, filter);
  checkMode("WideResNet", mode);
  const x = conv2d(input, filter);
  const g0 = group(x, `${base}group0`, 1);
  const g1 = group(g0, `${base}group1`, 2);
  const g2 = group(g1, `${base}group2`, 2);
  const features = tf.relu(batchNorm(g2, params, `${base}bn`, mode, stats));
  const logits = linear(globalAveragePool(features), params, `${base}fc`);
  const last = [0, 1, 2].map((group) => `${base}group${group}.block${blocks - 1}`);
  return { logits, groups: [g0, g1, g2], features, ...gateInputs(inputs, last), stats };
}

/** The layers with parameters, in the order in which they are initialised. */
function* layersOf(options: WideResNetOptions): Generator<Layer> {
  const { numClasses, sge, batchNormWeight: weight = "uniform" } = options;
  const { blocks, widths } = sizesOf(options);
  yield { kind: "conv", key: "conv0", inputs: 3, outputs: 16, size: 3 };
  let inputs = 16;
  for (const [g, outputs] of widths.entries()) {
    for (let b = 0; b < blocks; b++) {
      const key = `group${g}.block${b}`;
      yield { kind: "batchNorm", key: `${key}.bn0`, channels: inputs, weight };
      yield { kind: "conv", key: `${key}.conv0`, inputs, outputs, size: 3 };
      yield { kind: "batchNorm", key: `${key}.bn1`, channels: outputs, weight };
      yield { kind: "conv", key: `${key}.conv1`, inputs: outputs, outputs, size: 3 };
      if (sge) yield { kind: "spatialGroupEnhance", key, sge };
      if (inputs !== outputs) {
        yield { kind: "conv", key: `${key}.convdim`, inputs, outputs, size: 1 };
      }
      inputs = outputs;
    }
  }
  yield { kind: "batchNorm", key: "bn", channels: inputs, weight };
  yield { kind: "linear", key: "fc", inputs, outputs: numClasses };
}

/** Keys and shapes of a {@link wideResNet}'s parameters, not created. Throws as it does. */
export function wideResNetShapes(options: WideResNetOptions): Shapes {
  return layerShapes(layersOf(options));
}

/**
 * Reads depth, width, classes and the groups of SGE from the keys and shapes of a
 * {@link wideResNet}'s parameters. They do not show if SGE normalises: if it does not, add
 * `sge: { groups, normalize: false }` yourself.
 *
 * @returns Options for {@link wideResNet}; undefined if these are not its parameters: a key is
 * missing, unexpected or has a wrong shape.
 *
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import { wideResNet, wideResNetOptions } from "@attention-transfer/core";
 *
 * const params = wideResNet({ depth: 16, width: 2, numClasses: 10 }).init(0);
 * console.log(wideResNetOptions(params)); // { depth: 16, width: 2, numClasses: 10 }
 * ```
 */
export function wideResNetOptions(params: Tensors): WideResNetOptions | undefined {
  const options = guessWideResNet(params);
  if (!options || findMismatch(params, wideResNetShapes(options)) !== undefined) return undefined;
  return options;
}

/** The options of the WideResNet that the parameters resemble most; undefined if there is none. */
export function guessWideResNet(params: Tensors): WideResNetOptions | undefined {
  const widths = [2, 1, 0].map((group) => {
    const channels = shapeOf(params, `group${group}.block0.conv0`)?.[3];
    return channels === undefined ? undefined : channels / (16 * 2 ** group);
  });
  const width = widths.find((width) => width !== undefined);
  if (width === undefined || width < 1 / 16) return undefined;
  let blocks = 0;
  while (Object.hasOwn(params, `group0.block${blocks}.conv0`)) blocks++;
  const depth = 6 * Math.max(1, blocks) + 4;
  const numClasses = shapeOf(params, "fc.weight")?.[0] ?? shapeOf(params, "fc.bias")?.[0];
  const options = { depth, width, numClasses: numClasses || 10 };
  return { ...options, ...readSge(params, "group0.block0", sizesOf(options).widths) };
}
