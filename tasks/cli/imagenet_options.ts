/**
 * The command line of `deno task imagenet`.
 *
 * @module
 */
import { reads, readsNetwork } from "./access.ts";
import type { Command } from "./help.ts";
import { checkModelFlag, checkSgeFlags, sgeFlags } from "./network_options.ts";
import { choice, group, integer, number, type OptionValues, path } from "./option_kinds.ts";
import { imagenetBatchSize } from "./recipes.ts";
import { UsageError } from "./usage_error.ts";
import {
  checkTrainingOptions,
  ignoredOptions,
  restoreOptions,
  trainingOptions,
} from "./training_options.ts";

const imagenetOptions = {
  ...group("Data", {
    imagenetpath: path({
      placeholder: "DIR",
      access: reads,
      help: "folder with train/CLASS/IMAGE and val/CLASS/IMAGE: ImageNet or your own " +
        "classes",
    }),
    imageSize: integer({
      default: 224,
      min: 33,
      max: 16384,
      help: "height and width of the network's input",
    }),
    resize: integer({
      default: 256,
      min: 33,
      max: 16384,
      help: "shorter side of an image in evaluation, before the centre crop",
    }),
    colorJitter: number({
      default: 0,
      min: 0,
      max: 1,
      help: "random change of brightness, contrast and saturation, from 0 to this",
    }),
    maxImagePixels: integer({
      default: 67_108_864,
      min: 1,
      max: 178_956_970,
      help: "skip images with more pixels; decoding needs up to 12 bytes per pixel",
    }),
    decodeThreads: integer({
      min: 1,
      max: 1024,
      help: "images to decode at the same time; default: one per processor",
    }),
  }),
  ...group("Network", {
    depth: integer({
      default: 18,
      form: {
        says: "that is 18, 34, 50 or 101",
        holds: (depth) => [18, 34, 50, 101].includes(depth),
      },
      help: "depth of the ResNet: 18, 34, 50 or 101",
    }),
    width: number({ default: 1, above: 0, max: 100, help: "widening factor" }),
    finetune: path({
      placeholder: "FILE",
      access: reads,
      help: "start from these parameters with a new classifier",
    }),
    ...sgeFlags,
  }),
  ...trainingOptions,
  ...group("Teacher and methods", {
    teacherParams: path({
      placeholder: "FILE",
      access: readsNetwork,
      help: "file of the teacher's parameters, instead of --teacher-id",
    }),
    classMapSize: { ...trainingOptions.classMapSize, default: 4 },
  }),
  epochs: { ...trainingOptions.epochs, default: 100 },
  epochStep: { ...trainingOptions.epochStep, default: [30, 60, 90] },
  lrDecayRatio: { ...trainingOptions.lrDecayRatio, default: 0.1 },
  weightDecay: { ...trainingOptions.weightDecay, default: 1e-4 },
  batchSize: { ...trainingOptions.batchSize, default: imagenetBatchSize },
  ...group("Machine", {
    engine: choice(["auto", "tensorflow"], {
      default: "auto",
      help: "engine that computes",
    }),
  }),
  ...ignoredOptions,
};

export type ImagenetOptions = OptionValues<typeof imagenetOptions>;

export const imagenetCommand: Command<typeof imagenetOptions> = {
  name: "imagenet",
  summary: "Trains a ResNet on ImageNet or on your own folder of classes, alone or from a " +
    "teacher. Options can be written in kebab-case or snake_case.",
  options: imagenetOptions,
  check: (values) => {
    const { teacherId, teacherParams, imagenetpath, imageSize, resize, finetune } = values;
    if (imagenetpath === undefined) {
      throw new UsageError("--imagenetpath DIR is missing: name the folder of train/ and val/");
    }
    if (teacherId !== undefined && teacherParams !== undefined) {
      throw new UsageError(
        "--teacher-id and --teacher-params name two teachers: use only one of them",
      );
    }
    if (resize < imageSize) {
      throw new UsageError(
        `--resize ${resize} is less than --image-size ${imageSize}, and must hold it`,
      );
    }
    const { init, resume, evaluate } = values;
    if (finetune !== undefined && (init !== undefined || resume !== undefined || evaluate)) {
      throw new UsageError(
        "--finetune starts a run, and goes with none of --init, --resume and --evaluate",
      );
    }
    if (values.cacheTeacher) {
      throw new UsageError(
        "--cache-teacher needs images that stay the same, and here every epoch crops them again: " +
          "remove it",
      );
    }
    checkTrainingOptions({ ...values, teacherId: teacherId ?? teacherParams });
    checkSgeFlags(values);
    checkModelFlag(values);
  },
  defaults: async (values) => {
    const restored = await restoreOptions(imagenetOptions, values);
    if (values.teacherId === undefined && values.teacherParams === undefined) return restored;
    // Both options name the teacher: a given one replaces whichever the run had.
    const { teacher_id: _, teacher_params: __, ...others } = restored ?? {};
    return others;
  },
  examples: [
    "deno task imagenet --imagenetpath ~/imagenet --depth 18 --save logs/resnet_18",
    "deno task imagenet --imagenetpath ~/imagenet --depth 18 --width 1 " +
    "--teacher_params resnet-34-export.hkl --beta 1e+3",
    "deno task imagenet --imagenetpath ~/imagenet --evaluate --params resnet50.pth",
    "deno task imagenet --imagenetpath ~/birds --finetune resnet18.pth --lr 0.01 --epochs 30",
  ],
};
