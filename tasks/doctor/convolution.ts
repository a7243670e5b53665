/**
 * Times a convolution.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { jit, type Precision } from "../../lib/jit/mod.ts";
import { median } from "../../lib/median.ts";

/** The speed of a convolution. */
export interface ConvolutionTime {
  milliseconds: number;
  /** 10^9 multiplications and additions per second. */
  gigaflops: number;
}

const side = 32;
const channels = 16;
/** Convolutions in sequence: the time for the call and the casts then hardly matters. */
const layers = 8;
const warmUps = 2;
const runs = 9;

/**
 * Median times of a 3x3 convolution of `[batch, 32, 32, 16]` to 16 channels, precisions in turns.
 *
 * @throws {Error} If a result is wrong.
 */
export async function timeConvolutions(
  precisions: readonly Precision[],
  batch: number,
): Promise<Partial<Record<Precision, ConvolutionTime>>> {
  const portable = tf.getBackend() !== "tensorflow";
  const [depth, warm, timed] = portable ? [1, 0, 3] : [layers, warmUps, runs];
  const cases = precisions.map((precision) => ({
    precision,
    times: [] as number[],
    f: jit((x: tf.Tensor4D, filter: tf.Tensor4D) => {
      let y = x;
      for (let i = 0; i < depth; i++) y = tf.conv2d(y, filter, 1, "same");
      return tf.slice(y, [0, side / 2, side / 2, 0], [1, 1, 1, channels]);
    }, { precision }),
  }));
  const images = tf.ones<tf.Rank.R4>([batch, side, side, channels]);
  // A filter that computes means: ones stay ones, except near the zero-padded border.
  const filter = tf.fill([3, 3, channels, channels], 1 / (9 * channels)) as tf.Tensor4D;
  for (let i = 0; i < warm + timed; i++) {
    for (const { precision, times, f } of cases) {
      const start = performance.now();
      const result = await f(images, filter);
      const values = await result.data(); // on a GPU, wait for the result
      if (i >= warm) times.push((performance.now() - start) / depth);
      result.dispose();
      if (!values.every((value) => Math.abs(value - 1) < 0.01)) {
        throw new Error(`a convolution in ${precision} gave ${values[0]} in place of 1`);
      }
    }
  }
  tf.dispose([images, filter]);
  cases.forEach(({ f }) => f.dispose());
  const operations = 2 * batch * side * side * channels * channels * 9;
  return Object.fromEntries(cases.map(({ precision, times }) => {
    const milliseconds = median(times);
    return [precision, { milliseconds, gigaflops: operations / milliseconds / 1e6 }];
  }));
}
