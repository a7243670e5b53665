/**
 * The types of a batch on the device.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import type { MixedLabels } from "../losses/cross_entropy.ts";

/** A batch on the device. */
export interface TensorBatch {
  /** Normalised, `[N, H, W, C]`. */
  images: tf.Tensor4D;
  /** int32 `[N]`. */
  labels: tf.Tensor1D;
  /** Other data of the batch by name, each `[N, ...]`. */
  extras?: Record<string, tf.Tensor>;
  /** How a step mixes the images, before the networks see them: see {@link mixBatch}. */
  mixing?: MixingTensors;
  /** Of images that are mixed: their second labels, for {@link crossEntropy}. */
  mixed?: MixedLabels;
  /** Only if several processes share each batch, and this is a part of it. */
  worker?: WorkerInputs;
}

/** A {@link Mixing} on the device. */
export interface MixingTensors {
  /** The image that each is mixed with, int32 `[N]`. */
  partners: tf.Tensor1D;
  /** The weight of the image itself at each pixel, from 0 to 1, `[H, W]`. */
  own: tf.Tensor2D;
  /** How much its own label counts, from 0 to 1. */
  share: tf.Scalar;
}

/**
 * A batch as a step takes it: like {@link TensorBatch}, but the compiler need not know the images' rank,
 * as after `tf.randomNormal([8, 32, 32, 3])`. It is checked when the step runs.
 */
export interface AnyBatch extends Omit<TensorBatch, "images"> {
  /** Normalised, `[N, H, W, C]`. */
  images: tf.Tensor;
}

/** What a worker tells the others with its part of a batch. */
export interface WorkerInputs {
  /** The number of examples that count. Default: all. 0 if one stands in for a part without examples. */
  examples?: tf.Scalar;
  /** 1 if this worker wants to end the run, else 0. Default 0. */
  stop?: tf.Scalar;
}
