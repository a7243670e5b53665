/**
 * Random small programs of tensors, and what they give op by op and compiled.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import type { TensorFlowBackend } from "../../../lib/backend/backend.ts";
import { inPrecision } from "../../../lib/jit/precision.ts";
import { randomStream } from "../../../lib/random.ts";
import { type Draw, programOps } from "./program_ops.ts";

const kinds = ["argument", "argument", "captured", "constant"] as const;

interface Step {
  op: string;
  /** Which result it takes, counted back from the last. */
  of: number;
  /** What the op draws on. */
  numbers: number[];
  /** What the leaves are that it takes. */
  kind: typeof kinds[number];
  /** Whether it is to compute in bfloat16, where programs do. */
  narrow: boolean;
}

/** A program: one image, what happens to it, and what is asked for. */
export interface Program {
  shape: number[];
  steps: Step[];
  /** 0: results; 1: gradients of their sum; 2: gradients of those gradients' squares. */
  order: number;
  /** Which results are given besides the last. */
  outputs: number[];
  /** Whether some of the leaves' elements are infinite or NaN. */
  special: boolean;
}

const size = fc.integer({ min: 1, max: 10 });

export const programs: fc.Arbitrary<Program> = fc.record({
  shape: fc.tuple(
    fc.integer({ min: 1, max: 2 }),
    size,
    size,
    fc.constantFrom(1, 2, 3, 4, 8, 16),
  ).map((shape): number[] => shape),
  steps: fc.array(
    fc.record({
      op: fc.constantFrom(...Object.keys(programOps)),
      of: fc.nat(9).map((n) => n > 5 ? n - 6 : 0),
      numbers: fc.array(fc.nat(59), { minLength: 4, maxLength: 12 }),
      kind: fc.constantFrom(...kinds),
      narrow: fc.boolean(),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  order: fc.constantFrom(0, 0, 1, 1, 2),
  outputs: fc.array(fc.nat(5), { maxLength: 2 }),
  special: fc.nat(4).map((n) => n === 0),
});

interface Leaf {
  shape: number[];
  kind: Step["kind"];
}

const maxSize = 4096;

/**
 * Runs a program's steps.
 *
 * @param leafOf gives the tensors that are no results, by their places.
 * @param lines takes a line a step that did something.
 */
function follow(
  { shape, steps, outputs }: Program,
  leafOf: (index: number, leaf: Leaf) => tf.Tensor,
  narrows: boolean,
  lines: string[] = [],
): tf.Tensor[] {
  let leaves = 0;
  const leaf = (shape: number[], kind: Leaf["kind"]) => leafOf(leaves++, { shape, kind });
  const results = [leaf(shape, "argument")];
  const back = (n: number) => results[Math.max(0, results.length - 1 - n)]!;
  for (const { op, of, numbers, kind, narrow } of steps) {
    const x = back(of);
    let drawn = 0;
    const d: Draw = {
      leaf: (...shape) => leaf(shape, kind),
      below: (count) => numbers[drawn++ % numbers.length]! % count,
      like: (x) =>
        results.findLast((y) =>
          y !== x && y.dtype === x.dtype && String(y.shape) === String(x.shape)
        ) ??
          tf.cast(leaf(x.shape, kind), x.dtype),
    };
    const compute = () => programOps[op]!(op === "whole" ? x : tf.cast(x, "float32"), d);
    const y = narrow && narrows ? inPrecision("bfloat16", compute) : compute();
    if (!y || y.size > maxSize || y.size === 0) continue;
    lines.push(
      `${results.length} = ${op}(${results.indexOf(x)}) [${numbers}] ${kind}${
        narrow ? " narrow" : ""
      } : ${y.dtype}[${y.shape}]`,
    );
    results.push(y);
  }
  return [back(0), ...outputs.map(back)];
}

/** Small whole numbers: sums and products of them are exact, in whatever order they are made. */
function valuesOf({ shape }: Leaf, index: number, special: boolean): tf.Tensor {
  const random = randomStream(7, index);
  const uniform = random.integer(8) === 0;
  const one = random.integer(5) - 2;
  const odd = [NaN, Infinity, -Infinity];
  const length = shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length }, () => {
    if (special && random.integer(20) === 0) return odd[random.integer(3)]!;
    return uniform ? one : random.integer(5) - 2;
  });
  return tf.tensor(values, shape);
}

/** What a program comes to as a function of its arguments. */
function asked(
  program: Program,
  run: (args: tf.Tensor[]) => tf.Tensor[],
): (...args: tf.Tensor[]) => tf.Tensor[] {
  const total = (tensors: tf.Tensor[]) =>
    tf.addN(tensors.map((x) => tf.sum(tf.cast(x, "float32"))));
  // Every argument has a gradient.
  const loss = (...args: tf.Tensor[]) =>
    tf.add(
      total(run(args).map((y) => tf.mul(tf.cast(y, "float32"), tf.add(tf.cast(y, "float32"), 1)))),
      total(args),
    );
  const gradients = (...args: tf.Tensor[]) => tf.grads(loss)(args);
  if (program.order === 0) return (...args) => run(args);
  if (program.order === 1) return gradients;
  return (...args) =>
    tf.grads((...args: tf.Tensor[]) =>
      tf.add(total(gradients(...args).map((g) => tf.square(g))), total(args))
    )(args);
}

/** A program, ready to run. */
export class Prepared {
  readonly lines: string[] = [];
  readonly #args: tf.Tensor[];
  readonly #leaves: tf.Tensor[] = [];
  readonly #kinds: Leaf["kind"][] = [];

  constructor(readonly program: Program) {
    const results = tf.tidy(() =>
      follow(
        program,
        (index, leaf) => {
          this.#kinds[index] = leaf.kind;
          return this.#leaves[index] = tf.keep(valuesOf(leaf, index, program.special));
        },
        false,
        this.lines,
      )
    );
    tf.dispose(results.filter((x) => !this.#leaves.includes(x)));
    this.#args = this.#leaves.filter((_, i) => this.#kinds[i] === "argument");
  }

  #function(narrows: boolean): (...args: tf.Tensor[]) => tf.Tensor[] {
    return asked(this.program, (args) => {
      let next = 0;
      const values = this.#kinds.map((kind) => kind === "argument" ? args[next++]! : undefined);
      return follow(this.program, (index) => {
        const leaf = this.#leaves[index]!;
        if (this.#kinds[index] !== "constant") return values[index] ?? leaf;
        return tf.tensor(leaf.dataSync(), leaf.shape);
      }, narrows);
    });
  }

  /** Op by op. */
  eager(): Float32Array[] {
    return tf.tidy(() =>
      this.#function(false)(...this.#args).map((x) => x.dataSync().slice())
    ) as Float32Array[];
  }

  /** Compiled, without these passes. */
  async compiled(skipped: readonly string[], narrows = false): Promise<Float32Array[]> {
    const backend = tf.backend() as TensorFlowBackend;
    const f = this.#function(narrows);
    const compiled = backend.compile(this.#args, (args) => f(...args), {
      precision: "float32",
      skippedPasses: skipped,
    });
    try {
      const results = await compiled.run(this.#args);
      const values = results.map((x) => x.dataSync().slice()) as Float32Array[];
      tf.dispose(results);
      return values;
    } finally {
      compiled.dispose();
    }
  }

  dispose(): void {
    tf.dispose(this.#leaves);
  }

  toString(): string {
    const { shape, order, outputs, special } = this.program;
    return [
      `0 = image[${shape}]${special ? " with NaN and infinities" : ""}`,
      ...this.lines,
      `order ${order}, outputs ${outputs}`,
    ].join("\n");
  }
}
