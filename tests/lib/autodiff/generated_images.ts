/**
 * Random calls of the ops that work on images.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { type Draw, kernel, type Make } from "./draw.ts";

type Pad = "same" | "valid" | number | tf.backend_util.ExplicitPadding;

/** Any padding: less than a window of two. */
function padding(d: Draw): Pad {
  const side = (): [number, number] => [d.integer(0, 1), d.integer(0, 1)];
  const kind = d.one<"same" | "valid" | "numbers">("same", "valid", "numbers");
  return kind === "numbers" ? [[0, 0], side(), side(), [0, 0]] : kind;
}

const strides = (d: Draw): [number, number] => [d.integer(1, 3), d.integer(1, 3)];

const conv: Make = (d) => {
  const [h, w, c, k] = [d.integer(3, 6), d.integer(3, 6), d.integer(1, 3), d.integer(1, 3)];
  const dilation = d.integer(1, 2);
  const stride = dilation === 1 ? strides(d) : 1;
  const filter = [d.integer(1, 2), d.integer(1, 2), c, k];
  const pad = padding(d);
  return {
    inputs: [d.between([d.integer(1, 2), h, w, c], -1, 1), d.between(filter, -1, 1)],
    f: (x, filter) =>
      tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, pad, "NHWC", dilation),
  };
};

const depthwise: Make = (d) => {
  const [h, w, c] = [d.integer(3, 6), d.integer(3, 6), d.integer(1, 3)];
  const stride = d.integer(1, 3);
  const filter = [d.integer(1, 2), d.integer(1, 2), c, d.integer(1, 2)];
  const pad = padding(d);
  return {
    inputs: [d.between([d.integer(1, 2), h, w, c], -1, 1), d.between(filter, -1, 1)],
    f: (x, filter) => tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, pad),
  };
};

const conv3d: Make = (d) => {
  const c = d.integer(1, 2);
  const size = () => d.integer(2, 4);
  const stride = d.integer(1, 2);
  const filter = [d.integer(1, 2), d.integer(1, 2), d.integer(1, 2), c, d.integer(1, 2)];
  const pad = d.one<"same" | "valid">("same", "valid");
  return {
    inputs: [d.between([1, size(), size(), size(), c], -1, 1), d.between(filter, -1, 1)],
    f: (x, filter) => tf.conv3d(x as tf.Tensor5D, filter as tf.Tensor5D, stride, pad),
  };
};

type Pool2D = (
  x: tf.Tensor4D,
  size: [number, number],
  stride: [number, number],
  pad: Pad,
) => tf.Tensor;

const pool = (f: Pool2D): Make => (d) => {
  const shape = [d.integer(1, 2), d.integer(3, 5), d.integer(3, 5), d.integer(1, 2)];
  const size: [number, number] = [d.integer(1, 3), d.integer(1, 3)];
  const stride = strides(d);
  // A window of the padding alone has no maximum.
  const pad = Math.min(...size) > 1 ? padding(d) : "same";
  return { inputs: [d.distinct(shape)], f: (x) => f(x as tf.Tensor4D, size, stride, pad) };
};

type Pool3D = (
  x: tf.Tensor5D,
  size: number,
  stride: number,
  pad: "same" | "valid",
) => tf.Tensor;

const pool3d = (f: Pool3D): Make => (d) => {
  const shape = [1, d.integer(2, 3), d.integer(2, 4), d.integer(2, 3), d.integer(1, 2)];
  const [size, stride, pad] = [2, d.integer(1, 2), d.one<"same" | "valid">("same", "valid")];
  return { inputs: [d.distinct(shape)], f: (x) => f(x as tf.Tensor5D, size, stride, pad) };
};

type Resize = (
  x: tf.Tensor4D,
  size: [number, number],
  alignCorners: boolean,
  halfPixelCenters: boolean,
) => tf.Tensor;

const resize = (f: Resize): Make => (d) => {
  const shape = [d.integer(1, 2), d.integer(2, 5), d.integer(2, 5), d.integer(1, 2)];
  const size: [number, number] = [d.integer(1, 7), d.integer(1, 7)];
  const [align, half] = d.one([false, false], [true, false], [false, true]);
  return {
    inputs: [d.between(shape, -1, 1)],
    f: (x) => f(x as tf.Tensor4D, size, align as boolean, half as boolean),
  };
};

const batchNorm: Make = (d) => {
  const c = d.integer(1, 3);
  const x = d.between([2, d.integer(1, 3), d.integer(1, 3), c], -2, 2);
  const vectors = [d.between([c], -1, 1), d.between([c], 0.5, 2)];
  const [scale, offset] = [d.one(true, false), d.one(true, false)];
  if (scale) vectors.push(d.between([c], 0.5, 2));
  if (offset) vectors.push(d.between([c], -1, 1));
  return {
    inputs: [x, ...vectors],
    f: (x, mean, variance, ...rest) =>
      tf.batchNorm(
        x as tf.Tensor4D,
        mean as tf.Tensor1D,
        variance as tf.Tensor1D,
        offset ? rest.at(-1) as tf.Tensor1D : undefined,
        scale ? rest[0] as tf.Tensor1D : undefined,
        1e-3,
      ),
  };
};

const dilation: Make = (d) => {
  const c = d.integer(1, 2);
  const pad = d.one<"same" | "valid">("same", "valid");
  const [strides, dilations] = d.one([1, 1], [2, 1], [1, 2]) as [number, number];
  return {
    inputs: [
      tf.mul(d.distinct([1, d.integer(3, 5), d.integer(3, 5), c]), 3),
      d.between([2, 2, c], -0.05, 0.05),
    ],
    f: (x, filter) =>
      tf.dilation2d(x as tf.Tensor4D, filter as tf.Tensor3D, strides, pad, dilations),
  };
};

const maxPoolGradient: Make = (d) => {
  const input = d.distinct([1, 4, 4, 2]);
  const attrs = { filterSize: 2, strides: d.integer(1, 2), pad: d.one("same", "valid") };
  const output = tf.maxPool(input as tf.Tensor4D, 2, attrs.strides, attrs.pad as "same");
  return {
    inputs: [d.between(output.shape, -1, 1)],
    f: (dy) => kernel("MaxPoolGrad", ["dy", "input", "output"], attrs)(dy, input, output),
  };
};

const maxPoolSecondGradient: Make = (d) => {
  const input = d.distinct([1, 4, 4, 2]);
  const attrs = { filterSize: 2, strides: 2, pad: d.one("same", "valid") };
  const output = tf.maxPool(input as tf.Tensor4D, 2, attrs.strides, attrs.pad as "same");
  return {
    inputs: [d.between(input.shape, -1, 1)],
    f: (ddx) => kernel("MaxPoolGradGrad", ["input", "output", "ddx"], attrs)(input, output, ddx),
  };
};

const maxPool3dGradient: Make = (d) => {
  const input = d.distinct([1, 3, 3, 3, 1]);
  const attrs = { filterSize: 2, strides: d.integer(1, 2), pad: d.one("same", "valid") };
  const output = tf.maxPool3d(input as tf.Tensor5D, 2, attrs.strides, attrs.pad as "same");
  return {
    inputs: [d.between(output.shape, -1, 1)],
    f: (dy) => kernel("MaxPool3DGrad", ["dy", "input", "output"], attrs)(dy, input, output),
  };
};

const averageGradient = (name: string, shape: number[]): Make => (d) => {
  const input = tf.zeros(shape);
  const attrs = { filterSize: 2, strides: 2, pad: "valid" };
  const out = shape.map((size, i) => i > 0 && i < shape.length - 1 ? Math.floor(size / 2) : size);
  return {
    inputs: [d.between(out, -1, 1)],
    f: (dy) => kernel(name, ["dy", "input"], attrs)(dy, input),
  };
};

const attrs2d = { strides: 1, pad: "same", dataFormat: "NHWC" };
const filterShape = [2, 2, 2, 3];

/** Of each op on images that has a gradient, by its kernel. */
export const imageOps: Readonly<Record<string, Make>> = {
  AvgPool: pool((x, size, stride, pad) => tf.avgPool(x, size, stride, pad as number)),
  AvgPool3D: pool3d((x, size, stride, pad) => tf.avgPool3d(x, size, stride, pad)),
  AvgPool3DGrad: averageGradient("AvgPool3DGrad", [1, 2, 4, 2, 1]),
  AvgPoolGrad: averageGradient("AvgPoolGrad", [2, 4, 2, 1]),
  Conv2D: conv,
  Conv2DBackpropFilter: (d) => ({
    inputs: [d.between([1, 4, 3, 2], -1, 1), d.between([1, 4, 3, 3], -1, 1)],
    f: kernel("Conv2DBackpropFilter", ["x", "dy"], { ...attrs2d, filterShape }),
  }),
  Conv2DBackpropInput: (d) => ({
    inputs: [d.between([1, 4, 3, 3], -1, 1), d.between(filterShape, -1, 1)],
    f: kernel("Conv2DBackpropInput", ["dy", "filter"], {
      ...attrs2d,
      inputShape: [1, 4, 3, 2],
    }),
  }),
  Conv3D: conv3d,
  Conv3DBackpropFilterV2: (d) => ({
    inputs: [d.between([1, 3, 4, 3, 2], -1, 1), d.between([1, 3, 4, 3, 1], -1, 1)],
    f: kernel("Conv3DBackpropFilterV2", ["x", "dy"], {
      strides: 1,
      pad: "same",
      filterShape: [2, 2, 2, 2, 1],
    }),
  }),
  Conv3DBackpropInputV2: (d) => ({
    inputs: [d.between([1, 3, 4, 3, 1], -1, 1), d.between([2, 2, 2, 2, 1], -1, 1)],
    f: kernel("Conv3DBackpropInputV2", ["dy", "filter"], {
      strides: 1,
      pad: "same",
      inputShape: [1, 3, 4, 3, 2],
    }),
  }),
  DepthwiseConv2dNative: depthwise,
  DepthwiseConv2dNativeBackpropFilter: (d) => ({
    inputs: [d.between([1, 4, 3, 2], -1, 1), d.between([1, 4, 3, 4], -1, 1)],
    f: kernel("DepthwiseConv2dNativeBackpropFilter", ["x", "dy"], {
      strides: 1,
      pad: "same",
      dataFormat: "NHWC",
      dilations: [1, 1],
      filterShape: [2, 2, 2, 2],
    }),
  }),
  DepthwiseConv2dNativeBackpropInput: (d) => ({
    inputs: [d.between([1, 4, 3, 4], -1, 1), d.between([2, 2, 2, 2], -1, 1)],
    f: kernel("DepthwiseConv2dNativeBackpropInput", ["dy", "filter"], {
      strides: 1,
      pad: "same",
      dataFormat: "NHWC",
      dilations: [1, 1],
      inputShape: [1, 4, 3, 2],
    }),
  }),
  Dilation2D: dilation,
  FusedBatchNorm: batchNorm,
  FusedBatchNormGradV3: batchNormTraining,
  FusedBatchNormV3: batchNormTraining,
  LRN: (d) => {
    const [radius, bias, alpha, beta] = [
      d.integer(1, 2),
      d.uniform(0.8, 2),
      d.uniform(0.2, 1),
      d.uniform(0.4, 1),
    ];
    return {
      inputs: [d.between([1, 2, 2, d.integer(1, 5)], -1, 1)],
      f: (x) => tf.localResponseNormalization(x as tf.Tensor4D, radius, bias, alpha, beta),
    };
  },
  MaxPool: pool((x, size, stride, pad) => tf.maxPool(x, size, stride, pad)),
  MaxPool3D: pool3d((x, size, stride, pad) => tf.maxPool3d(x, size, stride, pad)),
  MaxPool3DGrad: maxPool3dGradient,
  MaxPoolGrad: maxPoolGradient,
  MaxPoolGradGrad: maxPoolSecondGradient,
  ResizeBilinear: resize((x, ...rest) => tf.image.resizeBilinear(x, ...rest)),
  ResizeNearestNeighbor: resize((x, ...rest) => tf.image.resizeNearestNeighbor(x, ...rest)),
};

/** Batch norm by the batch's own statistics, which it gives too. */
function batchNormTraining(d: Draw): ReturnType<Make> {
  const c = d.integer(1, 3);
  return {
    inputs: [
      d.distinct([2, d.integer(2, 3), d.integer(2, 3), c]),
      d.between([c], 0.5, 2),
      d.between([c], -1, 1),
    ],
    f: (x, scale, offset) => {
      const [y, mean, variance] = tf.engine().runKernel("FusedBatchNormV3", {
        x,
        scale,
        offset,
      } as tf.NamedTensorMap, { epsilon: 1e-3 }) as tf.Tensor[];
      return tf.add(
        tf.mul(tf.sin(y as tf.Tensor), tf.exp(mean as tf.Tensor)),
        variance as tf.Tensor,
      );
    },
  };
}
