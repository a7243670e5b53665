/**
 * The interface of a network: a pure function and its initial parameters.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import type { Params } from "../lib/params.ts";

/** `"train"`: batch norm uses the batch's statistics. `"eval"`: it uses the running statistics. */
export type Mode = "train" | "eval";

/** The output of a network for a batch. */
export interface ModelOutput {
  /** `[N, classes]`. */
  logits: tf.Tensor2D;
  /** Raw sums at the end of each group, before any further batch norm or relu: `[N, H, W, C]`. */
  groups: tf.Tensor4D[];
  /**
   * What the last spatial group-wise enhance of each group takes: `[N, H, W, C]`. Missing without
   * it.
   */
  gateInputs?: tf.Tensor4D[];
  /**
   * In train mode the new `running_mean` and `running_var` by key: 0.9 times the old value plus 0.1
   * times the batch's (with unbiased variance). In eval mode `{}`.
   */
  stats: Params;
}

/** A network: a pure function of images and parameters, and its initialisation. */
export interface Model {
  /**
   * The network's output for a batch.
   *
   * @param input Images `[N, H, W, C]`.
   * @param params The parameters; they are not changed.
   * @param base A prefix for every key, with its dot (`"student."`), so that several networks can
   * share one dictionary. Default `""`.
   */
  f(input: tf.Tensor4D, params: Params, mode: Mode, base?: string): ModelOutput;
  /**
   * Initial parameters and running statistics.
   *
   * @param seed A whole number from 0 to 2^32 - 1; gives the same numbers on any machine.
   */
  init(seed: number): Params;
}
