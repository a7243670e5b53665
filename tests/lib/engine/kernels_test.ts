/**
 * The fused kernels, against the same formulas composed of plain ops in plain JavaScript.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { jit } from "../../../lib/engine/jit.ts";
import { TensorFlowError } from "../../../lib/engine/library.ts";
import { type Backend, backends } from "../../backends.ts";
import { assertClose, type Values } from "../../parity.ts";
import { counts } from "./counts.ts";

const epsilon = 1e-5;
const tensorFlow = backends.filter(({ tfjs }) => tfjs === "tensorflow");
const javaScript = backends.find(({ tfjs }) => tfjs === "cpu") as Backend;

/** Reproducible values that are neither small nor alike. */
function values(size: number, seed: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => Math.sin(seed + i * 1.7) * 2 + 0.3);
}

type Function = (...inputs: tf.Tensor[]) => tf.Tensor[];

/** What `f` gives on a backend. */
async function evaluate(
  backend: Backend,
  f: Function,
  inputs: () => tf.Tensor[],
): Promise<Values[]> {
  const run = backend.use((...tensors: tf.Tensor[]) => tf.tidy(() => f(...tensors)));
  try {
    const tensors = inputs();
    const results = await run(...tensors);
    const read = results.map((tensor) => ({
      shape: tensor.shape,
      data: tensor.dataSync() as Float32Array,
    }));
    tf.dispose([...tensors, ...results]);
    return read;
  } finally {
    tf.setBackend("tensorflow");
  }
}

/** Compares what a function gives on TensorFlow with what its reference gives in JavaScript. */
function compare(name: string, fused: Function, reference: Function, inputs: () => tf.Tensor[]) {
  for (const backend of tensorFlow) {
    Deno.test(`${name} (${backend.name})`, async () => {
      const expected = await evaluate(javaScript, reference, inputs);
      const actual = await evaluate(backend, fused, inputs);
      assertEquals(actual.length, expected.length);
      actual.forEach((tensor, i) =>
        assertClose(tensor, expected[i]!, { atol: 1e-5, ofMax: 2e-5 }, `output ${i}`)
      );
    });
  }
}

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

function thenRelu(f: Function): Function {
  return (...inputs) => [tf.relu(f(...inputs)[0]!)];
}

/** The gradients of a weighted sum of the first output. */
function gradients(f: Function): Function {
  return (...inputs) =>
    tf.grads((...tensors: tf.Tensor[]) => {
      const y = f(...tensors)[0]!;
      return tf.sum(tf.mul(y, tf.reshape(tf.tensor1d(values(y.size, 5)), y.shape)));
    })(inputs);
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

const labels = [2, 0, 4, 1];
const batch = () => [tf.tensor(values(20, 4), [4, 5])];

function fusedCrossEntropy(logits: tf.Tensor): tf.Tensor[] {
  const inputs = { logits, labels: tf.tensor1d(labels, "int32") };
  return [tf.engine().runKernel("SparseSoftmaxCrossEntropyWithLogits", inputs) as tf.Tensor];
}

function composedCrossEntropy(logits: tf.Tensor): tf.Tensor[] {
  const target = tf.oneHot(tf.tensor1d(labels, "int32"), 5, 1, 0, "float32");
  return [tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(logits)), 1))];
}

/**
 * The gradient of {@link composedCrossEntropy}, weighted as {@link gradients} does, written out: tfjs
 * does not differentiate logSoftmax twice, nor rightly anything else whose gradient uses the output.
 */
function crossEntropyGradient(logits: tf.Tensor): tf.Tensor[] {
  const target = tf.oneHot(tf.tensor1d(labels, "int32"), 5, 1, 0, "float32");
  const weights = tf.tensor2d(values(4, 5), [4, 1]);
  return [tf.mul(tf.sub(tf.softmax(logits), target), weights)];
}

compare(
  "SparseSoftmaxCrossEntropyWithLogits gives each example's loss",
  fusedCrossEntropy,
  composedCrossEntropy,
  batch,
);
compare(
  "SparseSoftmaxCrossEntropyWithLogits has the gradient of the logits",
  gradients(fusedCrossEntropy),
  gradients(composedCrossEntropy),
  batch,
);
compare(
  "SparseSoftmaxCrossEntropyWithLogits has a second derivative",
  gradients(gradients(fusedCrossEntropy)),
  gradients(crossEntropyGradient),
  batch,
);

const wrong = [[7, 0], [-1, 0]];

Deno.test("SparseSoftmaxCrossEntropyWithLogits names a label outside of the classes", async () => {
  const f = (logits: tf.Tensor, labels: tf.Tensor) =>
    tf.engine().runKernel("SparseSoftmaxCrossEntropyWithLogits", { logits, labels }) as tf.Tensor;
  const logits = tf.zeros([2, 5]);
  const jitted = jit(f);
  for (const label of wrong) {
    const message = `Received a label value of ${
      label[0]
    } which is outside the valid range of [0, 5)`;
    const tensor = tf.tensor1d(label, "int32");
    assertThrows(() => f(logits, tensor), TensorFlowError, message);
    await assertRejects(() => jitted(logits, tensor), TensorFlowError, message);
  }
  const right = await jitted(logits, tf.tensor1d([4, 0], "int32"));
  assertClose(
    right,
    { shape: [2], data: new Float32Array(2).fill(Math.log(5)) },
    { atol: 1e-6 },
    "",
  );
});
