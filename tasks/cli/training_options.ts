/**
 * The options that every training task has. The defaults are those of the CIFAR experiments: a task
 * with others spreads its own over them.
 *
 * @module
 */
import { maxThreads } from "../../lib/backend/thread_numbers.ts";
import type { Json } from "../../lib/json.ts";
import { reads, writesFile, writesFolder } from "./access.ts";
import {
  choice,
  flag,
  group,
  ignored,
  integer,
  integers,
  number,
  type OptionTable,
  type OptionValues,
  path,
  text,
} from "./option_kinds.ts";
import { checkLogged, ofTheStart } from "./resumed_options.ts";
import { withTeacherFound } from "./teacher_place.ts";
import { UsageError } from "./usage_error.ts";
import { checkTransferOptions, transferOptions } from "./transfer_options.ts";

/** The teacher, the optimiser, the run folder and the machine. */
export const trainingOptions = {
  ...transferOptions,
  ...group("Training", {
    epochs: integer({ default: 200, min: 1, help: "passes over the training images" }),
    epochStep: integers({
      default: [60, 120, 160],
      min: 1,
      help: "whole epochs after which the rate drops",
    }),
    lr: number({ default: 0.1, above: 0, help: "learning rate of the first epoch" }),
    lrDecayRatio: number({
      default: 0.2,
      above: 0,
      help: "what each drop multiplies the rate with",
    }),
    weightDecay: number({ default: 5e-4, min: 0, help: "of every trainable parameter" }),
    nesterov: flag({ help: "Nesterov momentum" }),
    batchSize: integer({ default: 128, min: 1, help: "images a step" }),
    maxSteps: integer({
      min: 1,
      help: "stop after so many steps of the whole run, then evaluate and save",
    }),
    onNan: choice(["stop", "skip"], {
      default: "stop",
      help:
        "what to do where a loss or a gradient is not finite: end the run, or leave that step out",
    }),
    seed: integer({
      default: 0,
      min: 0,
      max: 2 ** 32 - 1,
      help: "of the first parameters, the order of the images and their augmentation",
    }),
  }),
  ...group("Run folder", {
    save: path({
      access: writesFolder,
      placeholder: "DIR",
      help: "leave log.txt, curves.svg, the parameters and checkpoints there",
    }),
    init: path({
      access: reads,
      placeholder: "FILE",
      help: "start from these parameters, or a run's; SGE's, where they have none, start as usual",
    }),
    resume: path({
      access: writesFolder,
      placeholder: "DIR",
      help: "go on from the newest checkpoint of a run folder",
    }),
    checkpointEvery: text({
      default: "10m",
      placeholder: "N",
      form: {
        says: "a number of steps, such as 500, or of minutes, such as 10m",
        holds: (text) => /^[1-9]\d{0,8}m?$/.test(text),
      },
      help:
        "steps, or with an m minutes, between checkpoints; there is one at each epoch's end too",
    }),
    keep: integer({ default: 2, min: 1, max: 1000, help: "checkpoints to keep, the newest ones" }),
    logSteps: flag({ help: "leave the loss of every step in steps.txt" }),
    evaluate: flag({ help: "no training: evaluate what --resume or --params names" }),
    params: path({
      access: reads,
      placeholder: "FILE",
      help: "parameters, or run folder, to evaluate",
    }),
  }),
  ...group("Machine", {
    engine: choice(["auto", "tensorflow", "cpu"], { default: "auto", help: "what computes" }),
    precision: choice(["float32", "bfloat16"], {
      default: "float32",
      help: "what convolutions and the layers between them compute in; bfloat16 is fast on " +
        "processors with AMX only, and on GPUs",
    }),
    threads: integer({ min: 1, max: maxThreads, help: "processor threads; all unless given" }),
    ngpu: integer({ min: 0, max: 1024, help: "number of GPUs; what is there unless given" }),
    profile: path({
      access: writesFile,
      placeholder: "FILE",
      help: "first show what the ops of a step take, and write a trace for ui.perfetto.dev there",
    }),
  }),
};

/**
 * The options that a run goes on with, or is evaluated with, when `--resume` names one.
 *
 * @param table of the task.
 * @throws {UserError} If they cannot be read, or are none that the task has.
 */
export async function restoreOptions(
  table: OptionTable,
  { resume }: Pick<OptionValues<typeof trainingOptions>, "resume">,
): Promise<Record<string, Json> | undefined> {
  if (resume === undefined) return undefined;
  // Only here: this needs tfjs, which takes its time, and the launcher reads these tables too.
  const { checkpointOptions } = await import("../../lib/train/checkpoint.ts");
  const options = Object.entries(await checkpointOptions(resume));
  const restored = Object.fromEntries(options.filter(([key]) => !ofTheStart.includes(key)));
  checkLogged(table, restored, `the checkpoint of ${resume}`);
  return withTeacherFound(restored, resume);
}

/** The options of the original code that mean nothing here. */
export const ignoredOptions = group("Accepted for the original's sake, without effect", {
  cuda: ignored({ help: "--engine chooses what computes" }),
  dtype: ignored({ placeholder: "NAME", help: "--precision chooses it" }),
  nthread: ignored({
    placeholder: "N",
    help: "batches are prepared while a step runs; see --threads",
  }),
  gpuId: ignored({
    placeholder: "N",
    help: "the environment variable CUDA_VISIBLE_DEVICES chooses GPUs",
  }),
  optimMethod: ignored({
    placeholder: "SGD",
    only: ["SGD"],
    help: "the optimiser is SGD with momentum",
  }),
});

/**
 * Checks that the training options go together.
 *
 * @throws {UsageError} If an option lacks or contradicts another.
 */
export function checkTrainingOptions(values: OptionValues<typeof trainingOptions>): void {
  const { evaluate, resume, params, init, profile, precision, teacherPrecision } = values;
  checkTransferOptions(values);
  if (profile !== undefined && (evaluate || values.engine === "cpu")) {
    throw new UsageError(
      `--profile is of training steps on TensorFlow: leave ${
        evaluate ? "--evaluate" : "--engine cpu"
      } out`,
    );
  }
  if (values.engine === "cpu" && [precision, teacherPrecision].includes("bfloat16")) {
    throw new UsageError("bfloat16 is computed by TensorFlow only: leave --engine cpu out");
  }
  if (evaluate && (resume === undefined) === (params === undefined)) {
    throw new UsageError("--evaluate needs one of --resume DIR and --params FILE");
  }
  if (values.save !== undefined && resume !== undefined) {
    throw new UsageError(
      "--save and --resume name two run folders: a resumed run goes on in its own, so leave --save out",
    );
  }
  const { betaDecay, epochStep, epochs } = values;
  const isNew = !evaluate && resume === undefined; // a run that began so can go on
  if (isNew && betaDecay === "step" && !epochStep.some((epoch) => epoch < epochs)) {
    throw new UsageError(
      `--beta-decay step has no effect: of --epoch-step ${epochStep.join(",") || "[]"} none lies ` +
        `within --epochs ${epochs}; name epochs that do, or use --beta-decay linear`,
    );
  }
  if (params !== undefined && !evaluate) {
    throw new UsageError(
      "--params goes with --evaluate only; to go on from a run, use --resume, to start from it, --init",
    );
  }
  if (init !== undefined && (evaluate || resume !== undefined)) {
    throw new UsageError("--init starts a run, and goes with neither --resume nor --evaluate");
  }
}
