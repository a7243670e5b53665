/**
 * Fused cross entropy, its gradient and the gradient of that, against plain ops.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertRejects, assertThrows } from "@std/assert";
import { jit } from "../../../../lib/jit/jit.ts";
import { TensorFlowError } from "../../../../lib/tensorflow/library.ts";
import { assertClose } from "../../../parity.ts";
import { compare, gradients, values } from "./compare.ts";

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
