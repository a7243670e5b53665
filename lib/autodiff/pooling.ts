/**
 * Gradients of pooling and of its gradients, and of dilation.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { gradient, mapAxis, ofInput, run } from "./gradient.ts";
import {
  firstMaxima,
  type Info,
  look,
  placeAt,
  positionsOf,
  type WindowAttrs,
  type Windows,
  windowsOf,
} from "./windows.ts";

/** The attributes of a pooling. */
export interface PoolAttrs extends WindowAttrs {
  filterSize: number | number[];
}

/** The sizes that tfjs computes for a pooling in two or three dimensions. */
export function poolInfo(
  shape: readonly number[],
  { filterSize, strides, pad, dimRoundingMode }: PoolAttrs,
): Info {
  const compute = shape.length === 4
    ? tf.backend_util.computePool2DInfo
    : tf.backend_util.computePool3DInfo;
  // deno-lint-ignore no-explicit-any -- the two functions differ in the lengths of their lists only
  const of = compute as (...args: any[]) => Info;
  return of(shape, filterSize, strides, 1, pad, dimRoundingMode);
}

/**
 * The gradient kernels of tfjs, except TensorFlow's, divide by the window size at the edges too, but
 * the op itself divides by the number of values. Average pooling is linear along each axis, so its
 * gradient here is the transposed map.
 */
function averageGradient(kernelName: "AvgPool" | "AvgPool3D"): tf.GradConfig {
  return ofInput(
    kernelName,
    (dy, x, attrs: PoolAttrs) =>
      tf.getBackend() === "tensorflow"
        ? run(`${kernelName}Grad`, { dy, input: x }, attrs)
        : windowsOf(poolInfo(x.shape, attrs)).reduce(
          (g, axis, i) => mapAxis(g, i + 1, averages(axis)),
          dy,
        ),
  );
}

/** `[input, output]`: the weight of each position in each result. */
function averages({ input, output, size, stride, before }: Windows[number]): tf.Tensor2D {
  const matrix = tf.buffer<tf.Rank.R2>([input, output]);
  for (let to = 0; to < output; to++) {
    const first = Math.max(0, to * stride - before);
    const end = Math.min(input, to * stride - before + size);
    for (let from = first; from < end; from++) matrix.set(1 / (end - first), from, to);
  }
  return matrix.toTensor();
}

/** For TensorFlow's own kernel: it is linear, and pooling is its transposed map. */
function averageSecondGradient(kernelName: "AvgPool" | "AvgPool3D"): tf.GradConfig {
  return gradient(`${kernelName}Grad`, ["input"], (g, [input], attrs: PoolAttrs) => ({
    dy: () => run(kernelName, { x: g }, attrs),
    input: () => tf.zerosLike(input),
  }));
}

/** The values of another tensor at the positions of the input's window maxima. */
const fusedTake = "MaxPoolGradGrad";

/**
 * Max pooling takes a window's maximum. The gradient of its gradient takes another tensor's values at
 * the same positions.
 */
function maxSecondGradient(kernelName: "MaxPoolGrad" | "MaxPool3DGrad"): tf.GradConfig {
  return gradient(kernelName, ["input", "output"], (g, [input, output], attrs: PoolAttrs) => ({
    dy: () =>
      // If the sizes are equal, TensorFlow (2.20) overwrites g with the result, and gives zeros.
      kernelName === "MaxPoolGrad" && input.size !== output.size &&
        typeof attrs.pad === "string" &&
        tf.getKernel(fusedTake, tf.getBackend())
        ? run(fusedTake, { input, output, ddx: g }, attrs)
        : takeAtMaxima(g, input, windowsOf(poolInfo(input.shape, attrs))),
    // The positions of the maxima do not change.
    input: () => tf.zerosLike(input),
    output: () => tf.zerosLike(output),
  }));
}

/** For third derivatives. */
const maxThirdGradient = gradient(fusedTake, ["input", "output"], (g, [input, output], attrs) => ({
  ddx: () => run("MaxPoolGrad", { dy: g, input, output }, attrs),
  input: () => tf.zerosLike(input),
  output: () => tf.zerosLike(output),
}));

/** Less than any value of an activation. */
const lowest = -3.4e38;

function takeAtMaxima(x: tf.Tensor, input: tf.Tensor, windows: Windows): tf.Tensor {
  const positions = positionsOf(windows);
  const maxima = firstMaxima(positions.map(look(input, windows, lowest)));
  const see = look(x, windows);
  return positions.map((at, i) => tf.mul(see(at), maxima[i] as tf.Tensor))
    .reduce((a, b) => tf.add(a, b));
}

/** A dilation: its windows, their positions, and the sums of window and filter at each of these. */
function dilationSums(x: tf.Tensor, filter: tf.Tensor, attrs: unknown) {
  const { strides, pad, dilations } = attrs as tf.Dilation2DAttrs;
  const windows = windowsOf(
    tf.backend_util.computeDilation2DInfo(
      x.shape as [number, number, number, number],
      filter.shape as [number, number, number],
      strides,
      pad,
      "NHWC",
      dilations,
    ),
  );
  const channels = x.shape[3] as number;
  const positions = positionsOf(windows);
  const at = ([row, column]: readonly number[]) =>
    tf.reshape(tf.slice(filter, [row as number, column as number, 0], [1, 1, -1]), [channels]);
  const see = look(x, windows, lowest);
  return { windows, positions, sums: positions.map((p) => tf.add(see(p), at(p))) };
}

/** `tf.dilation2d` from plain ops. */
export function composedDilation(x: tf.Tensor, filter: tf.Tensor, attrs: unknown): tf.Tensor {
  return dilationSums(x, filter, attrs).sums.reduce((a, b) => tf.maximum(a, b));
}

/** The maximum of the sums of window and filter. tfjs's gradients are kernels without gradients. */
const dilation = gradient("Dilation2D", ["x", "filter"], (dy, [x, filter], attrs) => {
  const { windows, positions, sums } = dilationSums(x, filter, attrs);
  // Made when they are asked for: tfjs frees what one of the functions makes and does not return.
  const parts = () => firstMaxima(sums).map((isFirst) => tf.mul(dy, isFirst));
  return {
    x: () =>
      parts().map((part, i) => placeAt(part, windows, positions[i] as number[]))
        .reduce((a, b) => tf.add(a, b)),
    filter: () =>
      tf.reshape(tf.stack(parts().map((part) => tf.sum(part, [0, 1, 2]))), filter.shape),
  };
});

export const pooling: tf.GradConfig[] = [
  averageGradient("AvgPool"),
  averageGradient("AvgPool3D"),
  averageSecondGradient("AvgPool"),
  averageSecondGradient("AvgPool3D"),
  dilation,
  maxSecondGradient("MaxPoolGrad"),
  maxSecondGradient("MaxPool3DGrad"),
  maxThirdGradient,
];
