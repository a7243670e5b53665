/**
 * `deno task cifar`: trains a WideResNet on CIFAR, alone or from a teacher.
 *
 * @module
 */
import { type Cifar, loadCifar } from "../lib/data/cifar.ts";
import { accuracy, meanLoss } from "../lib/train/meter.ts";
import { cifarRun, cifarTestBatches } from "./run/cifar_run.ts";
import { cifarCommand, type CifarOptions } from "./cli/cifar_options.ts";
import { runCommand } from "./cli/main.ts";
import { startEngine } from "./cli/engine.ts";
import { defaultFolder, evaluateNetwork, trainStudent } from "./run/train_student.ts";
import { checkRunFolder } from "./run/run_folder.ts";

await runCommand(cifarCommand, async (options) => {
  if (options.evaluate) await evaluate(options);
  else await train(options);
});

async function train(options: CifarOptions): Promise<void> {
  const { depth, width, resume } = options;
  const folder = resume ?? options.save ?? defaultFolder(`wrn_${depth}_${width}`);
  await checkRunFolder(folder, resume !== undefined);
  const data = await load(options);
  await trainStudent(cifarRun(options, data, { folder, engine: await startEngine(options) }));
}

async function evaluate(options: CifarOptions): Promise<void> {
  const data = await load(options);
  await startEngine(options);
  const { test, name } = await evaluateNetwork({
    options,
    images: options.dataset,
    numClasses: data.test.classes.length,
    normalization: options.normalization,
    testBatches: () => cifarTestBatches(data, options),
  });
  const stats = { test_loss: meanLoss(test), test_acc: accuracy(test), network: name };
  console.log(`json_stats: ${JSON.stringify(stats)}`);
}

/** The launcher has fetched what was not there. */
function load({ dataset, dataroot }: CifarOptions): Promise<Cifar> {
  return loadCifar({ dataset, dataroot, log: (line) => console.error(line) });
}
