/**
 * The options of all training tasks. The defaults are for CIFAR; other tasks override them.
 *
 * @module
 */
import { maxThreads } from "../../lib/backend/thread_numbers.ts";
import type { Json } from "../../lib/json.ts";
import { reads, readsModule, writesFile, writesFolder } from "./access.ts";
import {
  choice,
  flag,
  group,
  ignored,
  integer,
  type OptionTable,
  type OptionValues,
  path,
  text,
} from "./option_kinds.ts";
import { engineNames, isPortable } from "./engine_names.ts";
import { checkMethodSchedule } from "./method_schedule.ts";
import { checkOptimizerOptions, mixesImages, optimizerOptions } from "./optimizer_options.ts";
import { checkLogged, ofTheStart } from "./resumed_options.ts";
import { withTeacherFound } from "./teacher_place.ts";
import { UsageError } from "./usage_error.ts";
import { checkTransferOptions, flagsWithWorkers, transferOptions } from "./transfer_options.ts";

/** The teacher, the optimiser, the run folder and the machine. */
export const trainingOptions = {
  ...group("Network", {
    model: path({
      placeholder: "FILE.ts",
      access: readsModule,
      help: "train the network that this file exports as f and init; a resumed run needs it again",
    }),
  }),
  ...transferOptions,
  ...group("Training", {
    epochs: integer({ default: 200, min: 1, help: "number of epochs" }),
    batchSize: integer({ default: 128, min: 1, help: "images per step" }),
    maxSteps: integer({
      min: 1,
      help: "stop after this many steps in total, then evaluate and save",
    }),
    onNan: choice(["stop", "skip"], {
      default: "stop",
      help: "what to do if a loss or gradient is NaN or infinite: stop the run or skip the " +
        "step",
    }),
    seed: integer({
      default: 0,
      min: 0,
      max: 2 ** 32 - 1,
      help: "seed for initial parameters, order of images and augmentation",
    }),
  }),
  ...optimizerOptions,
  ...group("Run folder", {
    save: path({
      access: writesFolder,
      placeholder: "DIR",
      help: "run folder to create, for the log, curves, parameters and checkpoints; " +
        "default: named by network and time, in logs/",
    }),
    init: path({
      access: reads,
      placeholder: "FILE",
      help: "start from these parameters (a file or a run folder); missing SGE parameters " +
        "start as usual",
    }),
    resume: path({
      access: writesFolder,
      placeholder: "DIR",
      help: "continue the run in this folder from its newest checkpoint",
    }),
    checkpointEvery: text({
      default: "10m",
      placeholder: "N",
      form: {
        says: "a number of steps, such as 500, or of minutes, such as 10m",
        holds: (text) => /^[1-9]\d{0,8}m?$/.test(text),
      },
      help: "save a checkpoint every N steps, or every N minutes with an m, as in 10m; one " +
        "is also saved after each epoch",
    }),
    keep: integer({ default: 2, min: 1, max: 1000, help: "number of checkpoints to keep" }),
    logSteps: flag({ help: "write the loss of every step to steps.txt" }),
    summaries: flag({
      help:
        "after each epoch, write attention maps of four test images and histograms of weights " +
        "and SGE gates to the TensorBoard events; deno task report shows the maps",
    }),
    json: flag({ help: "print each epoch as the line of JSON that log.txt has" }),
    evaluate: flag({ help: "only evaluate the network of --resume or --params" }),
    params: path({
      access: reads,
      placeholder: "FILE",
      help: "file of parameters or run folder to evaluate",
    }),
  }),
  ...group("Several processes", {
    workers: integer({
      min: 1,
      max: 1024,
      help:
        "number of processes on this machine that train together, each with its part of every " +
        "batch; --threads is then the number of each",
    }),
    hosts: text({
      placeholder: "LIST",
      help: "addresses of the processes that train together on several machines, as in " +
        "node1:4000,node2:4000",
    }),
    rank: integer({
      min: 0,
      max: 1023,
      help: "number of this process in --hosts, counted from 0; default: from TF_CONFIG, Slurm " +
        "or Kubernetes",
    }),
    syncBatchnorm: flag({
      help:
        "normalise by the statistics of all workers' images, which gives the same as one process, " +
        "except for methods that compare images with each other",
    }),
    workerTimeout: integer({
      default: 60,
      min: 1,
      max: 86_400,
      placeholder: "SECONDS",
      help: "time after which a worker that does not answer counts as lost",
    }),
    restarts: integer({
      default: 0,
      min: 0,
      max: 1000,
      help: "how often to go on from the last checkpoint after a worker was lost",
    }),
  }),
  ...group("Machine", {
    engine: choice(engineNames, {
      default: "auto",
      help: "engine that computes: TensorFlow, or one of tfjs's backends: webgpu, wasm, or the " +
        "slow cpu",
    }),
    precision: choice(["float32", "bfloat16"], {
      default: "float32",
      help: "precision of convolutions and the layers between them; bfloat16 is faster only" +
        " on GPUs and on processors with AMX",
    }),
    threads: integer({
      min: 1,
      max: maxThreads,
      help: "number of processor threads; default: all",
    }),
    ngpu: integer({
      min: 0,
      max: 1024,
      help:
        "number of GPUs, each with a process of its own; 0: use the CPU; default: one, if there is " +
        "one",
    }),
    gpuId: text({
      placeholder: "LIST",
      form: {
        says: "numbers of GPUs, such as 0 or 0,1",
        holds: (text) => /^\d+(,\d+)*$/.test(text),
      },
      help: "the GPUs to use, by number",
    }),
    profile: path({
      access: writesFile,
      placeholder: "FILE",
      help: "profile one step first: show the time of each op and write a trace for " +
        "ui.perfetto.dev to this file",
    }),
  }),
};

export type TrainingOptions = OptionValues<typeof trainingOptions>;

/**
 * With `--resume`, the options with which the run is continued or evaluated.
 *
 * @param table The task's options.
 * @throws {UserError} If the options cannot be read, or are not options of the task.
 */
export async function restoreOptions(
  table: OptionTable,
  { resume }: Pick<TrainingOptions, "resume">,
): Promise<Record<string, Json> | undefined> {
  if (resume === undefined) return undefined;
  // Imported here because it loads tfjs, which is slow, and the launcher reads these tables too.
  const { checkpointOptions } = await import("../../lib/train/checkpoint.ts");
  const options = Object.entries(await checkpointOptions(resume));
  const restored = Object.fromEntries(options.filter(([key]) => !ofTheStart.includes(key)));
  checkLogged(table, restored, `the checkpoint of ${resume}`);
  return withTeacherFound(restored, resume);
}

/** Options of the original code that have no effect here. */
export const ignoredOptions = group("Options of the original code, without effect here", {
  cuda: ignored({ help: "use --engine" }),
  dtype: ignored({ placeholder: "NAME", help: "use --precision" }),
  nthread: ignored({
    placeholder: "N",
    help: "batches are always prepared while a step runs; see --threads",
  }),
  optimMethod: ignored({
    placeholder: "SGD",
    only: ["SGD"],
    help: "the optimiser is always SGD with momentum",
  }),
});

/**
 * Checks that the training options fit together.
 *
 * @throws {UsageError} If an option lacks or contradicts another.
 */
export function checkTrainingOptions(values: TrainingOptions): void {
  const { evaluate, resume, params, init, profile, precision, teacherPrecision, engine } = values;
  checkTransferOptions(values);
  checkOptimizerOptions(values);
  if (values.cacheTeacher && mixesImages(values)) {
    throw new UsageError(
      "--cache-teacher needs images that stay the same, and --mixup and --cutmix mix them anew " +
        "each time: remove it or them",
    );
  }
  if (profile !== undefined && (evaluate || isPortable(engine))) {
    const wrong = evaluate ? "--evaluate" : `--engine ${engine}`;
    throw new UsageError(`--profile works on training steps with TensorFlow: remove ${wrong}`);
  }
  if (isPortable(engine) && [precision, teacherPrecision].includes("bfloat16")) {
    throw new UsageError(`bfloat16 is computed by TensorFlow only: remove --engine ${engine}`);
  }
  checkWorkers(values);
  if (evaluate && (resume === undefined) === (params === undefined)) {
    throw new UsageError("--evaluate needs one of --resume DIR and --params FILE");
  }
  if (values.save !== undefined && resume !== undefined) {
    throw new UsageError(
      "Cannot use --save with --resume: a resumed run stays in its own folder; remove --save",
    );
  }
  const { betaDecay, epochStep, epochs, warmup } = values;
  if (!evaluate && warmup > epochs) {
    throw new UsageError(
      `--warmup ${warmup} is longer than the run, which has --epochs ${epochs}: use fewer epochs of ` +
        "warm-up, or more of training",
    );
  }
  const isNew = !evaluate && resume === undefined; // a run that began like this may continue
  if (isNew && betaDecay === "step" && !epochStep.some((epoch) => epoch < epochs)) {
    throw new UsageError(
      `--beta-decay step has no effect: of --epoch-step ${epochStep.join(",") || "[]"} none lies ` +
        `within --epochs ${epochs}; name epochs that do, or use --beta-decay linear`,
    );
  }
  if (!evaluate) checkMethodSchedule(values, isNew);
  if (params !== undefined && !evaluate) {
    throw new UsageError(
      "--params goes with --evaluate only; to continue a run use --resume, to start from its parameters use --init",
    );
  }
  if (init !== undefined && (evaluate || resume !== undefined)) {
    throw new UsageError("--init starts a run, and goes with neither --resume nor --evaluate");
  }
}

function checkWorkers(values: TrainingOptions): void {
  const { workers = 1, hosts } = values;
  if (workers === 1 && hosts === undefined) return;
  checkForWorkers(values, `remove it or ${workers === 1 ? "--hosts" : "--workers"}`);
}

/**
 * Refuses what several processes cannot do.
 *
 * @param advice what to do, as the end of the line.
 * @throws {UsageError} If an option asks for it.
 */
export function checkForWorkers(values: TrainingOptions, advice: string): void {
  const { restarts, save, resume } = values;
  const alone = [
    isPortable(values.engine) && `--engine ${values.engine}`,
    values.evaluate && "--evaluate",
    values.profile !== undefined && "--profile",
    values.mixup > 0 && "--mixup",
    values.cutmix > 0 && "--cutmix",
    ...flagsWithWorkers(values, "wrong"),
  ].find(Boolean);
  if (alone) throw new UsageError(`${alone} works in one process only: ${advice}`);
  if (restarts > 0 && save === undefined && resume === undefined) {
    throw new UsageError("--restarts needs the run folder: name it with --save");
  }
}
