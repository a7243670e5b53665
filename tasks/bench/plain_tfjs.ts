/**
 * A training step of WRN-10-1 as one writes it with tfjs alone: variables, `tf.train.momentum`, and the
 * loss in `minimize`.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { type Program, repeated } from "./in_turns.ts";

const widths = [16, 32, 64];

/** Makes steps on one batch, `images` in `[N, H, W, 3]` and `labels` in `[N]`, for 10 classes. */
export function plainSteps(images: tf.Tensor4D, labels: tf.Tensor1D): Program {
  const network = plainNetwork();
  const optimizer = tf.train.momentum(0.1, 0.9);
  const oneHot = tf.oneHot(labels, 10) as tf.Tensor2D;
  return repeated(async () => {
    const loss = optimizer.minimize(
      () => tf.losses.softmaxCrossEntropy(oneHot, network(images)) as tf.Scalar,
      true,
    ) as tf.Scalar;
    await loss.data();
    loss.dispose();
  });
}

/** The network as a function of images; its parameters are variables. */
function plainNetwork(): (images: tf.Tensor4D) => tf.Tensor2D {
  const conv = (size: number, from: number, to: number) => {
    const filter = tf.variable(
      tf.randomNormal<tf.Rank.R4>([size, size, from, to], 0, Math.sqrt(2 / (size * size * from))),
    );
    return (x: tf.Tensor4D, stride = 1) => tf.conv2d(x, filter, stride, "same");
  };
  const normRelu = (channels: number) => {
    const scale = tf.variable(tf.ones([channels]));
    const offset = tf.variable(tf.zeros([channels]));
    return (x: tf.Tensor4D) => {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      return tf.relu(
        tf.batchNorm(
          x,
          mean as tf.Tensor1D,
          variance as tf.Tensor1D,
          offset as tf.Tensor1D,
          scale as tf.Tensor1D,
        ),
      ) as tf.Tensor4D;
    };
  };
  const first = conv(3, 3, 16);
  const blocks = widths.map((width, i) => {
    const from = i === 0 ? 16 : widths[i - 1] as number;
    const stride = i === 0 ? 1 : 2;
    const [before, between] = [normRelu(from), normRelu(width)];
    const [one, two] = [conv(3, from, width), conv(3, width, width)];
    const shortcut = from === width ? undefined : conv(1, from, width);
    return (x: tf.Tensor4D) => {
      const input = before(x);
      return two(between(one(input, stride))).add(shortcut ? shortcut(input, stride) : x);
    };
  });
  const last = normRelu(64);
  const weights = tf.variable(tf.randomNormal<tf.Rank.R2>([64, 10], 0, 0.1));
  const biases = tf.variable(tf.zeros([10]));
  return (images) => {
    const features = blocks.reduce((x, block) => block(x) as tf.Tensor4D, first(images));
    return tf.add(tf.matMul(tf.mean(last(features), [1, 2]) as tf.Tensor2D, weights), biases);
  };
}
