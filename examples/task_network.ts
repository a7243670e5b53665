/**
 * A network of one's own for the tasks: a module that exports `f` and `init`, and here also the
 * classifier's key, for CAT-KD, and data.
 *
 *     deno task cifar --dataset CIFAR10-sample --model examples/task_network.ts --lr 0.02 --epochs 3 --save logs/own
 *     deno task cifar --dataset own --model examples/task_network.ts --lr 0.05 --batch-size 50 --epochs 5 --save logs/stripes
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
  return { logits, groups: [first, second], features: second, stats };
}

/** The key of the classifier's weights `[classes, channels of the features]`. */
export const classifier = "fc.weight";

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

/** Images of stripes, to tell which way they go; files of this folder would do as well. */
export function data(): { train: at.ImageSet; test: at.ImageSet } {
  return { train: stripes(1000, 1), test: stripes(200, 2) };
}

function stripes(size: number, seed: number): at.ImageSet {
  const [side, channels] = [16, 3];
  const { uniform } = at.randomStream(seed);
  const images = new Uint8Array(size * side * side * channels);
  const labels = Int32Array.from({ length: size }, (_, i) => i % 3);
  for (let i = 0, place = 0; i < size; i++) {
    const [step, start] = [0.5 + uniform(), 6 * uniform()];
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const [across, down] = [Math.sin(step * y + start), Math.sin(step * x + start)];
        const light = [across, down, across * down][labels[i]!]!;
        for (let c = 0; c < channels; c++) images[place++] = 90 + 60 * light + 75 * uniform();
      }
    }
  }
  const classes = ["across", "down", "checked"];
  return { images, labels, size, height: side, width: side, channels, classes };
}
