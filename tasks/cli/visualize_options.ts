/**
 * The command line of `deno task visualize`.
 *
 * @module
 */
import { type Access, annotationOf, eachOf, listed, readsNetwork, writesFile } from "./access.ts";
import { cifarCommand } from "./cifar_options.ts";
import { isPortable } from "./engine_names.ts";
import { firstGiven } from "./given.ts";
import type { Command } from "./help.ts";
import { imagenetCommand } from "./imagenet_options.ts";
import {
  choice,
  group,
  integer,
  integers,
  number,
  type OptionValues,
  path,
} from "./option_kinds.ts";
import { flagName } from "./flags.ts";
import { UsageError } from "./usage_error.ts";
import { trainingOptions } from "./training_options.ts";

/** An image file and the annotation that may be beside it; or a folder. */
function readsWithBoxes(file: string): Access {
  return { read: [file, annotationOf(file)] };
}

const visualizeOptions = {
  ...group("Networks", {
    networks: path({
      placeholder: "DIR,...",
      access: eachOf(readsNetwork),
      help:
        "networks to compare: run folders (names under logs/, or paths), names in pretrained/, " +
        "or files of parameters",
    }),
    normalization: choice(["paper", "repdistiller", "imagenet"], {
      help: "normalisation of the images, if the parameters do not say it; default: " +
        "imagenet for --files, else paper",
    }),
  }),
  ...group("Images", {
    dataset: choice(["CIFAR10", "CIFAR100", "CIFAR10-sample"], {
      help: "show test images of this data set; default: CIFAR10, unless --files is given",
    }),
    dataroot: cifarCommand.options.dataroot,
    files: path({
      placeholder: "PATH,...",
      access: eachOf(readsWithBoxes),
      help: "show these JPEG or PNG files, or all in these folders; write a comma in a name" +
        " as \\,; NAME.xml beside NAME.jpg, as in ImageNet and Pascal VOC, gives object " +
        "boxes",
    }),
    images: integers({
      min: 0,
      help: "numbers of the images to show, from 0; default: the first 8 test images, or " +
        "all files",
    }),
    maxImagePixels: imagenetCommand.options.maxImagePixels,
    size: integer({
      min: 8,
      placeholder: "PIXELS",
      help: "height and width of the network's input; default: 32 for networks trained on " +
        "CIFAR, else 224",
    }),
  }),
  ...group("Maps", {
    groups: integers({ min: 0, help: "groups to show, from 0; default: all" }),
    atMap: trainingOptions.atMap,
    gateImages: integer({
      default: 100,
      min: 1,
      max: 10_000,
      help: "images for the distribution of features across the gates of SGE: the first of the " +
        "test set, or of the files shown",
    }),
    boxThreshold: number({
      default: 0.2,
      above: 0,
      max: 1,
      help: "threshold of the object box, as a fraction of the last map's maximum",
    }),
  }),
  ...group("Output and machine", {
    out: path({
      placeholder: "FILE",
      access: writesFile,
      form: {
        says: "a name that ends in .html or .svg",
        holds: (path) => /\.(html|svg)$/.test(path),
      },
      help: "file to write, .html or .svg; default: attention.html in the run folder, or " +
        "here",
    }),
    engine: trainingOptions.engine,
    threads: trainingOptions.threads,
  }),
};

export type VisualizeOptions = OptionValues<typeof visualizeOptions> & { networks: string };

export const visualizeCommand: Command<typeof visualizeOptions> = {
  name: "visualize",
  summary: "Draws where networks look: the attention map of each group over the image, the" +
    " gradient of the loss with respect to the image, and the gates of SGE with the features before and after them.",
  options: visualizeOptions,
  check: (values) => {
    const { networks, dataset, files, engine } = values;
    if (networks === undefined) {
      throw new UsageError(
        "--networks is missing: name run folders or files of parameters, such as --networks " +
          "logs/teacher,logs/student",
      );
    }
    if (listed(networks).length === 0) {
      throw new UsageError(`--networks ${networks} names no network`);
    }
    if (files !== undefined && listed(files).length === 0) {
      throw new UsageError(`--files ${files} names no file`);
    }
    if (values.images?.length === 0) throw new UsageError("--images [] names no image");
    if (files !== undefined && dataset !== undefined) {
      throw new UsageError(
        `Cannot show both --dataset ${dataset} and --files: use only one of them`,
      );
    }
    const ofFiles = ["size", "boxThreshold", "maxImagePixels"] as const;
    const without = firstGiven(values, ofFiles);
    if (files === undefined && without !== undefined) {
      throw new UsageError(`${flagName(without)} ${values[without]} has no effect without --files`);
    }
    if (files !== undefined && firstGiven(values, ["dataroot"]) !== undefined) {
      throw new UsageError(`--dataroot ${values.dataroot} has no effect with --files`);
    }
    if (files !== undefined && isPortable(engine)) {
      throw new UsageError(`Cannot use --engine ${engine} with --files: TensorFlow decodes them`);
    }
  },
  examples: [
    "deno task visualize --networks resnet_16_2_teacher --dataset CIFAR10-sample",
    "deno task visualize --networks logs/teacher,logs/student --images 0,4,17",
    "deno task visualize --networks resnet50.pth --files cat.jpg,photos --out where.svg",
  ],
};
