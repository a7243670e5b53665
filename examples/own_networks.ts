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
function network(channels: number) {
  const f = (images: tf.Tensor4D, { conv0, conv1, fc }: at.Params) => {
    const first = tf.relu(at.conv2d(images, conv0, 2));
    const second = tf.relu(at.conv2d(first, conv1, 2));
    const logits = tf.matMul(at.globalAveragePool(second), fc);
    return { logits, groups: [first, second], stats: {} };
  };
  const init = (seed: number) => ({
    conv0: tf.randomNormal([3, 3, 3, channels], 0, 0.2, "float32", seed),
    conv1: tf.randomNormal([3, 3, channels, 2 * channels], 0, 0.1, "float32", seed + 1),
    fc: tf.randomNormal([2 * channels, 10], 0, 0.1, "float32", seed + 2),
  });
  return { f, init };
}

/** Trains a network for an epoch, and prints the terms of its loss at each step. */
async function fit(
  model: at.AnyModel,
  params: at.Tensors,
  transfer: at.Distillation,
): Promise<at.Tensors> {
  const optimizer = at.sgd();
  const step = at.jit(at.trainStep({ model, optimizer, ...transfer }));
  const options = { batchSize: 125, seed: 0, epoch: 1, pad: 4, padMode: "reflect" } as const;
  const batches = at.trainBatches(train, { ...options, normalization: at.NORMALIZATION.paper });
  let trained = at.startState(params, optimizer);
  const loop = at.train({ step, state: trained, batches, learningRate: 0.02 });
  for await (const { state, terms } of loop) {
    const numbers = Object.entries(terms).map(([name, value]) => `${name} ${value.toPrecision(3)}`);
    console.log(numbers.join(", "));
    trained = state;
  }
  return trained.params;
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
