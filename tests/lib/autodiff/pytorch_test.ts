/**
 * First and second derivatives of common functions and of small networks against PyTorch's (float64).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { correctGradients } from "../../../lib/autodiff/correct_gradients.ts";
import { assertDerivatives, type Layer } from "../../models/derivatives.ts";
import { backends } from "../../backends.ts";
import { readFixture } from "../../parity.ts";

correctGradients();
const fixture = await readFixture("second_derivatives");
const tolerance = { ofMax: 2e-5, atol: 1e-6 };

type Image = tf.Tensor4D;

const gelu = (x: tf.Tensor) => {
  const inner = tf.mul(tf.add(x, tf.mul(tf.pow(x, 3), 0.044715)), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
};
const swish = (x: tf.Tensor) => tf.mul(x, tf.sigmoid(x));

const functions: Readonly<Record<string, (x: Image) => tf.Tensor>> = {
  avgPool: (x) => tf.square(tf.avgPool(x, 3, 2, "valid")),
  clip: (x) => tf.square(tf.clipByValue(x, -0.5, 0.8)),
  elu: tf.elu,
  erf: tf.erf,
  exp: tf.exp,
  gelu,
  leakyRelu: (x) => tf.square(tf.leakyRelu(x, 0.2)),
  // PyTorch's alpha is over the size of the window.
  localResponseNormalization: (x) => tf.localResponseNormalization(x, 1, 1.2, 0.3, 0.6),
  logSoftmax: (x) => tf.logSoftmax(x),
  logSumExp: (x) => tf.logSumExp(x, 3),
  max: (x) => tf.square(tf.max(x, 3)),
  maxPool: (x) => tf.square(tf.maxPool(x, 3, 2, "valid")),
  mean: (x) => tf.square(tf.mean(x, [1, 2])),
  mish: (x) => tf.mul(x, tf.tanh(tf.softplus(x))),
  norm: (x) => tf.norm(x, 2, 3),
  prod: (x) => tf.prod(x, 3),
  relu6: (x) => tf.square(tf.relu6(tf.mul(x, 4))),
  resizeBilinear: (x) => tf.square(tf.image.resizeBilinear(x, [7, 3], false, true)),
  "resizeBilinear with corners": (x) => tf.square(tf.image.resizeBilinear(x, [7, 3], true)),
  selu: tf.selu,
  sigmoid: tf.sigmoid,
  softmax: (x) => tf.softmax(x),
  softplus: tf.softplus,
  swish,
  tanh: tf.tanh,
};

/** Filters are `[out, kh, kw, in]` in the fixture; a depthwise one has one channel in. */
const filterOf = (stored: tf.Tensor | undefined) =>
  tf.transpose(stored as tf.Tensor, [1, 2, 3, 0]) as Image;
const depthwiseOf = (stored: tf.Tensor | undefined) =>
  tf.transpose(stored as tf.Tensor, [1, 2, 0, 3]) as Image;
const classify = (x: tf.Tensor, weight: tf.Tensor | undefined) =>
  tf.matMul(tf.mean(x, [1, 2]), weight as tf.Tensor2D, false, true);

const networks: Readonly<Record<string, Layer>> = {
  smooth: ({ x, conv, depth, weight }) => {
    const features = swish(tf.conv2d(x as Image, filterOf(conv), 1, "same"));
    const pooled = tf.avgPool(features as Image, 3, 2, "valid");
    const deep = gelu(tf.depthwiseConv2d(pooled, depthwiseOf(depth), 1, "same"));
    const resized = tf.image.resizeBilinear(deep as Image, [6, 6], false, true);
    return classify(tf.square(resized), weight);
  },
  pooling: ({ x, conv, depth, weight }) => {
    const features = tf.tanh(tf.conv2d(x as Image, filterOf(conv), 2, "valid"));
    const pooled = tf.maxPool(features as Image, 2, 2, "valid");
    const deep = tf.elu(tf.depthwiseConv2d(pooled, depthwiseOf(depth), 1, "same"));
    return tf.logSoftmax(classify(deep, weight));
  },
};

for (const backend of backends) {
  for (const [name, f] of Object.entries(functions)) {
    Deno.test(`tf.grad() of ${name} is PyTorch's, the second time too (${backend.name})`, () =>
      assertDerivatives(({ x }) => f(x as Image), ["x"], fixture, name, backend, tolerance));
  }
  for (const [name, network] of Object.entries(networks)) {
    const inputs = ["x", "conv", "depth", "weight"];
    Deno.test(`tf.grad() of a ${name} network is PyTorch's, the second time too (${backend.name})`, () =>
      assertDerivatives(network, inputs, fixture, `${name} network`, backend, tolerance));
  }
}
