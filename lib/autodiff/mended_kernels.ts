/**
 * Kernels that are wrong in tfjs's backends (4.22), and what to run in their place.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { composedFilterGradient3d, composedInputGradient3d } from "./conv3d_gradient.ts";
import { aroundAxis, membership, withSize } from "./gradient.ts";
import { composedMaxPool, composedMaxPoolGradient } from "./max_pool_gradient.ts";
import { composedDilation, type PoolAttrs } from "./pooling.ts";
import { meanInParts, type Mend, sumInParts } from "./sum_in_parts.ts";
import { checkReach, type ConvAttrs, convInfo, paddingsOf, windowsOf } from "./windows.ts";

/** wasm's takes 0 as a window's maximum if all values are negative. */
const maxPoolGradient: Mend = () => ({ inputs, attrs }) => {
  const { input, output, dy } = inputs as unknown as Record<"input" | "output" | "dy", tf.Tensor>;
  return composedMaxPoolGradient(input, output, dy, attrs as unknown as PoolAttrs);
};

/**
 * wasm pads wrongly for "same" where a stride is larger than the filter, so this gives it the padding as
 * numbers. Where the filter is larger than the input, wasm would write outside its memory.
 */
const paddedConvolution = (depthwise: boolean): Mend => (original) => (call) => {
  const attrs = call.attrs as unknown as ConvAttrs;
  const { x, filter } = call.inputs as Record<"x" | "filter", tf.Tensor4D>;
  const info = convInfo(x.shape, filter.shape, attrs, depthwise);
  const windows = windowsOf(info);
  checkReach(x, filter, windows);
  if (attrs.pad !== "same") return original(call);
  if (windows.every(({ size, stride }) => stride <= size)) return original(call);
  return original({ ...call, attrs: { ...call.attrs, pad: paddingsOf(info) } as tf.NamedAttrMap });
};

/** wasm's reads the limits of integers as floats. */
const clipOfIntegers: Mend = (original) => (call) => {
  const { x } = call.inputs as Record<"x", tf.Tensor>;
  const { clipValueMin, clipValueMax } = call.attrs as unknown as tf.ClipByValueAttrs;
  if (x.dtype === "float32") return original(call);
  return tf.tidy(() => {
    const within = (limit: number) => Math.min(Math.max(limit, -(2 ** 31)), 2 ** 31 - 1);
    const [least, most] = [clipValueMin, clipValueMax]
      .map((limit) => tf.scalar(within(limit), x.dtype));
    return tf.minimum(tf.maximum(x, least as tf.Tensor), most as tf.Tensor);
  });
};

/** wasm's takes the wrong slopes where they are broadcast, and TensorFlow's gives NaN at infinity. */
export const preluOfAny: Mend = () => ({ inputs }) => {
  const { x, alpha } = inputs as Record<"x" | "alpha", tf.Tensor>;
  return tf.tidy(() => tf.sub(tf.relu(x), tf.mul(alpha, tf.relu(tf.neg(x)))));
};

/** wasm's writes integers, whatever type is asked for. */
const oneHotOfFloats: Mend = (original) => (call) => {
  const { dtype, depth, onValue, offValue } = call.attrs as unknown as tf.OneHotAttrs;
  if (dtype !== "float32") return original(call);
  const indices = call.inputs.indices as tf.Tensor;
  return tf.tidy(() => {
    const rows = tf.reshape(membership(indices, depth), [...indices.shape, depth]);
    return tf.add(tf.mul(rows, onValue - offValue), offValue);
  });
};

/** tfjs's take the wrong matrices if both operands have batches that are broadcast. */
const broadcastBatches: Mend = (original) => (call) => {
  const { a, b } = call.inputs as Record<"a" | "b", tf.Tensor>;
  const [ofA, ofB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const count = tf.util.sizeFromShape;
  if (count(ofA) === 1 || count(ofB) === 1 || String(ofA) === String(ofB)) return original(call);
  return tf.tidy(() => {
    const batches = tf.broadcast_util.assertAndGetBroadcastShape(ofA, ofB);
    const wide = (x: tf.Tensor) => tf.broadcastTo(x, [...batches, ...x.shape.slice(-2)]);
    const inputs = { ...call.inputs, a: wide(a), b: wide(b) };
    const result = original({ ...call, inputs }) as tf.TensorInfo;
    return tf.engine().makeTensorFromTensorInfo(result);
  });
};
const products = { BatchMatMul: broadcastBatches, _FusedMatMul: broadcastBatches };

/** wasm's leave the result as they find it in memory if it sums no products, so this adds a zero. */
const productsOfNothing: Mend = (original) => (call) => {
  const { a, b } = call.inputs as Record<"a" | "b", tf.Tensor>;
  const { transposeA, transposeB } = call.attrs as unknown as tf.BatchMatMulAttrs;
  if (a.shape.at(transposeA ? -2 : -1) !== 0) return broadcastBatches(original)(call);
  return tf.tidy(() => {
    const wider = (x: tf.Tensor, axis: number) =>
      tf.zeros(withSize(x.shape, x.rank + axis, 1), x.dtype);
    const inputs = {
      ...call.inputs,
      a: wider(a, transposeA ? -2 : -1),
      b: wider(b, transposeB ? -1 : -2),
    };
    const result = broadcastBatches(original)({ ...call, inputs }) as tf.TensorInfo;
    return tf.engine().makeTensorFromTensorInfo(result);
  });
};

/** webgpu's is wrong from rank 5. */
const padAxisByAxis: Mend = (original) => (call) => {
  const x = call.inputs.x as tf.Tensor;
  const { paddings, constantValue } = call.attrs as unknown as tf.PadV2Attrs;
  if (x.rank < 5) return original(call);
  return tf.tidy(() =>
    paddings.reduce<tf.Tensor>((padded, around, axis) => {
      if (around.every((count) => count === 0)) return padded;
      const rows = tf.reshape(padded, aroundAxis(padded.shape, axis));
      const wide = tf.pad(rows, [[0, 0], around, [0, 0]], constantValue);
      return tf.reshape(wide, withSize(padded.shape, axis, wide.shape[1] as number));
    }, tf.clone(x))
  );
};

/** The attributes of the gradients of a convolution in three dimensions. */
type Attrs3d = tf.Conv3DBackpropFilterV2Attrs & tf.Conv3DBackpropInputV2Attrs;

/** Kernels to correct, by backend. */
export const mended: Readonly<Record<string, Readonly<Record<string, Mend>>>> = {
  cpu: products,
  wasm: {
    BatchMatMul: productsOfNothing,
    _FusedMatMul: productsOfNothing,
    // Adds numbers one by one: the mean of a million times 0.1 is 0.101.
    Sum: sumInParts,
    Mean: meanInParts,
    Conv2D: paddedConvolution(false),
    DepthwiseConv2dNative: paddedConvolution(true),
    FusedConv2D: paddedConvolution(false),
    FusedDepthwiseConv2D: paddedConvolution(true),
    ClipByValue: clipOfIntegers,
    MaxPool3D: () => ({ inputs, attrs }) =>
      composedMaxPool(inputs.x as tf.Tensor, attrs as unknown as PoolAttrs),
    MaxPoolGrad: maxPoolGradient,
    MaxPool3DGrad: maxPoolGradient,
    // Gives arbitrary numbers where a window crosses an edge.
    Dilation2D: () => ({ inputs, attrs }) =>
      tf.tidy(() => composedDilation(inputs.x as tf.Tensor, inputs.filter as tf.Tensor, attrs)),
    Conv3DBackpropFilterV2: () => ({ inputs, attrs }) => {
      const { x, dy } = inputs as Record<"x" | "dy", tf.Tensor5D>;
      const { filterShape, strides, pad } = attrs as unknown as Attrs3d;
      return composedFilterGradient3d(x, dy, filterShape, strides, pad);
    },
    Conv3DBackpropInputV2: () => ({ inputs, attrs }) => {
      const { dy, filter } = inputs as Record<"dy" | "filter", tf.Tensor5D>;
      const { inputShape, strides, pad } = attrs as unknown as Attrs3d;
      return composedInputGradient3d(inputShape, dy, filter, strides, pad);
    },
    OneHot: oneHotOfFloats,
    Prelu: preluOfAny,
  },
  webgpu: {
    ...products,
    PadV2: padAxisByAxis,
  },
};
