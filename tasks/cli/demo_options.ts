/**
 * The command line of `deno task demo`.
 *
 * @module
 */
import { reads, readsNetwork, writesFolder } from "./access.ts";
import type { Command } from "./help.ts";
import { argument, choice, flag, group, integer, type OptionValues, path } from "./option_kinds.ts";
import { UsageError } from "./usage_error.ts";

/** The port of the page, unless `--port` names another: a fixed one, so that it can be reloaded. */
export const usualDemoPort = 6011;

/** The folder that is written by default. */
export const usualDemoFolder = "demo";

/** The network that is shown by default: one that comes with the repository. */
const usualNetwork = "wrn_16_1";

const demoOptions = {
  ...group("Network", {
    network: argument({
      placeholder: "NETWORK",
      access: readsNetwork,
      default: usualNetwork,
      help: "run folder (its name under logs/, or a path), the name of a trained network in " +
        `pretrained/, or file of parameters; default: ${usualNetwork} of pretrained/`,
    }),
    normalization: choice(["paper", "repdistiller", "imagenet"], {
      help: "normalisation of the images, if the parameters do not say it; default: " +
        "imagenet for a network that begins with a 7x7 convolution, otherwise paper",
    }),
    size: integer({
      min: 8,
      max: 1024,
      placeholder: "PIXELS",
      help: "height and width of the network's input; default: 32 for networks trained on " +
        "CIFAR, else 224",
    }),
    classes: path({
      placeholder: "FILE",
      access: reads,
      help: "text file with the name of each class on a line; default: the names of CIFAR-10 for " +
        "ten classes of CIFAR, else numbers",
    }),
  }),
  ...group("Output", {
    out: path({
      placeholder: "FOLDER",
      access: writesFolder,
      help: "folder to write; it must be new, or hold an earlier page; default: " +
        usualDemoFolder,
    }),
    serve: flag({
      help: "write nothing, and serve the page on this machine alone; Ctrl-C ends it",
    }),
    port: integer({
      min: 0,
      max: 65535,
      help: `port to serve on; 0 takes any that is free; default: ${usualDemoPort}`,
    }),
  }),
};

export type DemoOptions = OptionValues<typeof demoOptions>;

export const demoCommand: Command<typeof demoOptions> = {
  name: "demo",
  summary: "Makes a page that runs a network in the browser: drop an image, and see its classes, " +
    "the attention map of each group, and the milliseconds. Any web server can serve the folder.",
  options: demoOptions,
  check: ({ serve, out, port }) => {
    if (serve && out !== undefined) {
      throw new UsageError("Cannot use --serve and --out together: serving writes no folder");
    }
    if (!serve && port !== undefined) throw new UsageError("--port has no effect without --serve");
  },
  examples: [
    "deno task demo --serve",
    "deno task demo logs/at_16_1_16_2 --out public",
    "deno task demo resnet18.pth --classes imagenet_classes.txt",
  ],
};
