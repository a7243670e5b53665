/**
 * Fused batch norm, its gradient and the gradient of that, against plain ops.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import { assertClose } from "../../../parity.ts";
import { counts } from "../../jit/counts.ts";
import { compare, type Function, gradients, thenRelu, values } from "./compare.ts";

const epsilon = 1e-5;

function fusedBatchNorm(x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor): tf.Tensor[] {
  const inputs = { x, scale, offset };
  const outputs = tf.engine().runKernel("FusedBatchNormV3", inputs, { epsilon });
  return (outputs as unknown as tf.Tensor[]).slice(0, 3);
}

/** y, mean and unbiased variance; y divides by the biased one. */
function composedBatchNorm(x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor): tf.Tensor[] {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  const normal = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon)));
  const count = x.size / x.shape[3]!;
  return [
    tf.add(tf.mul(normal, scale), offset),
    mean,
    tf.mul(variance, count / (count - 1)),
  ];
}

const images = (channels = 6) => [
  tf.tensor(values(60 * channels, 1), [3, 4, 5, channels]),
  tf.tensor(values(channels, 2)),
  tf.tensor(values(channels, 3)),
];

compare(
  "FusedBatchNormV3 gives y, the batch's mean and its unbiased variance",
  fusedBatchNorm,
  composedBatchNorm,
  () => images(),
);
compare(
  "FusedBatchNormV3 has the gradients of x, scale and offset",
  gradients(fusedBatchNorm),
  gradients(composedBatchNorm),
  () => images(),
);
// With channels by fours, jit makes one op of batch norm and relu.
for (const channels of [6, 8]) {
  compare(
    `FusedBatchNormV3 goes before a relu, ${channels} channels`,
    thenRelu(fusedBatchNorm),
    thenRelu(composedBatchNorm),
    () => images(channels),
  );
  compare(
    `FusedBatchNormV3 has its gradients before a relu, ${channels} channels`,
    gradients(thenRelu(fusedBatchNorm)),
    gradients(thenRelu(composedBatchNorm)),
    () => images(channels),
  );
}
compare(
  "FusedBatchNormV3 takes one position and two images",
  fusedBatchNorm,
  composedBatchNorm,
  () => [tf.tensor(values(4, 1), [2, 1, 1, 2]), tf.ones([2]), tf.zeros([2])],
);

Deno.test("FusedBatchNormV3's variance is divided by n - 1", () => {
  const x = tf.tensor4d([1, 2, 3, 6], [1, 2, 2, 1]);
  const [y, mean, variance] = fusedBatchNorm(x, tf.ones([1]), tf.zeros([1]));
  assertEquals([mean!.dataSync()[0], variance!.shape], [3, [1]]);
  assertClose(variance!, { shape: [1], data: Float32Array.of(14 / 3) }, { rtol: 1e-6 }, "variance");
  const data = Float32Array.from([-2, -1, 0, 3], (v) => v / Math.sqrt(14 / 4 + epsilon));
  assertClose(y!, { shape: [1, 2, 2, 1], data }, { atol: 1e-6 }, "y");
});

Deno.test("FusedBatchNormV3 makes its six outputs and nothing else", () => {
  const inputs = { x: tf.ones([1, 2, 2, 1]), scale: tf.ones([1]), offset: tf.ones([1]) };
  const before = counts().tensors;
  const outputs = tf.engine().runKernel("FusedBatchNormV3", inputs, { epsilon });
  assertEquals(counts().tensors - before, 6);
  tf.dispose([outputs, inputs] as tf.TensorContainer);
});

/** A loss of the gradients that is linear in none of them, so that its gradient takes all parts. */
function nonlinearGradients(f: Function): Function {
  return gradients((...inputs) => {
    const weights = tf.reshape(tf.tensor1d(values(inputs[0]!.size, 7)), inputs[0]!.shape);
    const loss = (...tensors: tf.Tensor[]) =>
      tf.sum(tf.mul(tf.square(f(...tensors)[0]!), weights)) as tf.Scalar;
    const squares = tf.grads(loss)(inputs).map((gradient) => tf.sum(tf.square(gradient)));
    return [tf.addN(squares)];
  });
}

compare(
  "FusedBatchNormV3 has second derivatives by x, scale and offset",
  nonlinearGradients(fusedBatchNorm),
  nonlinearGradients(composedBatchNorm),
  () => images(),
);
compare(
  "FusedBatchNormV3 has second derivatives where scales are 0",
  nonlinearGradients(fusedBatchNorm),
  nonlinearGradients(composedBatchNorm),
  () => [images()[0]!, tf.tensor1d([0, 1, 0, -2, 3, 0]), images()[2]!],
);
compare(
  "FusedBatchNormV3 has second derivatives before a relu",
  nonlinearGradients(thenRelu(fusedBatchNorm)),
  nonlinearGradients(thenRelu(composedBatchNorm)),
  () => images(8),
);

function evalBatchNorm(x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor): tf.Tensor[] {
  const [mean, variance] = [tf.mul(offset, 0.5), tf.add(tf.square(scale), 0.5)];
  const [m, v, o, s] = [mean, variance, offset, scale] as tf.Tensor1D[];
  return [tf.batchNorm(x as tf.Tensor4D, m!, v!, o!, s!, epsilon)];
}

function composedEvalBatchNorm(x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor): tf.Tensor[] {
  const [mean, variance] = [tf.mul(offset, 0.5), tf.add(tf.square(scale), 0.5)];
  const normal = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon)));
  return [tf.add(tf.mul(normal, scale), offset)];
}

compare(
  "FusedBatchNorm, by given statistics, has all its gradients",
  gradients(evalBatchNorm),
  gradients(composedEvalBatchNorm),
  () => images(),
);
compare(
  "FusedBatchNorm, by given statistics, has second derivatives",
  nonlinearGradients(evalBatchNorm),
  nonlinearGradients(composedEvalBatchNorm),
  () => images(),
);
