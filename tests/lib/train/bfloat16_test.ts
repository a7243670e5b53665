/**
 * Training in bfloat16 beside training in float32, on real images.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals } from "@std/assert";
import { trainBatches } from "../../../lib/data/batches.ts";
import { loadCifar } from "../../../lib/data/cifar.ts";
import { NORMALIZATION } from "../../../lib/data/normalize.ts";
import { jit, type Precision } from "../../../lib/jit/jit.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { trainEpochs } from "../../../lib/train/loop.ts";
import { startPosition } from "../../../lib/train/position.ts";
import { meanLoss } from "../../../lib/train/meter.ts";
import { sgd } from "../../../lib/train/sgd.ts";
import { evalStep } from "../../../lib/train/eval_step.ts";
import { trainStep } from "../../../lib/train/train_step.ts";
import { startState, type TrainState } from "../../../lib/train/train_state.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { transferLoss } from "../../../lib/methods/transfer_loss.ts";
import { fuses, narrows } from "../jit/narrows.ts";

await useTensorFlow({ gpu: false });

const batchSize = 40; // 50 steps an epoch of the sample
const epochs = 10;

/** The mean loss of each epoch of WRN-10-1: of 500 steps, 50 by 50. */
async function curve(precision: Precision): Promise<number[]> {
  const { train: set } = await loadCifar({ dataset: "CIFAR10-sample" });
  const model = wideResNet({ depth: 10, width: 1, numClasses: set.classes.length });
  const optimizer = sgd();
  const loss = transferLoss({ methods: [], pairs: [] });
  const step = jit(trainStep({ model, optimizer, loss }), { precision });
  const run = trainEpochs({
    state: startState(model.init(0), optimizer),
    position: startPosition(),
    step,
    evaluate: jit(evalStep(model)),
    trainBatches: (epoch, first) =>
      trainBatches(set, {
        batchSize,
        seed: 0,
        epoch,
        first,
        pad: 4,
        padMode: "reflect",
        normalization: NORMALIZATION.paper,
      }),
    testBatches: () => [],
    schedule: () => ({ learningRate: 0.1 }),
    epochs,
  });
  const losses: number[] = [];
  let last: TrainState | undefined;
  for await (const event of run) {
    if (event.type !== "epoch") continue;
    losses.push(meanLoss(event.train));
    last = event.state;
  }
  tf.dispose(last as unknown as tf.TensorContainer);
  step.dispose();
  return losses;
}

const ignore = !narrows || !fuses;

Deno.test("500 steps in bfloat16 follow the losses of 500 in float32", { ignore }, async () => {
  const [wide, narrow] = [await curve("float32"), await curve("bfloat16")];
  assertEquals([wide.length, narrow.length], [epochs, epochs]);
  // As far apart as two seeds are: 0.03 was seen for both.
  for (const [epoch, loss] of wide.entries()) {
    assert(
      Math.abs(narrow[epoch]! - loss) < 0.08,
      `epoch ${epoch + 1}: ${narrow[epoch]} in bfloat16, ${loss} in float32`,
    );
  }
  assert(narrow.at(-1)! < narrow[0]! - 0.3, `no training took place: ${narrow}`);
});
