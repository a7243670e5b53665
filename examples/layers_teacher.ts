/**
 * A network of tfjs's layers as the teacher: a model of the same layers gives the outputs of some of them,
 * by their names. `jit` compiles it into the student's step.
 *
 *     deno run --allow-all examples/layers_teacher.ts
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import * as at from "@attention-transfer/core";

await at.useTensorFlow();
const { train } = await at.loadCifar({ dataset: "CIFAR10-sample" });

const conv = (name: string, filters: number, strides: number) =>
  layers.layers.conv2d({ name, filters, strides, kernelSize: 3, padding: "same" });
const model = layers.sequential({
  layers: [
    layers.layers.inputLayer({ inputShape: [32, 32, 3] }),
    conv("low", 16, 1),
    layers.layers.reLU(),
    conv("middle", 32, 2),
    layers.layers.reLU(),
    conv("high", 64, 2),
    layers.layers.reLU(),
    layers.layers.globalAveragePooling2d({}),
    layers.layers.dense({ name: "logits", units: 10 }),
  ],
}); // or: await layers.loadLayersModel(...)
const taps = ["low", "middle", "high", "logits"];
const tapped = layers.model({
  inputs: model.inputs,
  outputs: taps.map((name) => model.getLayer(name).output as layers.SymbolicTensor),
});

const student = at.wideResNet({ depth: 10, width: 0.25, numClasses: 10 });
const optimizer = at.sgd();
const step = at.jit(at.trainStep({
  model: student,
  optimizer,
  teacher: ({ images }) => {
    const outputs = tapped.apply(images) as tf.Tensor[];
    return { logits: outputs[3] as tf.Tensor, groups: outputs.slice(0, 3), stats: {} };
  },
  loss: ({ student, teacher, batch }) => ({
    ce: at.crossEntropy(student.logits, batch.labels),
    attention: { value: at.attentionTransferLoss(student.groups, teacher.groups), weight: 1000 },
  }),
}));
const options = { batchSize: 64, seed: 0, epoch: 1, pad: 4, padMode: "reflect" } as const;
const batches = at.trainBatches(train, { ...options, normalization: at.NORMALIZATION.paper });
const state = at.startState(student.init(0), optimizer);
for await (const { terms } of at.train({ step, state, batches, learningRate: 0.02 })) {
  console.log(`attention ${terms.attention.toPrecision(3)}`);
}
