/**
 * What an epoch costs beyond its steps: data, meters, progress.
 *
 * @module
 */
import { batchCount, trainBatches } from "../../lib/data/batches.ts";
import { loadCifar } from "../../lib/data/cifar.ts";
import { NORMALIZATION } from "../../lib/data/normalize.ts";
import { jit } from "../../lib/jit/mod.ts";
import { startPosition, train } from "../../lib/train/loop.ts";
import { sgd } from "../../lib/train/sgd.ts";
import { evalStep, startState, trainStep } from "../../lib/train/train_step.ts";
import { wideResNet } from "../../models/wide_resnet.ts";
import { transferLoss } from "../../lib/methods/transfer_loss.ts";
import type { Case } from "./cases.ts";
import type { Request } from "./ours.ts";

/** The bare step that goes with {@link loopStepTimes}, in batches that divide the sample. */
export const loopCase: Case = { depth: 16, width: 1, batch: 100 };

/**
 * Trains on the sample for some epochs, by the loop that the tasks use.
 *
 * @returns the milliseconds a step of each epoch but the first, which compiles; evaluation left out.
 */
export async function loopStepTimes(
  { loop: { depth, width, batch }, precision, epochs }: Extract<Request, { loop: Case }>,
): Promise<number[]> {
  const { train: set } = await loadCifar({ dataset: "CIFAR10-sample" });
  const model = wideResNet({ depth, width, numClasses: set.classes.length });
  const optimizer = sgd();
  const loss = transferLoss({ methods: [], pairs: [] });
  const times: number[] = [];
  const run = train({
    state: startState(model.init(0), optimizer),
    position: startPosition(),
    step: jit(trainStep({ model, optimizer, loss }), { precision }),
    evaluate: jit(evalStep(model), { precision }),
    trainBatches: (epoch) =>
      trainBatches(set, {
        batchSize: batch,
        seed: 0,
        epoch,
        pad: 4,
        padMode: "reflect",
        normalization: NORMALIZATION.paper,
      }),
    testBatches: () => [],
    schedule: () => ({ learningRate: 0.1 }),
    epochs: epochs + 1,
  });
  for await (const event of run) {
    if (event.type === "epoch" && event.position.epoch > 1) {
      times.push(event.trainTime * 1000 / batchCount(set.size, batch));
    }
  }
  return times;
}
