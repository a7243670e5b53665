/**
 * Shared parts of post-activation residual networks, independent of layer names and kinds.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { maxPool } from "./pooling.ts";

/** The sizes of a residual network. */
export interface Sizes {
  /** The output channels of the stem. */
  stem: number;
  /** The kernel size of the stem: 7, with stride 2 and a max pool after it, or 3 with neither. */
  stemSize: 3 | 7;
  /** The kernel sizes of a block's convolutions. The first one of size 3 has the stride. */
  kernels: readonly number[];
  stages: readonly Stage[];
}

/** The sizes of a stage. */
export interface Stage {
  blocks: number;
  /** The channels inside its blocks. */
  width: number;
  /** The output channels of its blocks. */
  outputs: number;
}

/** The kernel sizes of basic blocks and of bottlenecks. */
export const basic: readonly number[] = [3, 3];
export const bottleneck: readonly number[] = [1, 3, 1];

/** The names of a network's convolutions. */
export interface Names {
  stem: string;
  block(stage: number, block: number): string;
  /** The name of a block's convolution, within the block. */
  layer(layer: number): string;
  /** The name of the convolution on a block's shortcut, within the block. */
  shortcut: string;
}

/** A convolution: its key and the shape of its filter `[size, size, in, out]`. */
export interface Convolution {
  key: string;
  shape: [size: number, size: number, inputs: number, outputs: number];
}

/** All convolutions of a network. A block's shortcut convolution, if any, is the block's last. */
export function convolutions(
  { stem, stemSize, kernels, stages }: Sizes,
  names: Names,
): Convolution[] {
  const all: Convolution[] = [{ key: names.stem, shape: [stemSize, stemSize, 3, stem] }];
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

/** The output channels of the last stage. */
export function featuresOf({ stages }: Sizes): number {
  return (stages.at(-1) as Stage).outputs;
}

/** The first block of a stage halves the size, except in the first stage. */
function strideOf(stage: number, block: number): number {
  return stage > 0 && block === 0 ? 2 : 1;
}

/** The layers of a network. */
export interface Layers {
  /** The convolution with this key, and what follows it before the relu. */
  convolve(x: tf.Tensor4D, key: string, stride: number): tf.Tensor4D;
  /** What follows the last convolution of this block before the sum. Default nothing. */
  finish?(x: tf.Tensor4D, key: string): tf.Tensor4D;
}

/**
 * The network without its classifier.
 *
 * @param images `[N, H, W, 3]`.
 * @returns Of each stage the raw sum at its end, and the relu of that; the last one's relu is the
 * features before pooling. All are `[N, H, W, C]`.
 */
export function residualNetwork(
  images: tf.Tensor4D,
  { stemSize, kernels, stages }: Sizes,
  names: Names,
  { convolve, finish = (z) => z }: Layers,
): { sums: tf.Tensor4D[]; outputs: tf.Tensor4D[]; features: tf.Tensor4D } {
  const strided = kernels.indexOf(3);
  const block = (x: tf.Tensor4D, key: string, stride: number): tf.Tensor4D => {
    let z = x;
    for (const layer of kernels.keys()) {
      const input = layer === 0 ? z : tf.relu(z);
      z = convolve(input, `${key}.${names.layer(layer)}`, layer === strided ? stride : 1);
    }
    z = finish(z, key);
    if (stride === 1 && x.shape[3] === z.shape[3]) return tf.add(z, x);
    return tf.add(z, convolve(x, `${key}.${names.shortcut}`, stride));
  };
  const sums: tf.Tensor4D[] = [];
  const outputs: tf.Tensor4D[] = [];
  let x = tf.relu(convolve(images, names.stem, stemSize === 7 ? 2 : 1));
  if (stemSize === 7) x = maxPool(x);
  for (const [stage, { blocks }] of stages.entries()) {
    let sum = x;
    for (let b = 0; b < blocks; b++) {
      sum = block(x, names.block(stage, b), strideOf(stage, b));
      x = tf.relu(sum);
    }
    sums.push(sum);
    outputs.push(x);
  }
  return { sums, outputs, features: x };
}
