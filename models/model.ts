/**
 * What a network is here: a pure function and its first parameters.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import type { Params } from "../lib/params.ts";

/**
 * `"train"`: batch norm uses the batch's own statistics. `"eval"`: it uses the running statistics.
 */
export type Mode = "train" | "eval";

/** What a network gives for a batch. */
export interface ModelOutput {
  /** `[N, classes]`. */
  logits: tf.Tensor2D;
  /** The raw sums at the end of each group, before any further batch norm or relu: `[N, H, W, C]`. */
  groups: tf.Tensor4D[];
  /**
   * In train mode the new `running_mean` and `running_var` under their keys, 0.9 of the old and 0.1 of
   * the batch's (the variance unbiased); `{}` in eval mode.
   */
  stats: Params;
}

/** A network: a pure function of images and parameters, and a way to start. */
export interface Model {
  /**
   * The network's output for a batch.
   *
   * @param input images `[N, H, W, C]`.
   * @param params the parameters; nothing in them is changed.
   * @param base is put before every key, dot included (`"student."`), so that several networks can
   * share one dictionary. Default `""`.
   */
  f(input: tf.Tensor4D, params: Params, mode: Mode, base?: string): ModelOutput;
  /**
   * First parameters and running statistics.
   *
   * @param seed a whole number from 0 to 2^32 - 1: the same seed gives the same numbers anywhere.
   */
  init(seed: number): Params;
}
