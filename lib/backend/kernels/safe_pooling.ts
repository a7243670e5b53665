/**
 * Pooling and its gradients, protected from bugs of TensorFlow (2.20) on CPUs.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { composedAveragePool, type PoolAttrs, poolInfo } from "../../autodiff/pooling.ts";
import { cut, explicitPadding, onPadded } from "./explicit_padding.ts";
import type { Around } from "../../autodiff/windows.ts";
import type { Guard } from "./kernel.ts";
import { checkGradient, isEmpty } from "./safe_convolution.ts";

/** The forward pass of max pooling. oneDNN's time grows with the window size, without limit. */
export const maxPooling: Guard = (params, run) => {
  const { x } = params.inputs as Record<"x", tf.TensorInfo>;
  const around = paddingOf(x, params.attrs);
  return around
    ? onPadded(params, "x", around, -Infinity, run)
    : run({ ...params, attrs: withSmallWindow(x, params.attrs) });
};

/** The forward pass of average pooling. */
export const averagePooling: Guard = (params, run) => {
  const { x } = params.inputs as Record<"x", tf.TensorInfo>;
  return paddingOf(x, params.attrs)
    ? composedAveragePool(x as tf.Tensor, params.attrs as unknown as PoolAttrs)
    : run({ ...params, attrs: withSmallWindow(x, params.attrs) });
};

function paddingOf({ shape }: tf.TensorInfo, attrs: tf.NamedAttrMap | undefined) {
  return explicitPadding(poolInfo(shape, attrs as unknown as PoolAttrs));
}

/** The gradient of max pooling. */
export const maxPoolingGradient: Guard = (params, run) => {
  const { input } = params.inputs as Record<"input", tf.TensorInfo>;
  const around: Around | undefined = paddingOf(input, params.attrs);
  if (!around) return poolingGradient(params, run);
  const wide = onPadded(params, "input", around, -Infinity, (then) => poolingGradient(then, run));
  return cut(wide, around, input.shape);
};

/**
 * The gradient. oneDNN crashes if there are no values, and TensorFlow reads outside `dy` if that is
 * smaller than the result was.
 */
export const poolingGradient: Guard = (params, run) => {
  const { dy, input } = params.inputs as Record<"dy" | "input", tf.TensorInfo>;
  const attrs = withSmallWindow(input, params.attrs);
  checkGradient(dy, poolInfo(input.shape, attrs as unknown as PoolAttrs).outShape, input.shape);
  return isEmpty(input.shape) || isEmpty(dy.shape)
    ? tf.zeros(input.shape)
    : run({ ...params, attrs });
};

/** With padding "same", a window of twice the input's size covers as much as any larger one. */
function withSmallWindow(
  { shape }: tf.TensorInfo,
  attrs: tf.NamedAttrMap | undefined,
): tf.NamedAttrMap {
  const { filterSize, pad } = attrs as unknown as PoolAttrs;
  if (pad !== "same") return attrs as tf.NamedAttrMap;
  const sizes = shape.slice(1, -1).map((size, i) => {
    const window = typeof filterSize === "number" ? filterSize : filterSize[i] as number;
    return size > 0 ? Math.min(window, 2 * size) : window;
  });
  return { ...attrs, filterSize: sizes };
}
