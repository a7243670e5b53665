/**
 * A worker of tests/lib/train/workers_test.ts: trains on its part of each batch, and writes what came
 * out. Arguments: the network, the rank, and the number of examples of each worker in each batch.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { jit } from "../../../lib/jit/jit.ts";
import { crossEntropy } from "../../../lib/losses/cross_entropy.ts";
import { sgd } from "../../../lib/train/sgd.ts";
import { trainStep } from "../../../lib/train/train_step.ts";
import { startState } from "../../../lib/train/train_state.ts";
import { allReduce } from "../../../lib/train/workers.ts";
import type { Tensors } from "../../../lib/params.ts";
import type { Model } from "../../../models/model.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";

const [network, rankText = "", partsText = "", ...hosts] = Deno.args;
const rank = Number(rankText);
const parts = partsText.split(",").map(Number);
const workers = hosts.length > 0;

await useTensorFlow({ threads: 1, ...(workers && { cluster: { hosts, rank, timeout: 30 } }) });

/** A network without batch norm: the mean over all examples is all that its step needs. */
const plain: Pick<Model, "f"> & { init: (seed: number) => Tensors } = {
  init: (seed) => ({
    filter: tf.randomNormal([3, 3, 3, 4], 0, 0.3, "float32", seed),
    weight: tf.randomNormal([4, 10], 0, 0.3, "float32", seed + 1),
  }),
  f: (images, params) => {
    const group = tf.relu(tf.conv2d(images, params.filter as tf.Tensor4D, 1, "same"));
    const logits = tf.matMul<tf.Tensor2D>(tf.mean(group, [1, 2]), params.weight as tf.Tensor2D);
    return { logits, groups: [group], stats: {} };
  },
};
const model = network === "plain" ? plain : wideResNet({ depth: 10, width: 0.25, numClasses: 10 });

const optimizer = sgd({ weightDecay: 5e-4 });
const step = jit(trainStep({
  model,
  optimizer,
  loss: ({ student, batch }) => ({ cross_entropy: crossEntropy(student.logits, batch.labels) }),
  ...(workers && { workers, syncBatchNorm: network === "synchronised" }),
}));

const size = parts.reduce((sum, part) => sum + part, 0);
const own = workers ? parts[rank]! : size;
// A worker without an image of its own has the first, which does not count.
const count = Math.max(own, 1);
const worker = own === 0 ? { examples: tf.scalar(0) } : undefined;
const begin = workers && own > 0 ? parts.slice(0, rank).reduce((sum, part) => sum + part, 0) : 0;
let state = startState(model.init(3), optimizer);
const losses: number[] = [];
const corrects: number[] = [];
for (let i = 0; i < 50; i++) {
  const all = tf.randomNormal([size, 8, 8, 3], 0, 1, "float32", i + 1);
  const images = tf.slice(all, [begin, 0, 0, 0], [count, -1, -1, -1]) as tf.Tensor4D;
  const labels = tf.tensor1d(
    Array.from({ length: count }, (_, j) => (i + begin + j) % 10),
    "int32",
  );
  const result = await step(state, { images, labels, ...(worker && { worker }) }, {
    learningRate: tf.scalar(0.1),
  });
  state = result.state;
  losses.push(result.loss.dataSync()[0]!);
  corrects.push(result.correct.dataSync()[0]!);
}
const values = Object.fromEntries(
  Object.entries({ ...state.params, ...state.buffers }).map((
    [key, tensor],
  ) => [key, [...tensor.dataSync()]]),
);
console.log(JSON.stringify({ losses, corrects, values }));
// Whoever ends first would break off what the others still read from it.
if (workers) await jit(allReduce)(tf.scalar(0)).catch(() => {});
Deno.exit(0); // TensorFlow's server would keep the process alive
