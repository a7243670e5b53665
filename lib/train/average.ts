/**
 * Averages of the weights over the steps of a training.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { tidy } from "../../models/layers.ts";
import { mapValues, type Tensors } from "../params.ts";

/** Copies that live on when the parameters are freed. */
export function copyParams(params: Tensors): Tensors {
  return mapValues(params, (p) => tf.clone(p));
}

/**
 * The exponential moving average after one more step: `average + rate * (params - average)` for every
 * key, running statistics included. `rate` is 1 minus the decay. With rate 1 at the first step, which
 * copies the weights, it is PyTorch's `AveragedModel` with `get_ema_multi_avg_fn(decay)` and
 * `use_buffers=True`, and torchvision's `ExponentialMovingAverage`.
 *
 * @param rate from 0 to 1; a scalar tensor, so that a compiled step is not traced again.
 * @throws {TypeError} If a key has no average.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { averageParams } from "@attention-transfer/core";
 *
 * const [average, params] = [{ w: tf.scalar(1) }, { w: tf.scalar(2) }];
 * averageParams(average, params, tf.scalar(0.1)).w?.print(); // 1.1
 * ```
 */
export function averageParams(average: Tensors, params: Tensors, rate: tf.Scalar): Tensors {
  return tidy(() =>
    mapValues(params, (tensor, key) => {
      const before = average[key];
      if (before === undefined) throw new TypeError(`Cannot average ${key}: it has no average`);
      return tf.add(before, tf.mul(tf.sub(tensor, before), rate));
    })
  );
}
