/**
 * Gradient-based attention transfer: the gradient of the student's loss by the images
 * follows the teacher's, which needs second derivatives.
 *
 *     deno run --allow-all examples/gradient_attention.ts
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import * as at from "@attention-transfer/core";

await at.useTensorFlow();
const { train } = await at.loadCifar({ dataset: "CIFAR10-sample" });
const [first] = at.evalBatches(train, { batchSize: 64, normalization: at.NORMALIZATION.paper });
const { images, shape, labels } = first as at.Batch;
const batch = { images: tf.tensor4d(images, shape), labels: tf.tensor1d(labels, "int32") };

const [model, big] = [0.5, 1].map((width) =>
  at.wideResNet({ depth: 10, width, numClasses: 10 })
) as [
  at.Model,
  at.Model,
];
const params = model.init(0);
const transfer = at.distill({
  student: { model, params },
  teacher: { model: big, params: big.init(1) }, // or: await at.loadParams("teacher.pth")
  methods: [at.gradientAttention({ weight: 100 })],
});
const optimizer = at.sgd();
const step = at.jit(at.trainStep({ model, optimizer, ...transfer }));
let state = at.startState(params, optimizer);
for (let i = 0; i < 10; i++) {
  const next = await step(state, batch, { learningRate: tf.scalar(0.01) });
  console.log(`gradient_attention ${next.terms.gradient_attention?.dataSync()[0]?.toPrecision(3)}`);
  state = next.state;
}
