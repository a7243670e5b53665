/**
 * What a program does with the package on any runtime: networks, losses, a training step with methods,
 * parameters from and to bytes, attention maps.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
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

/** What the program found. */
export interface Results {
  losses: number[];
  map: { shape: number[]; norm: number };
  crossEntropy: number;
  /** The sum of the sizes of all parameters in each file, by its name. */
  read: Record<string, number>;
}

/** Trains for two steps on tfjs's backend of the moment, and reads files of parameters. */
export async function train(files: Record<string, Uint8Array>): Promise<Results> {
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
    losses.push(await valueOf(result.loss));
  }
  const { groups, logits } = student.f(images, state.params, "eval");
  const map = attentionMap(groups[0] as tf.Tensor4D);
  const read: Record<string, number> = {};
  for (const [name, bytes] of Object.entries(files)) {
    const params = await parseParams(bytes, { name });
    const sums = Object.values(params).map((x) => tf.sum(tf.abs(tf.cast(x, "float32"))));
    read[name] = await valueOf(tf.addN(sums));
  }
  return {
    losses,
    map: { shape: map.shape, norm: await valueOf(tf.norm(map)) },
    crossEntropy: await valueOf(crossEntropy(logits, batch.labels)),
    read,
  };
}

async function valueOf(tensor: tf.Tensor): Promise<number> {
  return (await tensor.data())[0] ?? NaN;
}
