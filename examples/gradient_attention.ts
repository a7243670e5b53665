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
const batch = at.toTensors(first as at.Batch);

const model = at.wideResNet({ depth: 10, width: 0.5, numClasses: 10 });
const teacher = at.wideResNet({ depth: 10, width: 1, numClasses: 10 });
const params = model.init(0);
const transfer = at.distill({
  student: { model, params },
  teacher: { model: teacher, params: teacher.init(1) }, // or: await at.loadParams("teacher.pth")
  methods: [at.gradientAttention({ weight: 100 })],
});
const optimizer = at.sgd();
const step = at.jit(at.trainStep({ model, optimizer, ...transfer }));
const state = at.startState(params, optimizer);
const batches = Array.from({ length: 10 }, () => tf.clone)
