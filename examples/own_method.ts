/**
 * A method of one's own beside ours: between the examples of a batch, the student's features have the
 * angles of the teacher's.
 *
 *     deno run --allow-all examples/own_method.ts
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import * as at from "@attention-transfer/core";

await at.useTensorFlow();
const { train } = await at.loadCifar({ dataset: "CIFAR10-sample" });

/** Compares the cosines of the angles between the features of all pairs of examples. */
function featureAngles(weight: number): at.OutputMethod {
  const cosines = (features: tf.Tensor4D) => {
    const x = at.globalAveragePool(features);
    const unit = tf.div(x, tf.add(tf.norm(x, 2, 1, true), 1e-6));
    return tf.matMul(unit, unit, false, true);
  };
  return {
    name: "feature_angles",
    of: "outputs",
    weight,
    term: ({ student, teacher }) => {
      if (!student.features || !teacher.features) {
        throw new TypeError("the networks give no features");
      }
      return tf.mean(tf.squaredDifference(cosines(student.features), cosines(teacher.features)));
    },
  };
}

const [model, teacher] = [
  at.wideResNet({ depth: 10, width: 0.25, numClasses: 10 }),
  at.wideResNet({ depth: 10, width: 0.5, numClasses: 10 }),
];
const params = model.init(0);
const transfer = at.distill({
  student: { model, params },
  teacher: { model: teacher, params: teacher.init(1) }, // or: await at.loadParams("teacher.pth")
  methods: [at.attentionTransfer({ weight: 1000 }), featureAngles(100)],
});
const optimizer = at.sgd();
const step = at.jit(at.trainStep({ model, optimizer, ...transfer }));
const state = at.startState(params, optimizer);
const options = { batchSize: 125, seed: 0, epoch: 1, pad: 4, padMode: "reflect" } as const;
const batches = at.trainBatches(train, { ...options, normalization: at.NORMALIZATION.paper });
for await (const { terms } of at.train({ step, state, batches, learningRate: 0.02 })) {
  console.log(`feature_angles ${terms.feature_angles?.toPrecision(3)}`);
}
