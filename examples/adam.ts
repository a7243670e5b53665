/**
 * A plain training loop of tfjs with its Adam, and attention transfer as one more loss in it. Nothing
 * is compiled, and the loop also works on tfjs's other backends.
 *
 *     deno run --allow-all examples/adam.ts
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import * as at from "@attention-transfer/core";

await at.useTensorFlow();
const { train } = await at.loadCifar({ dataset: "CIFAR10-sample" });
const [first] = at.evalBatches(train, { batchSize: 32, normalization: at.NORMALIZATION.paper });
const { images, labels } = at.toTensors(first as at.Batch);

const teacher = at.wideResNet({ depth: 10, width: 1, numClasses: 10 });
const goal = teacher.f(images, teacher.init(1), "eval").groups;

const student = at.wideResNet({ depth: 10, width: 0.5, numClasses: 10 });
const variables = Object.fromEntries(
  Object.entries(student.init(0)).map(([key, value]) =>
    [key, tf.variable(value, at.isTrainable(key))] as const
  ),
);
const adam = tf.train.adam(0.003);
for (let i = 0; i < 10; i++) {
  const loss = adam.minimize(() => {
    const { logits, groups, stats } = student.f(images, variables, "train");
    for (const [key, value] of Object.entries(stats)) variables[key]?.assign(value);
    const attention = tf.mul(at.attentionTransferLoss(groups, goal), 1000);
    return tf.add<tf.Scalar>(at.crossEntropy(logits, labels), attention);
  }, true);
  console.log(`loss ${loss?.dataSync()[0]?.toPrecision(3)}`);
  loss?.dispose();
}
