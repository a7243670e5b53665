/**
 * Random arguments for tfjs's ops, right ones and wrong ones: shapes that do not fit, sizes of 0, axes
 * and sizes out of range, and fractions.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Random } from "../../lib/random.ts";

/** A call: what it is given, and what it does with that or with what stands for it in a trace. */
export interface Call {
  inputs: tf.Tensor[];
  run(inputs: tf.Tensor[]): tf.TensorContainer;
}

/** Makes a call of one op. */
export type Make = (d: Draw) => Call;

/** Draws what calls are made of. */
export class Draw {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  one<T>(...values: T[]): T {
    return values[this.#random.integer(values.length)] as T;
  }

  /** Whether something of that chance happens. */
  chance(probability: number): boolean {
    return this.#random.uniform() < probability;
  }

  /** A number that is mostly small, whole and not negative. */
  number(): number {
    return this.chance(0.8)
      ? this.one(0, 1, 1, 1, 2, 2, 3)
      : this.one(-1, -4, 7, 0.5, NaN, Infinity, -(2 ** 31), 2 ** 31, 2 ** 40, 2 ** 62);
  }

  numbers(count: number): number[] {
    return Array.from({ length: count }, () => this.number());
  }

  shape(rank = this.one(0, 1, 1, 2, 2, 3, 4, 4, 5)): number[] {
    return Array.from({ length: rank }, () => this.one(0, 1, 1, 2, 2, 3, 4, 5));
  }

  tensor(
    shape = this.shape(),
    dtype = this.one<tf.DataType>("float32", "float32", "float32", "float32", "int32", "bool"),
  ): tf.Tensor {
    const size = tf.util.sizeFromShape(shape);
    const values = Array.from({ length: size }, () => this.#random.integer(7) - 2);
    return dtype === "bool"
      ? tf.tensor(values.map((value) => value > 0), shape, dtype)
      : tf.tensor(values, shape, dtype);
  }

  /** Of a shape that mostly fits: the same, or with sizes of 1. */
  like(shape: readonly number[]): tf.Tensor {
    if (this.chance(0.5)) return this.tensor([...shape]);
    return this.tensor(this.chance(0.6) ? shape.map((size) => this.one(size, 1)) : this.shape());
  }

  /** `[N, H, W, C]`. */
  image(channels = this.one(1, 2, 3, 4, 8)): tf.Tensor4D {
    const [n, h, w] = [this.one(0, 1, 2, 3), this.one(0, 1, 4, 5, 8), this.one(1, 4, 6, 8)];
    return this.tensor([n, h, w, channels], this.chance(0.9) ? "float32" : "int32") as tf.Tensor4D;
  }

  filter(x: tf.Tensor, rank = 2): tf.Tensor {
    const sizes = Array.from({ length: rank }, () => this.one(1, 1, 2, 3, 3, 0));
    const channels = this.chance(0.9) ? x.shape.at(-1) as number : 3;
    return this.tensor([...sizes, channels, this.one(1, 2, 4, 8, 0)], "float32");
  }

  stride(): number {
    return this.chance(0.9) ? this.one(1, 1, 2, 3) : this.number();
  }

  pad(): "same" | "valid" | number {
    return this.chance(0.9) ? this.one("same", "valid") : this.number();
  }
}
