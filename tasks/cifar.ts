/**
 * `deno task cifar`: trains a WideResNet on CIFAR, alone or from a teacher.
 *
 * @module
 */
import { evalBatches, trainBatches } from "../lib/data/batches.ts";
import { type Cifar, loadCifar } from "../lib/data/cifar.ts";
import { NORMALIZATION } from "../lib/data/normalize.ts";
import { accuracy, meanLoss } from "../lib/training/meter.ts";
import { cifarCommand, type CifarOptions } from "./cli/cifar_options.ts";
import { runCommand } from "./cli/main.ts";
import { sgeOptions } from "./cli/network_options.ts";
import { bytesProgress } from "./cli/progress.ts";
import { startEngine } from "./engine.ts";
import { wideResNetArchitecture } from "./network.ts";
import { defaultFolder, evaluateNetwork, trainStudent } from "./train_student.ts";
import { checkRunFolder } from "./run_folder.ts";

/** Images an evaluation step: more than a training step has, since no gradients take room. */
const evalBatchSize = 500;

await runCommand(cifarCommand, async (options) => {
  if (options.evaluate) await evaluate(options);
  else await train(options);
});

async function train(options: CifarOptions): Promise<void> {
  const { depth, width, bnWeight, normalization, resume } = options;
  const folder = resume ?? options.save ?? defaultFolder(`wrn_${depth}_${width}`);
  await checkRunFolder(folder, resume !== undefined);
  const data = await load(options);
  const student = wideResNetArchitecture({
    depth,
    width,
    numClasses: data.train.classes.length,
    batchNormWeight: bnWeight,
    ...sgeOptions(options),
  });
  const { size, height, width: imageWidth, channels } = data.train;
  await trainStudent({
    options,
    task: cifarCommand.name,
    folder,
    engine: await startEngine(options),
    student,
    size,
    imageShape: [height, imageWidth, channels],
    normalization,
    teacher: options.teacherId,
    trainBatches: (epoch, first) =>
      trainBatches(data.train, {
        batchSize: options.batchSize,
        seed: options.seed,
        epoch,
        first,
        pad: options.randomcropPad,
        padMode: options.padding,
        normalization: NORMALIZATION[normalization],
      }),
    testBatches: () => testBatches(data, options),
    wholeImages: () =>
      evalBatches(data.train, {
        batchSize: options.batchSize,
        normalization: NORMALIZATION[normalization],
      }),
  });
}

async function evaluate(options: CifarOptions): Promise<void> {
  const data = await load(options);
  await startEngine(options);
  const { test, name } = await evaluateNetwork({
    options,
    images: options.dataset,
    numClasses: data.test.classes.length,
    normalization: options.normalization,
    testBatches: () => testBatches(data, options),
  });
  const stats = { test_loss: meanLoss(test), test_acc: accuracy(test), network: name };
  console.log(`json_stats: ${JSON.stringify(stats)}`);
}

async function load({ dataset, dataroot }: CifarOptions): Promise<Cifar> {
  let progress: ReturnType<typeof bytesProgress> | undefined;
  const data = await loadCifar({
    dataset,
    dataroot,
    log: (line) => console.error(line),
    progress: (received, total) => {
      progress ??= bytesProgress({ label: dataset, ...(total !== undefined && { total }) });
      progress.update(received);
    },
  });
  progress?.stop();
  return data;
}

function testBatches(data: Cifar, { normalization }: CifarOptions) {
  return evalBatches(data.test, {
    batchSize: evalBatchSize,
    normalization: NORMALIZATION[normalization],
  });
}
