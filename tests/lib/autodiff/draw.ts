/**
 * Draws what calls of ops are made of.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { randomStream } from "../../../lib/random.ts";

/** A function of floats to differentiate, and where. */
export interface Call {
  inputs: tf.Tensor[];
  f: (...inputs: tf.Tensor[]) => tf.Tensor;
  /** What was drawn, to be shown where it fails. */
  about: string;
}

/** What is differentiated. */
export type F = Call["f"];

/** Draws what calls are made of. */
export class Draw {
  readonly #random: ReturnType<typeof randomStream>;
  readonly #drawn: unknown[] = [];

  constructor(seed: number, ...path: number[]) {
    this.#random = randomStream(seed, ...path);
  }

  get about(): string {
    return JSON.stringify(this.#drawn);
  }

  one<T>(...values: T[]): T {
    const value = values[this.#random.integer(values.length)] as T;
    this.#drawn.push(value);
    return value;
  }

  integer(least: number, most: number): number {
    return this.one(...Array.from({ length: most - least + 1 }, (_, i) => least + i));
  }

  shape(rank = this.integer(1, 4)): number[] {
    return Array.from({ length: rank }, () => this.integer(1, 3));
  }

  uniform(low: number, high: number): number {
    return low + (high - low) * this.#random.uniform();
  }

  /**
   * Different values, none near another, near 0, or near a whole number: a permutation of steps of
   * `step`, from about `-range` to `range` or above `least`.
   */
  distinct(shape: number[], least = -Infinity): tf.Tensor {
    const size = tf.util.sizeFromShape(shape);
    const order = this.#random.permutation(size);
    const step = 0.13; // its multiples, moved by a half, keep away from whole numbers for a while
    const first = least === -Infinity ? -Math.floor(size / 2) : Math.ceil(least / step);
    const values = Array.from(order, (i) => (first + i + 0.5 + this.uniform(-0.1, 0.1)) * step);
    return tf.tensor(values, shape);
  }

  /** Values near 0.25, 0.75, -0.25 and so on, away from 0 and from halves. */
  betweenHalves(shape: number[]): tf.Tensor {
    const values = Array.from(
      { length: tf.util.sizeFromShape(shape) },
      () => this.#random.integer(8) / 2 - 1.75 + this.uniform(-0.12, 0.12),
    );
    return tf.tensor(values, shape);
  }

  /** Any values from `low` to `high`. */
  between(shape: number[], low: number, high: number): tf.Tensor {
    const size = tf.util.sizeFromShape(shape);
    return tf.tensor(Array.from({ length: size }, () => this.uniform(low, high)), shape);
  }
}

/** Draws a call. */
export type Make = (d: Draw) => Omit<Call, "about">;

/** An op of tfjs by its kernel's name, which takes its inputs in the order of the keys. */
export const kernel = (name: string, keys: string[], attrs: object): F => (...inputs) =>
  tf.engine().runKernel(
    name,
    Object.fromEntries(keys.map((key, i) => [key, inputs[i] as tf.Tensor])),
    attrs as tf.NamedAttrMap,
  ) as tf.Tensor;
