/**
 * What residual networks for ImageNet have in common, whatever their layers are called and made of.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { globalAveragePool, maxPool } from "./pooling.ts";

/** The sizes of a residual network. */
export interface Sizes {
  /** The channels that the stem gives. */
  stem: number;
  /** The sizes of a block's convolutions. The first one of size 3 has the stride. */
  kernels: readonly number[];
  stages: readonly Stage[];
}

/** The sizes of one of the stages. */
export interface Stage {
  blocks: number;
  /** The channels within its blocks. */
  width: number;
  /** The channels that its blocks give. */
  outputs: number;
}

/** The kernels of basic blocks and of bottlenecks. */
export const basic: readonly number[] = [3, 3];
export const bottleneck: readonly number[] = [1, 3, 1];

/** What a network calls its convolutions. */
export interface Names {
  stem: string;
  block(stage: number, block: number): string;
  /** Of a block's convolutions, in the block. */
  layer(layer: number): string;
  /** Of the convolution on a block's shortcut, in the block. */
  shortcut: string;
}

/** A convolution, by its key and the shape of its filter `[size, size, in, out]`. */
export interface Convolution {
  key: string;
  shape: [size: number, size: number, inputs: number, outputs: number];
}

/** All convolutions of a network; a block's shortcut, where it has one, comes last in its block. */
export function convolutions({ stem, kernels, stages }: Sizes, names: Names): Convolution[] {
  const all: Convolution[] = [{ key: names.stem, shape: [7, 7, 3, stem] }];
  let inputs = stem;
  for (const [stage, { blocks, width, outputs }] of stages.entries()) {
    for (let b = 0; b < blocks; b++) {
      const key = names.block(stage, b);
      for (const [layer, size] of kernels.entries()) {
        const from = layer === 0 ? inputs : width;
        const to = layer === kernels.length - 1 ? outputs : width;
        all.push({ key: `${key}.${names.layer(layer)}`, shape: [size, size, from, to] });
      }
      if (strideOf(stage, b) !== 1 || inputs !== outputs) {
        all.push({ key: `${key}.${names.shortcut}`, shape: [1, 1, inputs, outputs] });
      }
      inputs = outputs;
    }
  }
  return all;
}

/** The channels that the last stage gives. */
export function featuresOf({ stages }: Sizes): number {
  return (stages.at(-1) as Stage).outputs;
}

/** The first block of a stage halves, but for the first stage, where the max pool has done so. */
function strideOf(stage: number, block: number): number {
  return stage > 0 && block === 0 ? 2 : 1;
}

/** What a network is made of. */
export interface Layers {
  /** The convolution of that key, with what follows it before the relu. */
  convolve(x: tf.Tensor4D, key: string, stride: number): tf.Tensor4D;
  /** What follows the last convolution of the block of that key before the sum. Default nothing. */
  finish?(x: tf.Tensor4D, key: string): tf.Tensor4D;
}

/**
 * The network up to its classifier.
 *
 * @param images `[N, H, W, 3]`.
 * @returns the features `[N, C]`, and the raw sums at the end of the stages.
 */
export function residualNetwork(
  images: tf.Tensor4D,
  { kernels, stages }: Sizes,
  names: Names,
  layers: Layers,
): { features: tf.Tensor2D; groups: tf.Tensor4D[] } {
  const groups: tf.Tensor4D[] = [];
  let x = maxPool(tf.relu(layers.convolve(images, names.stem, 2)));
  for (const [stage, { blocks }] of stages.entries()) {
    let sum = x;
    for (let b = 0; b < blocks; b++) {
      sum = block(x, names.block(stage, b), strideOf(stage, b), kernels, names, layers);
      x = tf.relu(sum);
    }
    groups.push(sum);
  }
  return { features: globalAveragePool(x), groups };
}

function block(
  x: tf.Tensor4D,
  key: string,
  stride: number,
  kernels: readonly number[],
  names: Names,
  { convolve, finish = (z) => z }: Layers,
): tf.Tensor4D {
  const strided = kernels.indexOf(3);
  let z = x;
  for (const layer of kernels.keys()) {
    const input = layer === 0 ? z : tf.relu(z);
    z = convolve(input, `${key}.${names.layer(layer)}`, layer === strided ? stride : 1);
  }
  z = finish(z, key);
  if (stride === 1 && x.shape[3] === z.shape[3]) return tf.add(z, x);
  return tf.add(z, convolve(x, `${key}.${names.shortcut}`, stride));
}
