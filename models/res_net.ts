/**
 * Residual networks for ImageNet (He et al., arXiv:1512.03385), with torchvision's keys.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Params } from "../lib/params.ts";
import { checkClasses, checkSge, groupWidths } from "./checks.ts";
import { Initializer } from "./init.ts";
import { convBatchNorm, convBatchNormRelu, linear, tidy } from "./layers.ts";
import type { Mode, Model, ModelOutput } from "./model.ts";
import { globalAveragePool, maxPool } from "./pooling.ts";
import { enhance, readSge, type SgeOptions } from "./spatial_group_enhance.ts";

/** Options of {@link resNet}. */
export interface ResNetOptions {
  /** 18 and 34 are of basic blocks, 50 and 101 of bottlenecks. */
  depth: 18 | 34 | 50 | 101;
  /**
   * Widening factor, above 0: the stages are `floor(64 * width)`, 128, 256 and 512 times width wide, and
   * give as many channels (bottlenecks four times as many). The stem has 64 at any width. Default 1.
   */
  width?: number | undefined;
  /** Classes, 1 or more. */
  numClasses: number;
  /**
   * Spatial group-wise enhance of each block's last batch norm; none unless given. Its groups must
   * divide the channels.
   */
  sge?: SgeOptions | undefined;
}

/** What a depth stands for. */
interface Architecture {
  /** The number of blocks in each of the four stages. */
  stages: readonly number[];
  /** The sizes of a block's convolutions. The first one of size 3 has the stride. */
  kernels: readonly number[];
  /** The channels that a block gives, over its width. */
  expansion: number;
}

const basic = { kernels: [3, 3], expansion: 1 };
const bottleneck = { kernels: [1, 3, 1], expansion: 4 };

const architectures: Record<ResNetOptions["depth"], Architecture> = {
  18: { ...basic, stages: [2, 2, 2, 2] },
  34: { ...basic, stages: [3, 4, 6, 3] },
  50: { ...bottleneck, stages: [3, 4, 6, 3] },
  101: { ...bottleneck, stages: [3, 4, 23, 3] },
};

const depths = [18, 34, 50, 101] as const;
const stemWidth = 64;

/**
 * A residual network of four stages. Its groups, the raw sums at the end of the stages before the last
 * relu, are 4, 8, 16 and 32 times smaller than the images.
 *
 * Parameters have torchvision's keys, with convolutions as `[kh, kw, in, out]`: `conv1.weight`,
 * `bn1.{weight, bias, running_mean, running_var}`, `layerS.B.{convK.weight, bnK.*}` with S from 1 and B
 * from 0, `layerS.0.downsample.{0.weight, 1.*}` where the shape changes, `fc.weight`
 * `[classes, channels]` and `fc.bias`; with SGE `layerS.B.sge.{weight, bias}`. Input is `[N, H, W, 3]`,
 * 32 or more on each side (with SGE, which needs two positions, more than 32 on one). Bottlenecks have
 * the stride on the 3x3 convolution. Convolutions and the classifier start Kaiming normal, batch norm
 * weights at 1.
 *
 * @throws {RangeError} where there is no such depth, width or classes are too small, or SGE's groups do
 * not divide the channels.
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
export function resNet({ depth, width = 1, numClasses, sge }: ResNetOptions): Model {
  const architecture = architectures[depth];
  if (!depths.includes(depth)) {
    throw new RangeError(
      `Cannot build a ResNet of depth ${depth}: it must be ${depths.join(", ")}`,
    );
  }
  const widths = groupWidths("ResNet", [64, 128, 256, 512], width);
  checkClasses("ResNet", numClasses);
  checkSge("ResNet", sge, widths.map((channels) => channels * architecture.expansion));
  return {
    f: (input, params, mode, base = "") =>
      tidy(() => forward(input, params, mode, base, architecture, sge)),
    init: (seed) => initialize(seed, architecture, widths, numClasses, sge),
  };
}

/** The stride of a stage's first block: the max pool halves in the first stage's place. */
function strideOf(stage: number): number {
  return stage === 0 ? 1 : 2;
}

function forward(
  input: tf.Tensor4D,
  params: Params,
  mode: Mode,
  base: string,
  { stages, kernels }: Architecture,
  sge: SgeOptions | undefined,
): ModelOutput {
  const stats: Params = {};
  const groups: tf.Tensor4D[] = [];
  const stem = { conv: `${base}conv1.weight`, norm: `${base}bn1`, stride: 2 };
  let x = maxPool(convBatchNormRelu(input, params, stem, mode, stats));
  for (const [stage, blocks] of stages.entries()) {
    let sum = x;
    for (let b = 0; b < blocks; b++) {
      const key = `${base}layer${stage + 1}.${b}`;
      sum = block(x, params, key, kernels, b === 0 ? strideOf(stage) : 1, mode, stats, sge);
      x = tf.relu(sum);
    }
    groups.push(sum);
  }
  return { logits: linear(globalAveragePool(x), params, `${base}fc`), groups, stats };
}

function block(
  x: tf.Tensor4D,
  params: Params,
  key: string,
  kernels: readonly number[],
  stride: number,
  mode: Mode,
  stats: Params,
  sge: SgeOptions | undefined,
): tf.Tensor4D {
  const strided = kernels.indexOf(3);
  let z = x;
  for (const layer of kernels.keys()) {
    const names = { conv: `${key}.conv${layer + 1}.weight`, norm: `${key}.bn${layer + 1}` };
    const convolution = { ...names, stride: layer === strided ? stride : 1 };
    z = convBatchNorm(layer === 0 ? z : tf.relu(z), params, convolution, mode, stats);
  }
  z = enhance(z, params, key, sge);
  if (stride === 1 && x.shape[3] === z.shape[3]) return tf.add(z, x);
  const downsample = { conv: `${key}.downsample.0.weight`, norm: `${key}.downsample.1`, stride };
  return tf.add(z, convBatchNorm(x, params, downsample, mode, stats));
}

function initialize(
  seed: number,
  { stages, kernels, expansion }: Architecture,
  widths: number[],
  numClasses: number,
  sge: SgeOptions | undefined,
): Params {
  const first = new Initializer(seed);
  const convBatchNorm = (conv: string, norm: string, from: number, to: number, size: number) => {
    first.conv(`${conv}.weight`, from, to, size);
    first.batchNorm(norm, to, "ones");
  };
  convBatchNorm("conv1", "bn1", 3, stemWidth, 7);
  let inputs = stemWidth;
  for (const [stage, blocks] of stages.entries()) {
    const width = widths[stage] as number;
    const outputs = width * expansion;
    for (let b = 0; b < blocks; b++) {
      const key = `layer${stage + 1}.${b}`;
      for (const [layer, size] of kernels.entries()) {
        const from = layer === 0 ? inputs : width;
        const to = layer === kernels.length - 1 ? outputs : width;
        convBatchNorm(`${key}.conv${layer + 1}`, `${key}.bn${layer + 1}`, from, to, size);
      }
      first.spatialGroupEnhance(key, sge);
      if (b === 0 && (strideOf(stage) !== 1 || inputs !== outputs)) {
        convBatchNorm(`${key}.downsample.0`, `${key}.downsample.1`, inputs, outputs, 1);
      }
      inputs = outputs;
    }
  }
  first.linear("fc", inputs, numClasses);
  return first.params;
}

/**
 * Reads depth, width, classes and the groups of SGE from the keys and shapes of a {@link resNet}'s
 * parameters. Whether its SGE normalises they cannot tell: where it does not, add
 * `sge: { groups, normalize: false }` yourself.
 *
 * @returns what to give to {@link resNet}; undefined where these are no such parameters.
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
export function resNetOptions(params: Params): ResNetOptions | undefined {
  const channels = params["layer4.0.conv1.weight"]?.shape[3];
  const numClasses = params["fc.weight"]?.shape[0];
  const blocks = [1, 2, 3, 4].map((stage) => countBlocks(params, stage));
  const layers = [1, 2, 3].filter((layer) => `layer1.0.conv${layer}.weight` in params);
  const depth = depths.find((depth) => {
    const { stages, kernels } = architectures[depth];
    return String(stages) === String(blocks) && kernels.length === layers.length;
  });
  if (channels === undefined || numClasses === undefined || !depth) return undefined;
  return { depth, width: channels / 512, numClasses, ...readSge(params, "layer1.0") };
}

function countBlocks(params: Params, stage: number): number {
  let blocks = 0;
  while (`layer${stage}.${blocks}.conv1.weight` in params) blocks++;
  return blocks;
}
