/**
 * Gradients of convolutions and of their gradients, including dilated ones.
 *
 * A convolution is linear in its input and in its filter, and so are its gradients. So each of the
 * three ops has the other two as its gradients.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { everyNth, gradient, run, spread } from "./gradient.ts";

interface Attrs {
  dilations?: number | number[] | null;
  [name: string]: unknown;
}

/**
 * The gradients of a kind of convolution.
 *
 * @param axes the filter's axes along the image.
 */
function gradientsOf(
  forward: string,
  ofInput: string,
  ofFilter: string,
  axes: readonly number[],
): tf.GradConfig[] {
  const once = axes.map(() => 1);
  const undilated = ({ dilations: _, ...attrs }: Attrs) =>
    forward === "DepthwiseConv2dNative" ? { ...attrs, dilations: once } : attrs;
  const convolve = (x: tf.Tensor, filter: tf.Tensor, attrs: Attrs) =>
    run(forward, { x, filter }, { ...attrs, dilations: once });
  const inputGradient = (dy: tf.Tensor, filter: tf.Tensor, inputShape: number[], attrs: Attrs) =>
    run(ofInput, { dy, filter }, { ...undilated(attrs), inputShape });
  const filterGradient = (x: tf.Tensor, dy: tf.Tensor, filterShape: number[], attrs: Attrs) =>
    run(ofFilter, { x, dy }, { ...undilated(attrs), filterShape });
  return [
    gradient(forward, ["x", "filter"], (dy, [x, filter], attrs: Attrs) => {
      const { dilations } = attrs;
      const steps = axes.map((i) => (Array.isArray(dilations) ? dilations[i] : dilations) ?? 1);
      const wide = dilate(filter, steps);
      return {
        x: () => inputGradient(dy, wide, x.shape, attrs),
        filter: () => undilate(filterGradient(x, dy, wide.shape, attrs), filter.shape, steps),
      };
    }),
    gradient(ofInput, ["dy", "filter"], (g, [dy, filter], attrs: Attrs) => ({
      dy: () => convolve(g, filter, attrs),
      filter: () => filterGradient(g, dy, filter.shape, attrs),
    })),
    gradient(ofFilter, ["x", "dy"], (g, [x, dy], attrs: Attrs) => ({
      x: () => inputGradient(dy, g, x.shape, attrs),
      dy: () => convolve(x, g, attrs),
    })),
  ];
}

/** Inserts zeros between the filter's values, so that it needs no dilation. */
function dilate(filter: tf.Tensor, steps: readonly number[]): tf.Tensor {
  return steps.reduce((wide, step, axis) => {
    const size = (wide.shape[axis] as number - 1) * step + 1;
    return step === 1 ? wide : spread(wide, axis, 0, size, step);
  }, filter);
}

function undilate(wide: tf.Tensor, shape: readonly number[], steps: readonly number[]): tf.Tensor {
  return steps.reduce(
    (filter, step, axis) =>
      step === 1 ? filter : everyNth(filter, axis, 0, shape[axis] as number, step),
    wide,
  );
}

export const convolution: tf.GradConfig[] = [
  ...gradientsOf("Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter", [0, 1]),
  ...gradientsOf(
    "DepthwiseConv2dNative",
    "DepthwiseConv2dNativeBackpropInput",
    "DepthwiseConv2dNativeBackpropFilter",
    [0, 1],
  ),
  ...gradientsOf("Conv3D", "Conv3DBackpropInputV2", "Conv3DBackpropFilterV2", [0, 1, 2]),
];
