/**
 * Trains on data of one's own: any loop that gives tensors will do, here over an asynchronous
 * generator. The class of an image says in which half of it a bright square is.
 *
 *     deno run --allow-all examples/own_data.ts
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import * as at from "@attention-transfer/core";

await at.useTensorFlow();

const [batchSize, side] = [32, 16];

/** Batches as they might come from a file or a server. */
async function* batches(count: number): AsyncGenerator<at.TensorBatch> {
  const random = at.randomStream(0);
  for (let i = 0; i < count; i++) {
    await Promise.resolve(); // here one would wait for the next part of the data
    const labels = Int32Array.from({ length: batchSize }, () => random.integer(2));
    const images = new Float32Array(batchSize * side * side * 3);
    labels.forEach((label, example) => {
      const [top, left] = [
        random.integer(side - 4),
        label * side / 2 + random.integer(side / 2 - 4),
      ];
      for (let pixel = 0; pixel < 16; pixel++) {
        const row = example * side + top + (pixel >> 2);
        images.fill(
          1,
          (row * side + left + pixel % 4) * 3,
          (row * side + left + pixel % 4 + 1) * 3,
        );
      }
    });
    yield {
      images: tf.tensor4d(images, [batchSize, side, side, 3]),
      labels: tf.tensor1d(labels, "int32"),
    };
  }
}

const model = at.wideResNet({ depth: 10, width: 0.25, numClasses: 2 });
const optimizer = at.sgd();
const step = at.jit(at.trainStep({
  model,
  optimizer,
  loss: ({ student, batch }) => ({ cross_entropy: at.crossEntropy(student.logits, batch.labels) }),
}));
const state = at.startState(model.init(0), optimizer);
for await (const { loss } of at.train({ step, state, batches: batches(30), learningRate: 0.1 })) {
  console.log(`loss ${loss.toPrecision(3)}`);
}
