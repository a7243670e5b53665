/**
 * Pooling and its gradients, protected from bugs of TensorFlow (2.20) on CPUs.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { type PoolAttrs, poolInfo } from "../../autodiff/pooling.ts";
import { cut, explicitPadding, onPadded } from "./explicit_padding.ts";
import type { Around } from "../../autodiff/windows.ts";
import type { Guard, KernelParams } from "./kernel.ts";
import { checkGradient, isEmpty } from "./safe_convolution.ts";

/** The forward pass of max pooling. oneDNN's time grows with the window size, without limit. */
export const maxPooling: Guard = (params, run) => {
  const { x } = params.inputs as Record<"x", tf.TensorInfo>;
  const around = paddingOf(x, params.attrs);
  return around
    ? onPadded(params, "x", around, -Infinity, run)
    : run({ ...params, attrs: withSmallWindow(x, params.attrs) });
};

/** The forward pass of average pooling. The mean of a window leaves the padding out. */
export const averagePooling: Guard = (params, run) => {
  const { x } = params.inputs as Record<"x", tf.TensorInfo>;
  const around = paddingOf(x, params.attrs);
  if (!around) return run({ ...params, attrs: withSmallWindow(x, params.attrs) });
  return tf.tidy(() =>
    tf.divNoNan(onPadded(params, "x", around, 0, run) as tf.Tensor, filled(params, x, around, run))
  );
};

/** The share of each window that is no padding: `[1, ..., 1]`, with the output's sizes in between. */
function filled(
  params: KernelParams,
  { shape }: tf.TensorInfo,
  around: Around,
  pool: tf.KernelFunc,
): tf.Tensor {
  const x = tf.ones([1, ...shape.slice(1, -1), 1]);
  return onPadded({ ...params, inputs: { x } }, "x", around, 0, pool) as tf.Tensor;
}

function paddingOf({ shape }: tf.TensorInfo, attrs: tf.NamedAttrMap | undefined) {
  return explicitPadding(poolInfo(shape, attrs as unknown as PoolAttrs));
}

/** The gradient of max pooling. */
export const maxPoolingGradient: Guard = (params, run) => {
  const { input } = params.inputs as Record<"input", tf.TensorInfo>;
  const around = paddingOf(input, params.attrs);
  return around ? paddedGradient(params, around, -Infinity, run) : poolingGradient(params, run);
};

/** The gradient of average pooling. The kernel divides by a window's size, and not by what fills it. */
export const averagePoolingGradient: Guard = (params, run) => {
  const { dy, input } = params.inputs as Record<"dy" | "input", tf.TensorInfo>;
  const around = paddingOf(input, params.attrs);
  if (!around) return poolingGradient(params, run);
  return tf.tidy(() => {
    const pool = tf.getKernel(dy.shape.length === 4 ? "AvgPool" : "AvgPool3D", tf.getBackend())!;
    const share = tf.divNoNan(dy as tf.Tensor, filled(params, input, around, pool.kernelFunc));
    const inputs = { dy: share, input };
    return paddedGradient({ ...params, inputs }, around, 0, run) as tf.Tensor;
  });
};

function paddedGradient(
  params: KernelParams,
  around: Around,
  value: number,
  run: tf.KernelFunc,
): tf.Tensor {
  const { shape } = params.inputs["input"] as tf.TensorInfo;
  const wide = onPadded(params, "input", around, value, (then) => poolingGradient(then, run));
  return cut(wide, around, shape);
}

/**
 * The gradient. oneDNN crashes if there are no values, and TensorFlow reads outside `dy` if that is
 * smaller than the result was.
 */
const poolingGradient: Guard = (params, run) => {
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
