/**
 * VGG networks for CIFAR with batch norm (Simonyan and Zisserman, arXiv:1409.1556), with
 * RepDistiller's keys.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkOptions } from "../lib/arguments.ts";
import { findMismatch, type Params, shapeOf, type Shapes, type Tensors } from "../lib/params.ts";
import { checkClasses, checkImages, checkMode, groupWidths } from "./checks.ts";
import { initLayers, type Layer, layerShapes } from "./init.ts";
import { convBatchNorm, linear, param, tidy } from "./layers.ts";
import type { FourGroups, LibraryModel, LibraryOutput, Mode } from "./model.ts";
import { globalAveragePool, maxPool } from "./pooling.ts";

/** Options of {@link vgg}. */
export interface VggOptions {
  /** The number of layers with weights; 8 has one convolution in each block. */
  depth: 8 | 11 | 13 | 16 | 19;
  /**
   * Widening factor, above 0: the blocks have `floor(64 * width)`, 128, 256, 512 and 512 times
   * width channels. Default 1.
   */
  width?: number | undefined;
  /** The number of classes, at least 1. */
  numClasses: number;
}

/** The number of convolutions in each of the five blocks. */
const convolutionsOf: Record<VggOptions["depth"], readonly number[]> = {
  8: [1, 1, 1, 1, 1],
  11: [1, 1, 2, 2, 2],
  13: [2, 2, 2, 2, 2],
  16: [2, 2, 3, 3, 3],
  19: [2, 2, 4, 4, 4],
};

/** The depths of {@link vgg}. */
export const vggDepths = [8, 11, 13, 16, 19] as const;

/**
 * A VGG network of five blocks, as RepDistiller's vgg8 and vgg13, which have batch norm. A 2x2 max
 * pool follows each of the first three blocks, so images of 32 pixels end as 4x4; RepDistiller pools
 * once more for images of 64. One linear layer classifies the mean over all positions.
 *
 * As in RepDistiller, whose tables compare these features, the groups are the last four blocks after
 * their relu: 2, 4, 8 and 8 times smaller than the images.
 *
 * Parameters, with convolutions as `[kh, kw, in, out]`: `blockB.L.{weight, bias}` with B from 0 and
 * L = 0, 3, 6 ..., the batch norm after it `blockB.{L + 1}.{weight, bias, running_mean,
 * running_var}`, `classifier.weight` `[classes, channels]` and `classifier.bias`. Input is
 * `[N, H, W, 3]`, at least 8 on each side. As in RepDistiller, convolutions start Kaiming normal by
 * their outputs, batch norm weights at 1, the classifier normal with deviation 0.01, and biases at 0.
 *
 * @throws {TypeError} If an option is unknown. Also from `f`, if the images, the mode or a
 * parameter are not valid, or a tensor is disposed.
 * @throws {RangeError} If the depth is not supported, or width or classes are too small.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { vgg } from "@attention-transfer/core";
 *
 * const { f, init } = vgg({ depth: 8, width: 0.25, numClasses: 10 });
 * const { logits, groups } = f(tf.zeros([2, 32, 32, 3]), init(0), "eval");
 * console.log(logits.shape, groups.map((g) => g.shape[1])); // [2, 10] [16, 8, 4, 4]
 * ```
 */
export function vgg(options: VggOptions): LibraryModel<FourGroups> {
  checkOptions("vgg", options, { depth: true, width: true, numClasses: true });
  const { blocks } = sizesOf(options);
  return {
    f: (input, params, mode, base = "") => tidy(() => forward(input, params, mode, base, blocks)),
    init: (seed) => initLayers(seed, layersOf(options)),
    classifier: "classifier.weight",
  };
}

function sizesOf(
  { depth, width = 1, numClasses }: VggOptions,
): { blocks: readonly number[]; widths: number[] } {
  if (!vggDepths.includes(depth)) {
    throw new RangeError(
      `Cannot build a VGG of depth ${depth}: it must be ${vggDepths.join(", ")}`,
    );
  }
  const widths = groupWidths("VGG", [64, 128, 256, 512, 512], width);
  checkClasses("VGG", numClasses);
  return { blocks: convolutionsOf[depth], widths };
}

/** The keys of a convolution and of the batch norm after it; a relu without parameters follows. */
export function vggLayer(block: number, layer: number): { conv: string; norm: string } {
  return { conv: `block${block}.${3 * layer}`, norm: `block${block}.${3 * layer + 1}` };
}

/** True if a max pool precedes this block. */
export function isPooled(block: number): boolean {
  return block > 0 && block < 4;
}

/** Three times halved, an image of this size is one position. */
const leastSide = 8;

function forward(
  input: tf.Tensor4D,
  params: Params,
  mode: Mode,
  base: string,
  blocks: readonly number[],
): LibraryOutput<FourGroups> {
  checkImages("VGG", input, param(params, `${base}${vggLayer(0, 0).conv}.weight`));
  if (Math.min(...input.shape.slice(1, 3)) < leastSide) {
    throw new TypeError(
      `Cannot run a VGG on images [${input.shape}]: each side must be ${leastSide} or more`,
    );
  }
  checkMode("VGG", mode);
  const stats: Params = {};
  const outputs: tf.Tensor4D[] = [];
  let x = input;
  for (const [block, count] of blocks.entries()) {
    if (isPooled(block)) x = maxPool(x, 2);
    for (let layer = 0; layer < count; layer++) {
      const { conv, norm } = vggLayer(block, layer);
      const keys = {
        conv: `${base}${conv}.weight`,
        bias: `${base}${conv}.bias`,
        norm: `${base}${norm}`,
        stride: 1,
      };
      x = tf.relu(convBatchNorm(x, params, keys, mode, stats));
    }
    outputs.push(x);
  }
  const logits = linear(globalAveragePool(x), params, `${base}classifier`);
  const [, ...groups] = outputs as [tf.Tensor4D, ...FourGroups];
  // Another tensor than the last group, so that whoever frees one keeps the other.
  return { logits, groups, features: tf.clone(x), stats };
}

/** The layers with parameters, in the order in which they are initialised. */
function* layersOf(options: VggOptions): Generator<Layer> {
  const { blocks, widths } = sizesOf(options);
  let inputs = 3;
  for (const [block, count] of blocks.entries()) {
    const outputs = widths[block] as number;
    for (let layer = 0; layer < count; layer++) {
      const { conv, norm } = vggLayer(block, layer);
      yield { kind: "conv", key: `${conv}.weight`, inputs, outputs, size: 3, fan: "out" };
      yield { kind: "convBias", key: `${conv}.bias`, channels: outputs };
      yield { kind: "batchNorm", key: norm, channels: outputs, weight: "ones" };
      inputs = outputs;
    }
  }
  yield { kind: "linear", key: "classifier", inputs, outputs: options.numClasses, start: "small" };
}

/** Keys and shapes of a {@link vgg}'s parameters, not created. Throws as it does. */
export function vggShapes(options: VggOptions): Shapes {
  return layerShapes(layersOf(options));
}

/**
 * Reads depth, width and classes from the keys and shapes of a {@link vgg}'s parameters.
 *
 * @returns Options for {@link vgg}; undefined if these are not its parameters: a key is missing,
 * unexpected or has a wrong shape.
 *
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import { vgg, vggOptions } from "@attention-transfer/core";
 *
 * const params = vgg({ depth: 13, width: 0.25, numClasses: 10 }).init(0);
 * console.log(vggOptions(params)); // { depth: 13, width: 0.25, numClasses: 10 }
 * ```
 */
export function vggOptions(params: Tensors): VggOptions | undefined {
  const options = guessVgg(params);
  if (!options || findMismatch(params, vggShapes(options)) !== undefined) return undefined;
  return options;
}

/** The options of the VGG that the parameters resemble most; undefined if they resemble none. */
export function guessVgg(params: Tensors): VggOptions | undefined {
  const channels = [4, 3, 2, 1, 0]
    .map((block) => {
      const outputs = shapeOf(params, `${vggLayer(block, 0).conv}.weight`)?.[3];
      return outputs === undefined ? undefined : outputs / (64 * 2 ** Math.min(block, 3));
    });
  const width = channels.find((width) => width !== undefined);
  if (width === undefined || width < 1 / 64) return undefined;
  const numClasses = shapeOf(params, "classifier.weight")?.[0] ??
    shapeOf(params, "classifier.bias")?.[0];
  const count = (block: number) => {
    let layers = 0;
    while (Object.hasOwn(params, `${vggLayer(block, layers).conv}.weight`)) layers++;
    return layers;
  };
  const counts = [0, 1, 2, 3, 4].map(count);
  const distance = (depth: VggOptions["depth"]) =>
    convolutionsOf[depth].reduce(
      (sum, layers, block) => sum + Math.abs(layers - (counts[block] as number)),
      0,
    );
  const depth = vggDepths.toSorted((a, b) => distance(a) - distance(b))[0] as VggOptions["depth"];
  return { depth, width, numClasses: numClasses || 10 };
}
