/**
 * First values of parameters, from a seed.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Params } from "../lib/params.ts";
import { randomStream } from "../lib/random.ts";

/** The stream of a run's random numbers that parameters are drawn from. */
const parameterStream = 0;

/** Collects first parameters; each draws from a random stream of its own. */
export class Initializer {
  readonly params: Params = {};
  readonly #seed: number;
  #count = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Kaiming normal: standard deviation `sqrt(2 / fanIn)` (He et al., arXiv:1502.01852). */
  kaimingNormal(key: string, shape: number[], fanIn: number): void {
    const { normal } = this.#stream();
    const deviation = Math.sqrt(2 / fanIn);
    this.#add(key, shape, () => deviation * normal());
  }

  /** A filter `[size, size, in, out]`. */
  conv(key: string, inputs: number, outputs: number, size: number): void {
    this.kaimingNormal(key, [size, size, inputs, outputs], size * size * inputs);
  }

  /** Weight uniform in [0, 1), as the original's; bias and running mean 0, running variance 1. */
  batchNorm(key: string, channels: number): void {
    const { uniform } = this.#stream();
    this.#add(`${key}.weight`, [channels], uniform);
    this.#add(`${key}.bias`, [channels], () => 0);
    this.#add(`${key}.running_mean`, [channels], () => 0);
    this.#add(`${key}.running_var`, [channels], () => 1);
  }

  /** Weight `[out, in]` Kaiming normal, bias 0. */
  linear(key: string, inputs: number, outputs: number): void {
    this.kaimingNormal(`${key}.weight`, [outputs, inputs], inputs);
    this.#add(`${key}.bias`, [outputs], () => 0);
  }

  #stream() {
    return randomStream(this.#seed, parameterStream, this.#count++);
  }

  #add(key: string, shape: number[], value: () => number): void {
    const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, value);
    this.params[key] = tf.tensor(values, shape);
  }
}
