/**
 * What all training tasks have in common: a student, perhaps a teacher, a loss of the methods that are
 * asked for, and a run that is kept in its folder.
 *
 * @module
 */
import { join } from "@std/path";
import { batchCount } from "../../lib/data/batches.ts";
import { jit } from "../../lib/jit/jit.ts";
import { UserError } from "../../lib/errors.ts";
import { compareGroups } from "../../lib/methods/groups.ts";
import { needOf } from "../../lib/methods/method.ts";
import { chosenMethods } from "../../lib/methods/table.ts";
import { teacherFunction } from "../../lib/methods/teacher.ts";
import { transferLoss } from "../../lib/methods/transfer_loss.ts";
import { isSameFile } from "../../lib/files.ts";
import { filterParams, isTrainable, type Params } from "../../lib/params.ts";
import { evaluateAll, isDone, startPosition, type TrainOptions } from "../../lib/train/loop.ts";
import { describeMachine } from "./run_log.ts";
import { divergence, type Meter } from "../../lib/train/meter.ts";
import type { Batches } from "../../lib/train/pipeline.ts";
import { sgd } from "../../lib/train/sgd.ts";
import { keptTeacher, withKept } from "../../lib/train/teacher_cache.ts";
import { termGradientNorms } from "../../lib/train/term_gradients.ts";
import { evalStep, startState, trainStep } from "../../lib/train/train_step.ts";
import type { OptionValues } from "../cli/option_kinds.ts";
import { toLog } from "../cli/options.ts";
import type { trainingOptions } from "../cli/training_options.ts";
import { attentionOf, groupNumbers, transferNotes } from "../cli/transfer_options.ts";
import { checkRelations, scheduleLines, scheduleOf } from "./forecast.ts";
import {
  checkNormalization,
  loadNetwork,
  placeAt,
  saveNetwork,
  startFrom,
  type StudentArchitecture,
} from "../../lib/networks/network.ts";
import { explainingMemory, smallerBatches } from "./out_of_memory.ts";
import { checkProfileFile } from "../profile/profile.ts";
import { checkResumed, resumeRun } from "./resume.ts";
import { holdRunFolder } from "./run_folder.ts";
import { checkClasses, loadTeacher } from "./teacher.ts";
import { cacheTeacher } from "./teacher_cache.ts";
import { type RunOptions, runTraining } from "./training_run.ts";
import { attentionLosses } from "./attention_losses.ts";

/** The options that every training task has. */
export type TrainingOptions = OptionValues<typeof trainingOptions>;

/** What a task trains, and on what. */
export interface StudentRun extends Pick<TrainOptions, "trainBatches" | "testBatches"> {
  options: TrainingOptions;
  /** The task's name. */
  task: string;
  /** The run folder. */
  folder: string;
  /** What computes, in words. */
  engine: string;
  student: StudentArchitecture;
  /** Training images. */
  size: number;
  /** `[H, W, C]` of an image. */
  imageShape: [number, number, number];
  /** The name of what images are normalised by. */
  normalization: string;
  /** The teacher's run folder or file. */
  teacher: string | undefined;
  /** A file of first parameters, the classifier left out. */
  finetune?: string | undefined;
  /** What else the log holds of an epoch. */
  moreFigures?: RunOptions["moreFigures"];
  /**
   * All training images in the order of their indices, as they are; only of a task whose training
   * images are these or flipped, as their batches then tell.
   */
  wholeImages?: () => Batches;
}

/** Trains a student as the options say, and keeps the run in its folder. */
export async function trainStudent(run: StudentRun): Promise<void> {
  const { options, folder, student, size } = run;
  const { batchSize, resume, epochs, precision } = options;
  const logged = toLog(options);
  // On another processor the last bits may be others.
  const engine = `${run.engine}, ${describeMachine().processor}`;
  const { model, numClasses } = student;
  const { weightDecay, nesterov } = options;
  const optimizer = sgd({ weightDecay, nesterov });
  if (options.profile !== undefined) await checkProfileFile(options.profile);
  if (resume !== undefined) await checkResumed(resume, student);
  for (const line of checkRelations(options, size)) console.error(line);
  const initial = await firstParams(run);
  const { teacher, file, keep, methods, pairs, lossParams } = await followTeacher(run, initial);
  const loss = transferLoss({ methods, pairs });

  const parameters = countParameters(initial);
  using _held = await holdRunFolder(folder, resume !== undefined);
  const { state, position } = resume
    ? await resumeRun({
      folder: resume,
      options: logged,
      engine,
      expected: startState(initial, optimizer, lossParams),
      images: size,
      teacher: file,
    })
    : { state: startState(initial, optimizer, lossParams), position: startPosition() };
  const skipsNonFinite = options.onNan === "skip";
  const step = jit(trainStep({ model, optimizer, teacher, loss, skipsNonFinite }), { precision });
  const stepsPerEpoch = batchCount(size, batchSize);
  console.error(
    `student: ${student.name}, ${parameters} parameters; ${size} training images, ` +
      `${stepsPerEpoch} steps an epoch; run folder: ${folder}`,
  );
  for (const line of scheduleLines(options)) console.error(line);
  if (isDone(position, options)) {
    const { epoch, steps } = position;
    console.error(`nothing left to do: ${epoch} epochs and ${steps} steps are done; see --epochs`);
    return;
  }
  const cache = keep && await explainingMemory(smallerBatches(position), keep);
  await runTraining({
    ...run,
    ...(cache && {
      trainBatches: (epoch, first) => withKept(run.trainBatches(epoch, first), cache),
    }),
    logged,
    engine,
    every: options.checkpointEvery,
    keep: options.keep,
    logSteps: options.logSteps,
    resumed: resume === undefined ? undefined : position,
    images: size,
    teacherDigest: file?.digest,
    figures: { n_parameters: parameters, num_classes: numClasses },
    attentionLosses,
    saveStudent: (path, params) =>
      saveNetwork(path, params, { ...student, normalization: run.normalization }),
    termNorms: options.logTerms
      ? jit(termGradientNorms({ model, loss, teacher }), { precision })
      : undefined,
    state,
    position,
    step,
    profile: options.profile === undefined ? undefined : { file: options.profile, step },
    evaluate: jit(evalStep(model), { precision }),
    schedule: scheduleOf(options, stepsPerEpoch),
    epochs,
    stepsPerEpoch,
    maxSteps: options.maxSteps,
  });
}

/** The student's parameters before the first step. */
async function firstParams({ options, student, finetune }: StudentRun): Promise<Params> {
  const fresh = student.model.init(options.seed);
  if (finetune !== undefined) return await startFrom(finetune, fresh, student, true);
  return options.init === undefined ? fresh : await startFrom(options.init, fresh, student);
}

/**
 * The teacher, the methods, the pairs of groups that they compare and their own parameters, and with
 * `--cache-teacher` what computes all that they need of the teacher.
 */
async function followTeacher(
  { options, folder, student, teacher: id, normalization, imageShape, size, wholeImages }:
    StudentRun,
  initial: Params,
) {
  for (const line of transferNotes({ ...options, teacherId: id })) console.error(line);
  const attention = attentionOf(options.atMap, options.atForm);
  const methods = chosenMethods(options, { temperature: options.temperature, attention });
  if (id === undefined) {
    return {
      methods,
      teacher: undefined,
      file: undefined,
      keep: undefined,
      pairs: [],
      lossParams: {},
    };
  }
  const network = await loadTeacher(id, normalization, options.resume !== undefined);
  if (await isSameFile(network.path, join(folder, "model.safetensors"))) {
    throw new UserError(
      `Cannot train in ${folder} with the teacher ${id}: the student would take its place there; ` +
        "choose another folder with --save",
    );
  }
  checkClasses(network, id, student.numClasses, options);
  const { pairs, lossParams } = compareGroups({
    student: { model: student.model, params: initial },
    teacher: network,
    methods,
    groups: options.atGroups === undefined ? undefined : groupNumbers(options.atGroups),
    groupWeights: options.atWeights,
    image: imageShape,
    seed: options.seed,
  });
  const needsMaps = methods.some((method) => needOf(method) === "maps");
  const keep = options.cacheTeacher && wholeImages
    ? () =>
      cacheTeacher(network, {
        pairs: needsMaps ? pairs : [],
        attention,
        size,
        imageShape,
        batches: wholeImages(),
        precision: options.teacherPrecision ?? options.precision,
      })
    : undefined;
  return {
    methods,
    teacher: keep ? keptTeacher : teacherFunction(network, methods, options.teacherPrecision),
    file: { path: network.path, digest: network.digest },
    ...{ keep, pairs, lossParams },
  };
}

/** What an evaluation is of. */
export interface Evaluation {
  options: Pick<TrainingOptions, "params" | "resume" | "precision">;
  /** What the images are, for messages. */
  images: string;
  numClasses: number;
  normalization: string;
  testBatches: () => Batches;
}

/** Evaluates what `--params` or `--resume` names. */
export async function evaluateNetwork(
  { options: { params: file, resume, precision }, images, numClasses, normalization, testBatches }:
    Evaluation,
): Promise<{ test: Meter; name: string }> {
  const { path } = await placeAt(file ?? resume as string);
  const network = await loadNetwork(path);
  checkNormalization(network, normalization, path);
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

function countParameters(params: Params): number {
  return Object.values(filterParams(params, isTrainable))
    .reduce((sum, tensor) => sum + tensor.size, 0);
}

/** The run folder that is made where none is named: of the network and the time. */
export function defaultFolder(network: string): string {
  const time = new Date().toISOString().replace(/[-:Z]/g, "").replace(/[T.]/g, "-");
  return join("logs", `${network}_${time}`);
}
