/**
 * A network of one's own for the tasks: a module that exports `f` and `init`.
 *
 *     deno task cifar --dataset CIFAR10-sample --model examples/task_network.ts --lr 0.02 --epochs 3 --save logs/own
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import * as at from "@attention-transfer/core";

const width = 16;

/** Two convolutions with batch norm, and a classifier. */
export function f(images: tf.Tensor4D, params: at.Params, mode: at.Mode): at.AnyOutput {
  const stats: at.Tensors = {};
  const layer = (x: tf.Tensor4D, name: string) =>
    tf.relu(at.batchNorm(at.conv2d(x, params[name], 2), params, `${name}_bn`, mode, stats));
  const first = layer(images, "conv0");
  const second = layer(first, "conv1");
  const logits = at.linear(at.globalAveragePool(second), params, "fc");
  return { logits, groups: [first, second], stats };
}

/** Filters and a classifier at random, batch norm that changes nothing. */
export function init(seed: number, numClasses: number): at.Tensors {
  const norm = (name: string) => ({
    [`${name}_bn.weight`]: tf.ones([width]),
    [`${name}_bn.bias`]: tf.zeros([width]),
    [`${name}_bn.running_mean`]: tf.zeros([width]),
    [`${name}_bn.running_var`]: tf.ones([width]),
  });
  return {
    conv0: tf.randomNormal([3, 3, 3, width], 0, 0.2, "float32", seed + 1),
    conv1: tf.randomNormal([3, 3, width, width], 0, 0.1, "float32", seed + 2),
    ...norm("conv0"),
    ...norm("conv1"),
    "fc.weight": tf.randomNormal([numClasses, width], 0, 0.1, "float32", seed + 3),
    "fc.bias": tf.zeros([numClasses]),
  };
}
