/**
 * Each method's term falls in 200 steps on real images, with a trained teacher.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert } from "@std/assert";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { loadCifar } from "../../../lib/data/cifar.ts";
import { trainBatches } from "../../../lib/data/batches.ts";
import { NORMALIZATION } from "../../../lib/data/normalize.ts";
import { jit } from "../../../lib/jit/mod.ts";
import {
  classAttentionTransfer,
  correlationDistillation,
  decoupledDistillation,
  distill,
  knowledgeDistillation,
  type Method,
  reviewDistillation,
} from "../../../lib/methods/mod.ts";
import { loadNetwork } from "../../../lib/networks/network.ts";
import { sgd } from "../../../lib/train/sgd.ts";
import { train } from "../../../lib/train/train.ts";
import { startState, trainStep } from "../../../lib/train/train_step.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { long } from "../../long.ts";

const [steps, window] = [200, 20];
const methods: Record<string, Method> = {
  "LSKD, on KD": knowledgeDistillation({
    ...{ alpha: 0.9, weight: 9, temperature: 2, standardize: true },
  }),
  "LSKD, on DKD": decoupledDistillation({ weight: 9, standardize: true }),
  "DIST": correlationDistillation({ weight: 1 }),
  "CAT-KD": classAttentionTransfer({ weight: 12 }),
  "CAT-KD, raw maps": classAttentionTransfer({ weight: 0.5, normalize: false }),
  "ReviewKD": reviewDistillation({ weight: 5 }),
};

for (const [label, method] of Object.entries(methods)) {
  long.test(`${label}: the term falls in ${steps} steps on real images`, async () => {
    await useTensorFlow({ gpu: false });
    const { train: images } = await loadCifar({ dataset: "CIFAR10-sample" });
    const teacher = await loadNetwork("pretrained/wrn_16_1/model.safetensors");
    const model = wideResNet({ depth: 10, width: 0.5, numClasses: 10 });
    const params = model.init(0);
    const transfer = distill({ student: { model, params }, teacher, methods: [method] });
    const optimizer = sgd({ weightDecay: 5e-4 });
    const step = jit(trainStep({ model, optimizer, ...transfer }));
    const normalization = NORMALIZATION.paper;
    function* batches() {
      for (let epoch = 0;; epoch++) {
        yield* trainBatches(images, {
          ...{ seed: 0, epoch, pad: 4, padMode: "reflect", batchSize: 32, normalization },
        });
      }
    }
    const state = startState(params, optimizer, transfer.lossParams);
    const values: number[] = [];
    for await (
      const { terms, steps: done } of train({ step, state, batches: batches(), learningRate: 0.05 })
    ) {
      values.push((terms as Record<string, number>)[method.name] as number);
      if (done === steps) break;
    }
    step.dispose();
    const mean = (part: number[]) => part.reduce((a, b) => a + b) / part.length;
    const [first, last] = [mean(values.slice(0, window)), mean(values.slice(-window))];
    assert(values.every(Number.isFinite) && last < 0.9 * first, `from ${first} to ${last}`);
    tf.dispose(params);
  });
}
