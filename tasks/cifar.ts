/**
 * `deno task cifar`: trains a network on CIFAR, alone or from a teacher.
 *
 * @module
 */
import { type CifarName, loadCifar } from "../lib/data/cifar.ts";
import { dataDigest, holdOut } from "../lib/data/split.ts";
import { UserError } from "../lib/errors.ts";
import { pretrainedNetworks } from "../lib/networks/pretrained.ts";
import { accuracy, meanLoss } from "../lib/train/meter.ts";
import { cifarRun, cifarTestBatches, normalizationOf } from "./run/cifar_run.ts";
import { cifarCommand, type CifarOptions } from "./cli/cifar_options.ts";
import { runCommand } from "./cli/main.ts";
import { recipeLines } from "./cli/recipes.ts";
import { startEngine } from "./cli/engine.ts";
import { type Data, ownData } from "./run/own_data.ts";
import { importNetwork, type OwnNetwork } from "./run/own_network.ts";
import { evaluateNetwork, trainStudent } from "./run/train_student.ts";
import { beginRun } from "./run/begin_run.ts";
import { startWorkers } from "./run/workers.ts";

if (import.meta.main) await runCommand(cifarCommand, runCifar);

/** Does what the options say. */
export async function runCifar(options: CifarOptions): Promise<void> {
  if (options.listRecipes) console.log(recipeLines().join("\n"));
  else if (options.listPretrained) await listPretrained();
  else if (options.evaluate) await evaluate(options);
  else await train(options);
}

async function listPretrained(): Promise<void> {
  for (const { name, title } of await pretrainedNetworks()) console.log(`${name}: ${title}`);
}

async function train(options: CifarOptions): Promise<void> {
  const { model, network, depth, width } = options;
  const name = model ?? (network === "wrn" ? `wrn_${depth}_${width}` : network);
  const { folder, worker } = await beginRun(options, name);
  const engine = await startEngine({ ...options, worker });
  const { data, own } = await load(options);
  const parts = split(data, options);
  const team = worker && startWorkers(worker);
  const place = { folder, engine, dataDigest: await dataDigest(data), team };
  await trainStudent(cifarRun(options, parts, place, own));
}

async function evaluate(options: CifarOptions): Promise<void> {
  await startEngine(options);
  const data = split((await load(options)).data, options);
  const { test, name } = await evaluateNetwork({
    options,
    images: options.dataset,
    numClasses: data.test.classes.length,
    imageShape: [data.test.height, data.test.width, data.test.channels],
    normalization: normalizationOf(data, options).normalization,
    testBatches: () => cifarTestBatches(data, options),
  });
  const stats = { test_loss: meanLoss(test), test_acc: accuracy(test), network: name };
  console.log(`json_stats: ${JSON.stringify(stats)}`);
}

/** The data, and the network if it is one of the user's own, whose file may need the engine. */
async function load(
  { dataset, dataroot, model }: CifarOptions,
): Promise<{ data: Data; own: OwnNetwork | undefined }> {
  const own = model === undefined ? undefined : await importNetwork(model);
  if (own && dataset === "own") return { data: await ownData(own), own };
  if (own?.data && dataset === "CIFAR10") {
    console.error(`note: ${own.file} exports data, which --dataset own would use`);
  }
  // The launcher has already downloaded what was missing.
  const name = dataset as CifarName;
  const data = await loadCifar({ dataset: name, dataroot, log: (line) => console.error(line) });
  return { data, own };
}

/** The images to train on and to evaluate on. */
function split(data: Data, { dataset, holdout }: CifarOptions): Data {
  if (holdout === undefined) return data;
  const { size } = data.train;
  if (holdout < size) return { ...data, ...holdOut(data, holdout) };
  throw new UserError(
    `Cannot hold out ${holdout} of the ${size} training images of ${dataset}: use a smaller --holdout`,
  );
}
