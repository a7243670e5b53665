/**
 * Attention transfer between two networks of one's own. A network is a pure function of images and
 * parameters that returns its logits and the activations to compare.
 *
 *     deno run --allow-all examples/own_networks.ts
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import * as at from "@attention-transfer/core";

await at.useTensorFlow();
const { train } = await at.loadCifar({ dataset: "CIFAR10-sample" });

/** Two convolutions and a classifier. */
function network(channels: number): at.Model {
  return {
    f: (images, { conv0, conv1, fc }) => {
      const first = tf.relu(tf.conv2d(images, conv0 as tf.Tensor4D, 2, "same"));
      const second = tf.relu(tf.conv2d(first, conv1 as tf.Tensor4D, 2, "same"));
      const logits = tf.matMul(tf.mean(second, [1, 2]), fc as tf.Tensor2D) as tf.Tensor2D;
      return { logits, groups: [first, second], stats: {} };
    },
    init: (seed) => ({
      conv0: tf.randomNormal([3, 3, 3, channels], 0, 0.2, "float32", seed),
      conv1: tf.randomNormal([3, 3, channels, 2 * channels], 0, 0.1, "float32", seed + 1),
      fc: tf.randomNormal([2 * channels, 10], 0, 0.1, "float32", seed + 2),
    }),
  };
}

/** Trains a network for an epoch, and prints the terms of its loss at each step. */
async function fit(
  model: at.Model,
  params: at.Params,
  transfer: at.Distillation,
): Promise<at.Params> {
  const optimizer = at.sgd();
  const step = at.jit(at.trainStep({ model, optimizer, ...transfer }));
  let state = at.startState(params, optimizer);
  const options = { batchSize: 125, seed: 0, epoch: 1, pad: 4, padMode: "reflect" } as const;
  for (
    const batch of at.trainBatches(train, { ...options, normalization: at.NORMALIZATION.paper })
  ) {
    const [images, labels] = [
      tf.tensor4d(batch.images, batch.shape),
      tf.tensor1d(batch.labels, "int32"),
    ];
    const scalars = { learningRate: tf.scalar(0.02) };
    const result = await step(state, { images, labels }, scalars);
    const terms = Object.entries(result.terms).map(([name, term]) =>
      `${name} ${term.dataSync()[0]?.toPrecision(3)}`
    );
    console.log(terms.join(", "));
    state = result.state;
  }
  return state.params;
}

const [teacher, student] = [network(32), network(8)];
const start = { model: teacher, params: teacher.init(1) };
const alone = at.distill({ student: start, methods: [] });
const trained = { model: teacher, params: await fit(teacher, start.params, alone) };
const params = student.init(4);
const transfer = at.distill({
  student: { model: student, params },
  teacher: trained,
  methods: [at.attentionTransfer({ weight: 100 })],
});
await fit(student, params, transfer);
