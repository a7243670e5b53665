/**
 * Shared by all training tasks: builds student, teacher, loss and run from the options.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { basename } from "@std/path";
import { batchCount } from "../../lib/data/batches.ts";
import { withMixing } from "../../lib/data/mixing.ts";
import { type Part, whole } from "../../lib/data/part.ts";
import { jit } from "../../lib/jit/mod.ts";
import { UserError } from "../../lib/errors.ts";
import { transferLoss } from "../../lib/methods/transfer_loss.ts";
import { countParameters, type Tensors } from "../../lib/params.ts";
import { stopsEarly } from "../../lib/train/best.ts";
import { evaluateAll } from "../../lib/train/evaluate.ts";
import { isDone, type TrainOptions } from "../../lib/train/loop.ts";
import { startPosition } from "../../lib/train/position.ts";
import { describeMachine } from "./run_log.ts";
import { divergence, type Meter } from "../../lib/train/meter.ts";
import type { Batches } from "../../lib/train/pipeline.ts";
import { type Optimizer, sgd } from "../../lib/train/sgd.ts";
import { type TeacherCache, withCached } from "../../lib/train/teacher_cache.ts";
import { termGradientNorms } from "../../lib/train/term_gradients.ts";
import { evalStep } from "../../lib/train/eval_step.ts";
import { trainStep } from "../../lib/train/train_step.ts";
import { startState, type TrainState } from "../../lib/train/train_state.ts";
import { UsageError } from "../cli/usage_error.ts";
import { flagName } from "../cli/flags.ts";
import { mixesImages } from "../cli/optimizer_options.ts";
import { toLog } from "../cli/options.ts";
import { checkForWorkers, type TrainingOptions } from "../cli/training_options.ts";
import { ofOneWorker } from "../cli/resumed_options.ts";
import { checkRelations, scheduleLines, scheduleOf, workerNotes } from "./forecast.ts";
import {
  checkTrainedWith,
  loadNetwork,
  placeAt,
  saveNetwork,
  startFrom,
} from "../../lib/networks/network.ts";
import { explainingMemory, smallerBatches } from "./out_of_memory.ts";
import { withParams } from "./own_network.ts";
import { checkProfileFile } from "../profile/profile.ts";
import { checkNetworkKind, checkResumed, resumeRun } from "./resume.ts";
import { holdRunFolder } from "./run_folder.ts";
import { followTraining, type RunOptions, runTraining } from "./training_run.ts";
import type { StudentRun } from "./student_run.ts";
import { prepareTransfer, type Transfer } from "./transfer.ts";
import type { Fact } from "./workers.ts";

/** Trains a student as the options say, and writes the results to the run folder. */
export async function trainStudent(run: StudentRun): Promise<void> {
  const { options, folder, student, size, team } = run;
  const { resume } = options;
  if (options.profile !== undefined) await checkProfileFile(options.profile);
  checkForRun(run);
  if (resume !== undefined) await checkResumed(resume, student);
  for (const line of checkRelations(options, size)) console.error(line);
  for (const line of team ? workerNotes(options) : []) console.error(line);
  const params = await firstParams(run);
  const transfer = await prepareTransfer(run, params);
  const optimizer = optimizerOf(options);
  const average = options.ema !== undefined;
  const first = startState(params, optimizer, transfer.lossParams, { average });

  const part = team?.part ?? whole;
  using _held = part.rank === 0 ? await holdRunFolder(folder, resume !== undefined) : undefined;
  const start = await sameStart(run, transfer, await firstState(run, first, transfer.file));
  const { position } = start;
  const settings = settingsOf(run, transfer, countParameters(params));
  console.error(
    `student: ${student.name}, ${settings.metrics.n_parameters} parameters; ` +
      `${size} training images, ${settings.stepsPerEpoch} steps an epoch; run folder: ${folder}`,
  );
  for (const line of scheduleLines(options)) console.error(line);
  if (isDone(position, options)) {
    const { epoch, steps } = position;
    const see = stopsEarly(position, options.earlyStop)
      ? "--early-stop"
      : epoch < options.epochs
      ? "--max-steps"
      : "--epochs";
    console.error(`nothing left to do: ${epoch} epochs and ${steps} steps are done; see ${see}`);
    return;
  }
  const cache = transfer.fillCache &&
    await explainingMemory(smallerBatches(position), transfer.fillCache);
  const trained: RunOptions = {
    ...run,
    ...settings,
    ...compiledFunctions(run, transfer, optimizer),
    ...start,
    resumed: resume === undefined ? undefined : position,
    trainBatches: trainBatchesOf(run, part, cache),
    wholeBatches: trainBatchesOf(run, whole, cache),
    testBatches: () => run.testBatches(part),
    workers: team?.agreement,
  };
  if (team && part.rank > 0) await followTraining({ ...trained, team });
  else await runTraining(trained);
}

/** Refuses options that one process, several workers or this backend cannot follow. */
function checkForRun({ options, team }: StudentRun): void {
  const ofSeveral = options.syncBatchnorm
    ? "--sync-batchnorm"
    : options.restarts > 0
    ? "--restarts"
    : undefined;
  if (ofSeveral !== undefined && !team) {
    throw new UsageError(`${ofSeveral} needs several processes: see --workers`);
  }
  // A cluster's variables can start several processes, without an option.
  if (team) checkForWorkers(options, "start one process");
  if (options.summaries && tf.getBackend() !== "tensorflow") {
    throw new UsageError("--summaries needs TensorFlow, which writes the events; see --engine");
  }
}

/** What a run needs to know and does not change. */
function settingsOf(run: StudentRun, { file: teacher }: Transfer, parameters: number) {
  const { options, student, size } = run;
  const { keep, logSteps, json, epochs, maxSteps, earlyStop } = options;
  const stepsPerEpoch = batchCount(size, options.batchSize);
  return {
    ...{ keep, logSteps, json, epochs, maxSteps, earlyStop, stepsPerEpoch },
    logged: toLog(options),
    engine: engineOf(run),
    every: options.checkpointEvery,
    summarized: options.summaries
      ? {
        network: student,
        testBatches: () => run.testBatches(whole),
        normalization: run.constants,
      }
      : undefined,
    images: size,
    networkDigest: student.own?.digest,
    teacherDigest: teacher?.digest,
    metrics: { n_parameters: parameters, num_classes: student.numClasses },
    saveStudent: (path: string, params: Tensors) =>
      saveNetwork(path, params, { ...student, normalization: run.normalization }),
    schedule: scheduleOf(options, stepsPerEpoch),
    keepsBest: options.keepBest || earlyStop !== undefined,
  };
}

/** A part of the training batches, mixed if the options say so, or with the teacher's outputs. */
function trainBatchesOf(
  { options, trainBatches }: StudentRun,
  part: Part,
  cache?: TeacherCache,
): TrainOptions["trainBatches"] {
  return (epoch, first) => {
    const batches = trainBatches(epoch, first, part);
    if (mixesImages(options)) return withMixing(batches, { ...mixingOf(options), epoch, first });
    return cache ? withCached(batches, cache) : batches;
  };
}

function optimizerOf({ weightDecay, weightDecayOn, nesterov }: TrainingOptions): Optimizer {
  const all = { weightDecay, nesterov };
  return sgd(weightDecayOn === "all" ? all : { ...all, decays: ({ rank }) => rank > 1 });
}

function mixingOf({ seed, mixup, cutmix, mixProbability: probability }: TrainingOptions) {
  return { seed, mixup: mixup || undefined, cutmix: cutmix || undefined, probability };
}

/** Where training begins, for all workers alike. */
async function sameStart(
  { options, student, size, dataDigest, team }: StudentRun,
  { file: teacher }: Transfer,
  { state, position, elapsed }: Start,
): Promise<Start> {
  if (!team) return { state, position, elapsed };
  const logged = Object.entries(toLog(options)).filter(([name]) => !ofOneWorker.includes(name));
  try {
    await team.compareStart([
      ...logged.map(([name, value]): Fact => [flagName(name), JSON.stringify(value)]),
      ["number of training images", String(size)],
      ["data set", dataDigest ?? ""],
      ["network", student.own?.digest ?? ""],
      ["teacher", teacher?.digest ?? ""],
      ["checkpoint", `that of step ${position.steps}`],
    ]);
    return { state: await team.shareState(state), position, elapsed };
  } catch (error) {
    throw await team.explain(error);
  }
}

/** Where training begins. */
type Start = Pick<RunOptions, "state" | "position" | "elapsed">;

/** The engine and processor: another processor may change the last bits. */
function engineOf({ engine }: StudentRun): string {
  return `${engine}, ${describeMachine().processor}`;
}

/** The state and position where training begins: new, or from a checkpoint. */
async function firstState(
  run: StudentRun,
  first: TrainState,
  teacher: Transfer["file"],
): Promise<Start> {
  const { options, size, dataDigest, student: { own } } = run;
  if (options.resume === undefined) return { state: first, position: startPosition() };
  return await resumeRun({
    folder: options.resume,
    options: toLog(options),
    engine: engineOf(run),
    expected: first,
    images: size,
    dataDigest,
    own,
    teacher,
  });
}

/** Compiles the training step, the evaluation, and the measurement of terms. */
function compiledFunctions(
  { options, student: { model }, team }: StudentRun,
  { teacher, methods, pairs }: Transfer,
  optimizer: Optimizer,
): Pick<RunOptions, "step" | "profile" | "evaluate" | "termNorms"> {
  const { precision, profile, labelSmoothing, clipNorm: maxNorm } = options;
  const skipsNonFinite = options.onNan === "skip";
  const loss = transferLoss({ methods, pairs, labelSmoothing });
  const { syncBatchnorm: syncBatchNorm } = options;
  const workers = team !== undefined;
  const step = jit(
    trainStep({
      ...{ model, optimizer, maxNorm, teacher, loss, skipsNonFinite, workers, syncBatchNorm },
    }),
    { precision },
  );
  return {
    step,
    profile: profile === undefined ? undefined : { file: profile, step },
    evaluate: jit(evalStep(model), { precision }),
    termNorms: options.logTerms
      ? jit(termGradientNorms({ model, loss, teacher }), { precision })
      : undefined,
  };
}

async function firstParams({ options, student, finetune }: StudentRun): Promise<Tensors> {
  const fresh = student.model.init(options.seed);
  if (finetune !== undefined) {
    const { classifier } = student.model;
    if (classifier === undefined) {
      throw new UserError(
        "Cannot start with --finetune: the network does not name its classifier, which is to be new",
      );
    }
    return await startFrom(finetune, fresh, student, classifier);
  }
  return options.init === undefined ? fresh : await startFrom(options.init, fresh, student);
}

/** What to evaluate, and on which data. */
export interface Evaluation extends Pick<StudentRun, "imageShape" | "normalization"> {
  options: Pick<TrainingOptions, "params" | "resume" | "precision" | "model">;
  /** A description of the images, for messages. */
  images: string;
  numClasses: number;
  testBatches: () => Batches;
}

/** Evaluates the network of `--params` or `--resume`. */
export async function evaluateNetwork(
  { options, images, numClasses, imageShape, normalization, testBatches }: Evaluation,
): Promise<{ test: Meter; name: string }> {
  const { params: file, resume, precision, model: own } = options;
  if (resume !== undefined && own !== undefined) await checkNetworkKind(resume, basename(own));
  const { path } = await placeAt(file ?? resume as string);
  const network = await loadNetwork(path, undefined, await withParams(own, imageShape));
  checkTrainedWith(network, normalization, path);
  if (network.numClasses !== numClasses) {
    throw new UserError(
      `Cannot evaluate ${path} on ${images}: it has ${network.numClasses} classes and there are ` +
        `${numClasses}`,
    );
  }
  const { name, model, params } = network;
  const evaluate = jit(evalStep(model), { precision });
  const test = await explainingMemory(
    "use a smaller network, or a machine with more of it",
    () => evaluateAll(evaluate, params, testBatches()),
  );
  const wrong = test.examples === 0 ? `there are no images in ${images}` : divergence(test);
  if (wrong !== undefined) {
    throw new UserError(
      `Cannot evaluate ${path}: ${wrong}; choose other parameters or images`,
      { code: "not-finite" },
    );
  }
  return { test, name };
}
