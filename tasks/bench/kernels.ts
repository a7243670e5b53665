/**
 * The arithmetic of a network: its convolutions one by one, and a matrix product to hold them against.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { jit, type Precision } from "../../lib/jit/mod.ts";
import type { Tensors } from "../../lib/params.ts";
import { conv2d } from "../../models/layers.ts";
import type { Model } from "../../models/model.ts";
import { outputShapes } from "../../lib/methods/output_shapes.ts";
import { ceilingRun } from "./gpu/ceilings.ts";
import { type Program, repeated } from "./in_turns.ts";

/** Convolutions of the same shape in a WideResNet. */
export interface Convolution {
  /** Height and width of the image that comes out. */
  size: number;
  /** Height and width of a filter. */
  kernel: number;
  stride: number;
  inputs: number;
  outputs: number;
  /** How many the network has. */
  count: number;
}

/** What a convolution does in a training step. */
export const passes = ["forward", "input gradient", "filter gradient"] as const;

/** What is timed: a square matrix product, or a pass of a convolution over a batch of images. */
export type Kernel =
  | { product: number }
  | { convolution: Convolution; pass: typeof passes[number]; batch: number };

/** Runs of a kernel within a step of its program: all pairs of so many operands. */
const operands = 3;

/** Multiply-adds of a step of a kernel's program. */
export function multiplyAddsOf(kernel: Kernel): number {
  return "product" in kernel
    ? kernel.product ** 3
    : operands ** 2 * kernel.batch * multiplyAdds(kernel.convolution);
}

/** Multiply-adds of a convolution for one image. */
export function multiplyAdds({ size, kernel, inputs, outputs }: Convolution): number {
  return size ** 2 * kernel ** 2 * inputs * outputs;
}

/** The convolutions of a WideResNet for images `[H, H, C]`, in its order; the first sees the images. */
export function convolutionsOf(
  model: Pick<Model, "f">,
  params: Tensors,
  image: [number, number, number],
): Convolution[] {
  const { groups } = outputShapes({ model, params }, image);
  const sizes = groups.map(([, height]) => height as number);
  const found = new Map<string, Convolution>();
  const filters = Object.entries(params).filter(([, { rank }]) => rank === 4);
  for (const [key, { shape }] of filters) {
    const [, group, first] = key.match(/^group(\d+)\.(block0\.(?:conv0|convdim)$)?/) ?? [];
    const size = group === undefined ? image[0] : sizes[Number(group)] as number;
    const before = sizes[Number(group) - 1] ?? image[0];
    const [kernel, , inputs, outputs] = shape as [number, number, number, number];
    const convolution = { size, kernel, stride: first ? before / size : 1, inputs, outputs };
    const known = found.get(JSON.stringify(convolution));
    found.set(JSON.stringify(convolution), {
      ...convolution,
      count: (known?.count ?? 0) + 1,
    });
  }
  return [...found.values()];
}

/**
 * Multiply-adds of a plain training step for one image: those of the forward pass three times, for
 * there are two gradients; but none for the images.
 */
export function stepMultiplyAdds(convolutions: readonly Convolution[], params: Tensors): number {
  const classifier = params["fc.weight"]?.size ?? 0;
  const forward = convolutions.reduce((sum, c) => sum + c.count * multiplyAdds(c), classifier);
  return 3 * forward - multiplyAdds(convolutions[0] as Convolution);
}

/** Runs of a kernel, on values that stay. */
export function kernelProgram(kernel: Kernel, precision: Precision): Program {
  return repeated(
    "product" in kernel ? productRun(kernel.product, precision) : convolutionRun(kernel, precision),
  );
}

/** An op by itself: a call costs little beside it, and `jit` leaves matrix products in float32. */
function productRun(product: number, precision: Precision): () => void {
  const { context, run } = ceilingRun({ product }, precision);
  return () => context.deleteHandle(run());
}

type Shape = [number, number, number, number];

/** A pass of a convolution as a function of two operands of these shapes. */
interface Work {
  left: Shape;
  right: Shape;
  f: (left: tf.Tensor4D, right: tf.Tensor4D) => tf.Tensor4D;
}

function workOf({ convolution, pass, batch }: Extract<Kernel, { pass: string }>): Work {
  const { size, kernel, stride, inputs, outputs } = convolution;
  const image: Shape = [batch, size * stride, size * stride, inputs];
  const filter: Shape = [kernel, kernel, inputs, outputs];
  const result: Shape = [batch, size, size, outputs];
  const gradient = (f: (x: tf.Tensor4D) => tf.Tensor4D, shape: Shape, dy: tf.Tensor4D) =>
    tf.grad((x) => f(x as tf.Tensor4D))(tf.zeros(shape), dy) as tf.Tensor4D;
  switch (pass) {
    case "forward":
      return { left: image, right: filter, f: (x, w) => conv2d(x, w, stride) };
    case "input gradient":
      return {
        ...{ left: filter, right: result },
        f: (w, dy) => gradient((x) => conv2d(x, w, stride), image, dy),
      };
    case "filter gradient":
      return {
        ...{ left: image, right: result },
        f: (x, dy) => gradient((w) => conv2d(x, w, stride), filter, dy),
      };
  }
}

/** A random image as often as asked for: random numbers for all would take longer than the kernels. */
function random([count, ...image]: Shape): tf.Tensor4D {
  return tf.tidy(() => tf.tile<tf.Tensor4D>(tf.randomNormal([1, ...image]), [count, 1, 1, 1]));
}

/**
 * Every pair of some operands: they are cast once each in bfloat16, and one call is made for all. Only
 * one element of each result is returned: returning all of it takes time too.
 */
function convolutionRun(
  kernel: Extract<Kernel, { pass: string }>,
  precision: Precision,
): () => Promise<void> {
  const { left, right, f } = workOf(kernel);
  const some = (shape: Shape) => Array.from({ length: operands }, () => random(shape));
  const [lefts, rights] = [some(left), some(right)];
  const element = (x: tf.Tensor4D) => tf.slice(x, [0, 0, 0, 0], [1, 1, 1, 1]);
  const run = jit(
    (lefts: tf.Tensor[], rights: tf.Tensor[]) =>
      tf.tidy(() =>
        lefts.flatMap((a) => rights.map((b) => element(f(a as tf.Tensor4D, b as tf.Tensor4D))))
      ),
    { precision },
  );
  return async () => tf.dispose(await run(lefts, rights));
}
