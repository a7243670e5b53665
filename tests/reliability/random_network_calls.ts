/**
 * Random calls of the ops that networks on images are made of.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Make } from "./draw.ts";

const kernel = (name: string, inputs: tf.NamedTensorMap, attrs: object = {}) =>
  tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap) as tf.Tensor;

/** Ops by their names. */
export const networkMakers: [string, Make][] = [
  ["spaceToBatchND", (d) => {
    const [block, x] = [d.numbers(2), d.image()];
    const paddings = [[d.number(), 0], [0, 0]];
    return { inputs: [x], run: ([x]) => tf.spaceToBatchND(x!, block, paddings) };
  }],
  ["batchToSpaceND", (d) => {
    const [block, x] = [d.numbers(2), d.image()];
    const crops = [[d.number(), 0], [0, 0]];
    return { inputs: [x], run: ([x]) => tf.batchToSpaceND(x!, block, crops) };
  }],
  ["depthToSpace", (d) => {
    const block = d.number();
    return { inputs: [d.image()], run: ([x]) => tf.depthToSpace(x as tf.Tensor4D, block) };
  }],
  ["conv2d", (d) => {
    const x = d.image();
    const [stride, pad, dilation] = [d.stride(), d.pad(), d.chance(0.8) ? 1 : d.one(2, 8, 40)];
    return {
      inputs: [x, d.filter(x)],
      run: ([x, f]) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, stride, pad, "NHWC", dilation),
    };
  }],
  ["fused.conv2d", (d) => {
    const [x, strides, pad] = [d.image(), d.stride(), d.pad()];
    const bias = d.tensor([d.one(1, 2, 4, 8)], "float32");
    return {
      inputs: [x, d.filter(x), bias],
      run: ([x, filter, bias]) =>
        tf.fused.conv2d({
          x: x as tf.Tensor4D,
          filter: filter as tf.Tensor4D,
          bias: bias!,
          strides,
          pad,
          activation: "relu",
        }),
    };
  }],
  ["fused.matMul", (d) => {
    const [a, b, bias] = [d.tensor(d.shape(2)), d.tensor(d.shape(2)), d.tensor(d.shape(1))];
    return {
      inputs: [a, b, bias],
      run: ([a, b, bias]) => tf.fused.matMul({ a: a!, b: b!, bias: bias!, activation: "relu" }),
    };
  }],
  ["depthwiseConv2d", (d) => {
    const [x, stride, pad] = [d.image(), d.stride(), d.pad()];
    return {
      inputs: [x, d.filter(x)],
      run: ([x, f]) => tf.depthwiseConv2d(x as tf.Tensor4D, f as tf.Tensor4D, stride, pad),
    };
  }],
  ["conv2dTranspose", (d) => {
    const [x, stride, pad] = [d.image(), d.stride(), d.pad()];
    const shape = d.shape(4) as [number, number, number, number];
    return {
      inputs: [x, d.filter(x)],
      run: ([x, f]) =>
        tf.conv2dTranspose(x as tf.Tensor4D, f as tf.Tensor4D, shape, stride, pad as "same"),
    };
  }],
  ["conv3d", (d) => {
    const [x, stride] = [d.tensor(d.shape(5), "float32"), d.stride()];
    const pad = d.one<"same" | "valid">("same", "valid");
    return {
      inputs: [x, d.filter(x, 3)],
      run: ([x, f]) => tf.conv3d(x as tf.Tensor5D, f as tf.Tensor5D, stride, pad),
    };
  }],
  ...(["maxPool", "avgPool"] as const).map((name): [string, Make] => [name, (d) => {
    const [size, stride, pad] = [d.stride(), d.stride(), d.pad()];
    return { inputs: [d.image()], run: ([x]) => tf[name](x as tf.Tensor4D, size, stride, pad) };
  }]),
  ...["MaxPoolGrad", "AvgPoolGrad", "MaxPoolGradGrad"].map((name): [string, Make] => [name, (d) => {
    const x = d.image(2);
    const [filterSize, strides, pad] = [d.one(1, 2, 3), d.one(1, 2), d.one("same", "valid")];
    const y = d.chance(0.5)
      ? d.image(2)
      : tf.tidy(() => tf.maxPool(x, filterSize, strides, "same"));
    return {
      inputs: [x, y, d.chance(0.5) ? y.clone() : d.image(2)],
      run: ([input, output, dy]) =>
        kernel(
          name,
          { dy: dy!, input: input!, output: output!, ddx: dy! },
          { filterSize, strides, pad },
        ),
    };
  }]),
  ["Conv2DBackpropFilter", (d) => {
    const [x, dy] = [d.image(), d.image()];
    const [strides, pad, filterShape] = [d.one(1, 2), d.one("same", "valid"), d.shape(4)];
    return {
      inputs: [x, dy],
      run: ([x, dy]) =>
        kernel("Conv2DBackpropFilter", { x: x!, dy: dy! }, {
          strides,
          pad,
          filterShape,
          dataFormat: "NHWC",
        }),
    };
  }],
  ["FusedBatchNormV3", (d) => {
    const x = d.image();
    const channels = d.chance(0.8) ? x.shape[3] : d.one(0, 1, 5);
    const vector = () => d.tensor([channels], "float32");
    return {
      inputs: [x, vector(), vector()],
      run: ([x, scale, offset]) =>
        kernel("FusedBatchNormV3", { x: x!, scale: scale!, offset: offset! }, { epsilon: 1e-3 }),
    };
  }],
  ["FusedBatchNormGradV3", (d) => {
    const x = d.image();
    const vector = () => d.tensor([d.chance(0.8) ? x.shape[3] : d.one(0, 1, 5)], "float32");
    return {
      inputs: [x, d.like(x.shape), vector(), vector(), vector(), d.tensor([0], "float32")],
      run: ([x, dy, scale, reserve1, reserve2, reserve3]) =>
        kernel(
          "FusedBatchNormGradV3",
          {
            x: x!,
            dy: dy!,
            scale: scale!,
            reserve1: reserve1!,
            reserve2: reserve2!,
            reserve3: reserve3!,
          },
          { epsilon: 1e-3 },
        ),
    };
  }],
  ["batchNorm", (d) => {
    const x = d.image();
    const vector = () => d.tensor([d.chance(0.9) ? x.shape[3] : 5], "float32");
    return {
      inputs: [x, vector(), vector(), vector()],
      run: ([x, mean, variance, scale]) =>
        tf.relu(tf.batchNorm(x!, mean!, variance!, scale!, scale!)),
    };
  }],
  ["SparseSoftmaxCrossEntropyWithLogits", (d) => ({
    inputs: [d.tensor(d.shape(2), "float32"), d.tensor(d.shape(1), "int32")],
    run: ([logits, labels]) =>
      kernel("SparseSoftmaxCrossEntropyWithLogits", { logits: logits!, labels: labels! }),
  })],
  ["ReluGrad", (d) => {
    const x = d.tensor(undefined, "float32");
    return {
      inputs: [x, d.like(x.shape)],
      run: ([dy, features]) => kernel("ReluGrad", { dy: dy!, features: features! }),
    };
  }],
  ["localResponseNormalization", (d) => {
    const radius = d.number();
    return {
      inputs: [d.image()],
      run: ([x]) => tf.localResponseNormalization(x as tf.Tensor4D, radius),
    };
  }],
  ["dilation2d", (d) => {
    const [x, strides, rate] = [d.image(2), d.stride(), d.one(1, 1, 2, d.number())];
    const filter = d.tensor([d.one(1, 2, 3), d.one(1, 2), 2], "float32");
    return {
      inputs: [x, filter],
      run: ([x, f]) =>
        tf.dilation2d(x as tf.Tensor4D, f as tf.Tensor3D, strides, "same", rate as 1),
    };
  }],
  ...(["resizeBilinear", "resizeNearestNeighbor"] as const).map((name): [string, Make] => [
    name,
    (d) => {
      const size = d.numbers(2) as [number, number];
      return { inputs: [d.image()], run: ([x]) => tf.image[name](x as tf.Tensor4D, size) };
    },
  ]),
  ["cropAndResize", (d) => {
    const [boxes, ids] = [d.tensor([2, 4], "float32"), d.tensor([d.one(2, 2, 3)], "int32")];
    const size = d.numbers(2) as [number, number];
    return {
      inputs: [d.image(), boxes, ids],
      run: ([x, boxes, ids]) =>
        tf.image.cropAndResize(
          x as tf.Tensor4D,
          boxes as tf.Tensor2D,
          ids as tf.Tensor1D,
          size,
        ),
    };
  }],
  ["nonMaxSuppression", (d) => {
    const inputs = [d.tensor([d.one(0, 1, 3), 4], "float32"), d.tensor(d.shape(1), "float32")];
    const most = d.number();
    return {
      inputs,
      run: ([boxes, scores]) =>
        tf.image.nonMaxSuppression(boxes as tf.Tensor2D, scores as tf.Tensor1D, most),
    };
  }],
  ["fft", (d) => ({
    inputs: [d.tensor(undefined, "float32")],
    run: ([x]) => tf.spectral.fft(tf.complex(x!, x!)),
  })],
  ["einsum", (d) => {
    const equation = d.one("ij,jk->ik", "ij,ij->", "ii->i", "ij,jk->ikz", "...");
    return {
      inputs: [d.tensor(d.shape(2)), d.tensor(d.shape(2))],
      run: (all) => tf.einsum(equation, ...all),
    };
  }],
];
