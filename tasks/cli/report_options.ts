/**
 * The command line of `deno task report`.
 *
 * @module
 */
import { reads, readsNetwork, writesFile } from "./access.ts";
import type { Command } from "./help.ts";
import {
  argumentList,
  choice,
  flag,
  group,
  integer,
  type OptionValues,
  path,
} from "./option_kinds.ts";
import { trainingOptions } from "./training_options.ts";
import { UsageError } from "./usage_error.ts";

/** The port of the live page, unless `--port` names another: a fixed one, so that it can be reloaded. */
export const usualPort = 6010;

/** The folder of the data sets by default. */
export const usualDataroot = "data";

/** The file that is written by default. */
export const usualFile = "report.html";

/** Which test images the networks of the runs are evaluated on. */
export const evaluationOptions = group("Evaluation", {
  dataset: choice(["CIFAR10", "CIFAR100", "CIFAR10-sample"], {
    help: "also evaluate the network of each group's first run on these test images",
  }),
  imagenetpath: path({
    placeholder: "DIR",
    access: reads,
    help: "also evaluate on the images val/CLASS/IMAGE of this folder, in the sizes of the " +
      "first run's log",
  }),
  dataroot: path({
    placeholder: "DIR",
    access: reads,
    help: "folder of the data sets; a missing data set is downloaded into it; default: " +
      usualDataroot,
  }),
  images: integer({
    min: 1,
    help:
      "only evaluate on so many test images: the first ones or, of a folder, some of each class",
  }),
  teacher: path({
    placeholder: "DIR",
    access: readsNetwork,
    help: "the teacher to compare with; default: the one that the logs name, if it is one of the " +
      "runs",
  }),
  threads: trainingOptions.threads,
});

const reportOptions = {
  ...group("Runs", {
    folders: argumentList({
      placeholder: "DIR...",
      access: reads,
      help: "run folders, or folders whose subfolders are runs",
    }),
    baseline: path({
      placeholder: "DIR",
      access: reads,
      help: "run folder of the group that the others are compared with; default: the only group " +
        "without a teacher, or else the first",
    }),
  }),
  ...evaluationOptions,
  ...group("Output", {
    out: path({
      placeholder: "FILE",
      access: writesFile,
      form: { says: "a name that ends in .html", holds: (path) => path.endsWith(".html") },
      help: `file to write; default: ${usualFile}`,
    }),
    live: flag({
      help: "serve the page on this machine alone, and follow the runs; Ctrl-C ends it",
    }),
    port: integer({
      min: 0,
      max: 65535,
      help: `port of the live page; 0 takes any that is free; default: ${usualPort}`,
    }),
  }),
};

export type ReportOptions = OptionValues<typeof reportOptions>;

export const reportCommand: Command<typeof reportOptions> = {
  name: "report",
  summary: "Compares runs on one page: curves, accuracies with their spread over seeds, paired " +
    "differences, and the options in which they differ. With --dataset or --imagenetpath also what " +
    "their networks answer on test images, and where they look.",
  options: reportOptions,
  check: (values) => {
    const { live, out, port, dataset, imagenetpath, dataroot } = values;
    if (live && out !== undefined) {
      throw new UsageError("Cannot use --live and --out together: the live page is not a file");
    }
    if (!live && port !== undefined) throw new UsageError("--port has no effect without --live");
    const evaluates = (["dataset", "imagenetpath"] as const).filter((key) =>
      values[key] !== undefined
    );
    if (evaluates.length > 1) {
      throw new UsageError(
        `Cannot evaluate on both --dataset ${dataset} and --imagenetpath ${imagenetpath}: use ` +
          "only one of them",
      );
    }
    if (live && evaluates.length > 0) {
      throw new UsageError(
        `Cannot use --live and --${evaluates[0]} together: the live page evaluates nothing`,
      );
    }
    if (dataroot !== undefined && dataset === undefined) {
      throw new UsageError("--dataroot has no effect without --dataset");
    }
    for (const key of ["images", "teacher", "threads"] as const) {
      if (values[key] !== undefined && evaluates.length === 0) {
        throw new UsageError(`--${key} has no effect without --dataset or --imagenetpath`);
      }
    }
  },
  examples: [
    "deno task report logs/resnet_16_2_teacher logs/at_16_1_16_2 --out at.html",
    "deno task report logs --baseline logs/alone-0",
    "deno task report logs/teacher logs/alone logs/at --dataset CIFAR10-sample",
    "deno task report logs/resnet_34 logs/resnet_18 --imagenetpath ~/imagenet --images 5000",
    "deno task report logs --live",
  ],
};
