/**
 * Gradient-based attention transfer: the gradient of the student's loss by the images
 * follows the teacher's, which needs second derivatives.
 *
 *     deno run --allow-all examples/gradient_attention.ts
 *
 * @module
 */
import * as at from "@attention-transfer/core";

await at.useTensorFlow();
const { train } = await at.loadCifar({ dataset: "CIFAR10-sample" });
const [batch] = at.evalBatches(train, { batchSize: 32, normalization: at.NORMALIZATION.paper });
const batches = Array<at.Batch>(10).fill(batch as at.Batch);

const model = at.wideResNet({ depth: 10, width: 0.25, numClasses: 10 });
const teacher = at.wideResNet({ depth: 10, width: 0.5, numClasses: 10 });
const [params, optimizer] = [model.init(0), at.sgd()];
const transfer = at.distill({
  student: { model, params },
  teacher: { model: teacher, params: teacher.init(1) }, // or: await at.loadParams("teacher.pth")
  methods: [at.gradientAttention({ weight: 100 })],
});
const step = at.jit(at.trainStep({ model, optimizer, ...transfer }));
const state = at.startState(params, optimizer);
for await (const { terms } of at.train({ step, state, batches, learningRate: 0.01 })) {
  console.log(`gradient_attention ${terms.gradient_attention?.toPrecision(3)}`);
}
