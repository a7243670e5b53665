/**
 * `deno task cifar`: trains a WideResNet on CIFAR, alone or from a teacher.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { join } from "@std/path";
import { batchCount, evalBatches, trainBatches } from "../lib/data/batches.ts";
import { type Cifar, loadCifar } from "../lib/data/cifar.ts";
import { NORMALIZATION } from "../lib/data/normalize.ts";
import { jit } from "../lib/engine/jit.ts";
import { UserError } from "../lib/errors.ts";
import { checkParams, filterParams, isTrainable, type Params } from "../lib/params.ts";
import { loadCheckpoint } from "../lib/training/checkpoint.ts";
import { evaluateAll, startPosition } from "../lib/training/loop.ts";
import { accuracy, meanLoss } from "../lib/training/meter.ts";
import { steppedRate } from "../lib/training/schedule.ts";
import { sgd } from "../lib/training/sgd.ts";
import { evalStep, startState, trainStep } from "../lib/training/train_step.ts";
import { loadParams } from "../lib/weights.ts";
import type { ModelOutput } from "../models/model.ts";
import { wideResNet, wideResNetOptions } from "../models/wide_resnet.ts";
import { cifarCommand, type CifarOptions } from "./cli/cifar_options.ts";
import { runCommand } from "./cli/main.ts";
import { toLog } from "./cli/options.ts";
import { bytesProgress } from "./cli/progress.ts";
import { startEngine } from "./engine.ts";
import { checkRunFolder, runTraining } from "./training_run.ts";
import { attentionLosses, transferLoss } from "./transfer_loss.ts";

/** Images an evaluation step: more than a training step has, since no gradients take room. */
const evalBatchSize = 500;

await runCommand(cifarCommand, async (options) => {
  if (options.evaluate) await evaluate(options);
  else await trainStudent(options);
});

async function trainStudent(options: CifarOptions): Promise<void> {
  const { depth, width, seed, alpha, beta, temperature, batchSize, resume } = options;
  const folder = resume ?? options.save ?? defaultFolder(options);
  await checkRunFolder(folder, resume !== undefined);
  const data = await load(options);
  const numClasses = data.train.classes.length;
  const model = wideResNet({ depth, width, numClasses });
  const optimizer = sgd(options);
  const engine = await startEngine(options);
  const teacher = options.teacherId === undefined
    ? undefined
    : await loadTeacher(options.teacherId, numClasses, alpha);

  const initial = model.init(seed);
  const parameters = countParameters(initial);
  const { state, position } = resume
    ? await resumeFrom(resume, initial, batchSize)
    : { state: startState(initial, optimizer), position: startPosition() };
  const stepsPerEpoch = batchCount(data.train.size, batchSize);
  console.error(
    `student: WRN-${depth}-${width}, ${parameters} parameters; ` +
      `${data.train.size} training images, ${stepsPerEpoch} steps an epoch; run folder: ${folder}`,
  );
  await runTraining({
    folder,
    logged: toLog(options),
    engine,
    figures: { n_parameters: parameters, num_classes: numClasses },
    attentionLosses: (terms) => attentionLosses(terms, beta),
    state,
    position,
    step: jit(
      trainStep({ model, optimizer, teacher, loss: transferLoss({ alpha, beta, temperature }) }),
    ),
    evaluate: jit(evalStep(model)),
    trainBatches: (epoch, first) =>
      trainBatches(data.train, {
        batchSize,
        seed,
        epoch,
        first,
        pad: options.randomcropPad,
        padMode: "reflect",
        normalization: NORMALIZATION.paper,
      }),
    testBatches: () => testBatches(data),
    rate: (epoch) =>
      steppedRate(epoch, {
        rate: options.lr,
        ratio: options.lrDecayRatio,
        drops: options.epochStep,
      }),
    epochs: options.epochs,
    stepsPerEpoch,
    maxSteps: options.maxSteps,
  });
}

async function evaluate(options: CifarOptions): Promise<void> {
  const path = options.params ?? join(options.resume as string, "model.safetensors");
  const data = await load(options);
  await startEngine(options);
  const params = await loadParams(path);
  const shape = wideResNetOptions(params);
  if (!shape) {
    throw new UserError(`Cannot evaluate ${path}: these are no parameters of a WideResNet`);
  }
  const model = wideResNet({ ...shape, numClasses: data.test.classes.length });
  checkParams(params, model.init(0), path);
  const test = await evaluateAll(jit(evalStep(model)), params, testBatches(data));
  console.log(
    `json_stats: ${
      JSON.stringify({ test_loss: meanLoss(test), test_acc: accuracy(test), ...shape })
    }`,
  );
}

/** The teacher of a run folder, as a function of images. */
async function loadTeacher(
  id: string,
  numClasses: number,
  alpha: number,
): Promise<(images: tf.Tensor4D) => ModelOutput> {
  const folder = await isFolder(id) ? id : join("logs", id);
  const path = join(folder, "model.safetensors");
  const params = await loadParams(path).catch((error) => {
    throw new UserError(
      `Cannot use teacher ${id}: ${error.message}; train it first, with --save ${folder}`,
    );
  });
  const shape = wideResNetOptions(params);
  if (!shape) throw new UserError(`Cannot use teacher ${id}: ${path} holds no WideResNet`);
  if (alpha > 0 && shape.numClasses !== numClasses) {
    throw new UserError(
      `Cannot distil from teacher ${id}: it has ${shape.numClasses} classes and the data set has ` +
        `${numClasses}; use --alpha 0, or another teacher`,
    );
  }
  const { f, init } = wideResNet(shape);
  checkParams(params, init(0), `teacher ${id}`);
  console.error(`teacher: WRN-${shape.depth}-${shape.width} from ${path}`);
  return (images) => f(images, params, "eval");
}

async function resumeFrom(folder: string, expected: Params, batchSize: number) {
  const { state, position, options } = await loadCheckpoint(folder);
  if (position.batch > 0 && options.batch_size !== batchSize) {
    throw new UserError(
      `Cannot resume ${folder} with --batch-size ${batchSize}: it stopped within an epoch of batches ` +
        `of ${options.batch_size}; finish that epoch first`,
    );
  }
  checkParams(state.params, expected, `the checkpoint of ${folder}`);
  checkParams(state.buffers, filterParams(expected, isTrainable), `the checkpoint of ${folder}`);
  console.error(`resumed after ${position.steps} steps`);
  return { state, position };
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

function testBatches(data: Cifar) {
  return evalBatches(data.test, { batchSize: evalBatchSize, normalization: NORMALIZATION.paper });
}

function countParameters(params: Params): number {
  return Object.values(filterParams(params, isTrainable))
    .reduce((sum, tensor) => sum + tensor.size, 0);
}

function defaultFolder({ depth, width }: CifarOptions): string {
  const time = new Date().toISOString().replace(/[-:]|[.].*/g, "").replace("T", "-");
  return join("logs", `wrn_${depth}_${width}_${time}`);
}

async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
}
