/**
 * What a program does with the package on any runtime: networks, losses, a training step with methods,
 * parameters from and to bytes, attention maps. Prints a line of JSON with what it found. The arguments
 * are files of parameters, which it reads as bytes.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import { attentionMap, crossEntropy } from "@attention-transfer/core/losses";
import { type Model, wideResNet } from "@attention-transfer/core/models";
import {
  attentionTransfer,
  distill,
  gradientAttention,
  knowledgeDistillation,
} from "@attention-transfer/core/methods";
import { sgd, startState, trainStep } from "@attention-transfer/core/train";
import { formatParams, type Params, parseParams } from "@attention-transfer/core/params";
import { jit } from "@attention-transfer/core";

await tf.setBackend("wasm");
const student: Model = wideResNet({ depth: 10, width: 0.25, numClasses: 10 });
const bytes: Uint8Array = await formatParams(student.init(1));
const teacher: Params = await parseParams(bytes, { name: "the teacher" });
const params = student.init(0);
const transfer = distill({
  student: { model: student, params },
  teacher: { model: student, params: teacher },
  methods: [
    attentionTransfer({ weight: 1000 }),
    gradientAttention({ weight: 100 }),
    knowledgeDistillation({ alpha: 0.9 }),
  ],
});
const optimizer = sgd({ weightDecay: 5e-4 });
const step = jit(trainStep({ model: student, optimizer, ...transfer }));
const images: tf.Tensor4D = tf.reshape(tf.sin(tf.range(0, 2 * 32 * 32 * 3)), [2, 32, 32, 3]);
const batch = { images, labels: tf.tensor1d([3, 5], "int32") };
let state = startState(params, optimizer, transfer.lossParams);
const losses: number[] = [];
for (let i = 0; i < 2; i++) {
  const result = await step(state, batch, { learningRate: tf.scalar(0.1) });
  state = result.state;
  losses.push((await result.loss.data())[0] ?? NaN);
}
const { groups, logits } = student.f(images, state.params, "eval");
const map = attentionMap(groups[0] as tf.Tensor4D);
const read: Record<string, number> = {};
for (const file of process.argv.slice(2)) {
  const name = file.replace(/^.*[/\\]/, "");
  const params = await parseParams(new Uint8Array(readFileSync(file)), { name });
  const sums = Object.values(params).map((x) => tf.sum(tf.abs(tf.cast(x, "float32"))));
  read[name] = (await tf.addN(sums).data())[0] ?? NaN;
}
console.log(JSON.stringify({
  losses,
  map: { shape: map.shape, norm: (await tf.norm(map).data())[0] },
  crossEntropy: (await crossEntropy(logits, batch.labels).data())[0],
  read,
}));
