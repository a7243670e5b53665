/**
 * `deno task cifar`: trains a WideResNet on CIFAR, alone or from a teacher.
 *
 * @module
 */
import { join } from "@std/path";
import { batchCount, evalBatches, trainBatches } from "../lib/data/batches.ts";
import { type Cifar, loadCifar } from "../lib/data/cifar.ts";
import { NORMALIZATION } from "../lib/data/normalize.ts";
import { jit } from "../lib/engine/jit.ts";
import { UserError } from "../lib/errors.ts";
import { addPrefix, checkParams, filterParams, isTrainable, type Params } from "../lib/params.ts";
import { loadCheckpoint } from "../lib/training/checkpoint.ts";
import { evaluateAll, startPosition } from "../lib/training/loop.ts";
import { lossPrefix } from "../lib/training/loss.ts";
import { accuracy, meanLoss } from "../lib/training/meter.ts";
import { decayedWeight, steppedRate } from "../lib/training/schedule.ts";
import { sgd } from "../lib/training/sgd.ts";
import { termGradientNorms } from "../lib/training/term_gradients.ts";
import { evalStep, startState, trainStep } from "../lib/training/train_step.ts";
import type { Model } from "../models/model.ts";
import { wideResNet, type WideResNetOptions } from "../models/wide_resnet.ts";
import { cifarCommand, type CifarOptions } from "./cli/cifar_options.ts";
import { runCommand } from "./cli/main.ts";
import { toLog } from "./cli/options.ts";
import { bytesProgress } from "./cli/progress.ts";
import { attentionOf } from "./cli/transfer_options.ts";
import { startEngine } from "./engine.ts";
import {
  checkNormalization,
  groupShapes,
  loadNetwork,
  networkName,
  saveNetwork,
  startFrom,
} from "./network.ts";
import {
  checkActivations,
  checkClasses,
  loadTeacher,
  pairGroups,
  teacherFunction,
} from "./teacher.ts";
import { checkRunFolder, runTraining } from "./training_run.ts";
import { attentionLosses, initProjections, transferLoss } from "./transfer_loss.ts";

/** Images an evaluation step: more than a training step has, since no gradients take room. */
const evalBatchSize = 500;

/** `[H, W, C]`. */
const imageShape: [number, number, number] = [32, 32, 3];

await runCommand(cifarCommand, async (options) => {
  if (options.evaluate) await evaluate(options);
  else await trainStudent(options);
});

async function trainStudent(options: CifarOptions): Promise<void> {
  const { seed, batchSize, resume, epochs, epochStep } = options;
  const folder = resume ?? options.save ?? defaultFolder(options);
  await checkRunFolder(folder, resume !== undefined);
  const data = await load(options);
  const network = networkOptions(options, data.train.classes.length);
  const model = wideResNet(network);
  const optimizer = sgd(options);
  const engine = await startEngine(options);
  const fresh = model.init(seed);
  const initial = options.init === undefined
    ? fresh
    : await startFrom(options.init, fresh, network);
  const { teacher, pairs, own } = await followTeacher(options, model, initial, network.numClasses);
  const loss = transferLoss({
    ...options,
    pairs,
    attention: attentionOf(options.atMap, options.atForm),
  });

  const parameters = countParameters(initial);
  const whole = { ...initial, ...addPrefix(lossPrefix, own) };
  const { state, position } = resume
    ? await resumeFrom(resume, whole, batchSize)
    : { state: startState(whole, optimizer), position: startPosition() };
  const stepsPerEpoch = batchCount(data.train.size, batchSize);
  console.error(
    `student: ${networkName(network)}, ${parameters} parameters; ` +
      `${data.train.size} training images, ${stepsPerEpoch} steps an epoch; run folder: ${folder}`,
  );
  await runTraining({
    folder,
    logged: toLog(options),
    engine,
    figures: { n_parameters: parameters, num_classes: network.numClasses },
    attentionLosses,
    saveStudent: (path, params) =>
      saveNetwork(path, params, { ...network, normalization: options.normalization }),
    termNorms: options.logTerms ? jit(termGradientNorms({ model, loss, teacher })) : undefined,
    state,
    position,
    step: jit(trainStep({ model, optimizer, teacher, loss })),
    evaluate: jit(evalStep(model)),
    trainBatches: (epoch, first) =>
      trainBatches(data.train, {
        batchSize,
        seed,
        epoch,
        first,
        pad: options.randomcropPad,
        padMode: options.padding,
        normalization: NORMALIZATION[options.normalization],
      }),
    testBatches: () => testBatches(data, options),
    schedule: ({ epoch, batch }) => ({
      rate: steppedRate(epoch, {
        rate: options.lr,
        ratio: options.lrDecayRatio,
        drops: epochStep,
      }),
      beta: decayedWeight((epoch + batch / stepsPerEpoch) / epochs, {
        decay: options.betaDecay,
        start: options.beta,
        end: options.betaEnd,
        drops: epochStep.map((drop) => drop / epochs),
      }),
    }),
    epochs,
    stepsPerEpoch,
    maxSteps: options.maxSteps,
  });
}

function networkOptions(
  { depth, width, bnWeight, sge, sgeWeight, sgeBias, sgeNoNormalize }: CifarOptions,
  numClasses: number,
): WideResNetOptions {
  return {
    depth,
    width,
    numClasses,
    batchNormWeight: bnWeight,
    ...(sge !== undefined && {
      sge: {
        groups: sge,
        initWeight: sgeWeight,
        initBias: sgeBias,
        normalize: !sgeNoNormalize,
      },
    }),
  };
}

/** The teacher, the pairs of groups in which the student follows it, and the loss's own parameters. */
async function followTeacher(
  options: CifarOptions,
  model: Model,
  initial: Params,
  numClasses: number,
) {
  const { teacherId, normalization, atGroups, atWeights, activationBeta, seed } = options;
  if (teacherId === undefined) return { teacher: undefined, pairs: [], own: {} };
  const network = await loadTeacher(teacherId, normalization);
  checkClasses(network, teacherId, numClasses, options);
  const shapes = {
    student: groupShapes(model, initial, imageShape),
    teacher: groupShapes(network.model, network.params, imageShape),
  };
  const pairs = pairGroups(atGroups, atWeights, shapes);
  if (activationBeta > 0) checkActivations(pairs, shapes);
  return {
    teacher: teacherFunction(network, options),
    pairs,
    own: activationBeta > 0 ? initProjections(pairs, shapes, seed) : {},
  };
}

async function evaluate(options: CifarOptions): Promise<void> {
  const path = options.params ?? join(options.resume as string, "model.safetensors");
  const data = await load(options);
  await startEngine(options);
  const network = await loadNetwork(path);
  const { model, params, options: shape } = network;
  checkNormalization(network, options.normalization, path);
  const numClasses = data.test.classes.length;
  if (shape.numClasses !== numClasses) {
    throw new UserError(
      `Cannot evaluate ${path} on ${options.dataset}: it has ${shape.numClasses} classes and the ` +
        `data set has ${numClasses}`,
    );
  }
  const test = await evaluateAll(jit(evalStep(model)), params, testBatches(data, options));
  console.log(
    `json_stats: ${
      JSON.stringify({ test_loss: meanLoss(test), test_acc: accuracy(test), ...shape })
    }`,
  );
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

function testBatches(data: Cifar, { normalization }: CifarOptions) {
  return evalBatches(data.test, {
    batchSize: evalBatchSize,
    normalization: NORMALIZATION[normalization],
  });
}

function countParameters(params: Params): number {
  return Object.values(filterParams(params, isTrainable))
    .reduce((sum, tensor) => sum + tensor.size, 0);
}

function defaultFolder({ depth, width }: CifarOptions): string {
  const time = new Date().toISOString().replace(/[-:]|[.].*/g, "").replace("T", "-");
  return join("logs", `wrn_${depth}_${width}_${time}`);
}
