/**
 * The command line of `deno task bench`.
 *
 * @module
 */
import { maxThreads } from "../../lib/backend/thread_numbers.ts";
import type { Command } from "../cli/help.ts";
import { flagName } from "../cli/flags.ts";
import { UsageError } from "../cli/usage_error.ts";
import { firstGiven } from "../cli/given.ts";
import { choice, flag, group, integer, type OptionValues, text } from "../cli/option_kinds.ts";

const benchOptions = {
  ...group("What to measure", {
    cases: choice(["cifar", "methods", "imagenet", "performance", "none"], {
      default: "cifar",
      help: "steps to time: CIFAR, every method on CIFAR, ImageNet, " +
        "a selection of all, or none",
    }),
    only: text({
      placeholder: "TEXT",
      help: "time only the steps of --cases whose name contains this, such as AT",
    }),
    peakMemory: flag({
      help: "also measure the peak memory of every program, each in its own process (Linux " +
        "only)",
    }),
    epoch: flag({
      help: "also time whole epochs on CIFAR-10: augmentation, steps, evaluation, log; " +
        "PyTorch's with several ways to load images",
    }),
    epochTeacher: flag({ help: "use a WRN-16-2 teacher in these epochs, with AT and KD" }),
    epochImages: integer({
      default: 6400,
      min: 128,
      help: "training images of an epoch; test images are a fifth of that",
    }),
    dataroot: text({
      placeholder: "DIR",
      help: "folder with CIFAR-10's files for epochs and --gpu; default: the sample",
    }),
    startUp: flag({ help: "also time a command from its start to its first step" }),
    efficiency: flag({
      help: "also measure arithmetic per second of a step and its convolutions, relative to" +
        " a large matrix product",
    }),
    growth: text({
      placeholder: "DIR",
      help: "also time steps over batch, width, depth and threads; write plots and points " +
        "to this folder",
    }),
    images: text({
      placeholder: "DIR",
      help: "also time decoding the images of this folder of classes, beside torchvision",
    }),
    workers: integer({
      min: 2,
      help: "also time this many processes, of one thread each, that train together, beside one " +
        "process and beside PyTorch; and their all-reduce alone",
    }),
    backends: flag({
      help: "also time a step of WRN-10-1 on tfjs's wasm and webgpu backends, beside one that is " +
        "written with tfjs alone",
    }),
    gpu: flag({
      help:
        "check a GPU, and nothing else, in under six minutes: what doctor finds, parity, steps " +
        "op by op and by XLA beside PyTorch and JAX, memory, images, a training run; without a " +
        "GPU, a smaller check on the CPU",
    }),
  }),
  ...group("How to measure", {
    precision: choice(["float32", "bfloat16"], {
      default: "float32",
      help: "precision of our steps and of PyTorch's, which uses torch.autocast for bfloat16",
    }),
    quick: flag({
      help: "measure less: 3 rounds of 3 steps; with --gpu only what shows that it works",
    }),
    rounds: integer({
      default: 8,
      min: 1,
      help: "rounds, each of which times every program in turn; epochs, start-up and growth take " +
        "half of them",
    }),
    steps: integer({ default: 5, min: 1, help: "steps of each program per round" }),
    threads: integer({
      default: navigator.hardwareConcurrency,
      min: 1,
      max: maxThreads,
      help: "processor threads for our programs and for PyTorch's",
    }),
    opThreads: integer({
      min: 1,
      max: maxThreads,
      help: "ops that TensorFlow runs at the same time; default: as in the tasks",
    }),
    python: text({
      default: "python3",
      placeholder: "PROGRAM",
      help: "Python with PyTorch (pip install -r tasks/bench/requirements.txt)",
    }),
    out: text({
      placeholder: "FILE",
      help: "write all times to this JSON file; default: none, and gpu.json with --gpu",
    }),
    serve: flag({
      help: "internal: answer requests on standard input (used by the benchmark itself)",
    }),
    section: text({ placeholder: "JSON", help: "internal: run this section of --gpu" }),
  }),
};

/** What `--gpu` measures in ways of its own. */
const notOfGpu = [
  ...["cases", "only", "peakMemory", "epoch", "startUp", "efficiency", "growth", "images"],
  ...["workers", "backends", "precision", "rounds", "steps"],
] as const;

/** The values of `deno task bench`'s options. */
export type BenchOptions = OptionValues<typeof benchOptions>;

export const benchCommand: Command<typeof benchOptions> = {
  name: "bench",
  summary: "Times whole training steps (forward, losses, backward, update), in turns with " +
    "PyTorch's eager, channels_last and compiled modes if PyTorch is installed.",
  options: benchOptions,
  check: (values) => {
    const { epoch, gpu, quick } = values;
    const without: [useless: boolean, names: readonly (keyof BenchOptions)[], why: string][] = [
      [!epoch, ["epochTeacher", "epochImages"], "without --epoch"],
      [!epoch && !gpu, ["dataroot"], "without --epoch or --gpu"],
      [quick, ["rounds", "steps"], "with --quick"],
      [gpu && !values.serve, notOfGpu, "with --gpu"],
    ];
    for (const [useless, names, why] of without) {
      const given = firstGiven(values, names);
      if (!useless || given === undefined) continue;
      throw new UsageError(`${flagName(given)} has no effect ${why}: remove it`);
    }
  },
  examples: [
    "deno task bench",
    "deno task bench --quick --python ~/venv/bin/python",
    "deno task bench --cases methods --only LSKD",
    "deno task bench --cases performance --precision bfloat16 --peak-memory",
    "deno task bench --cases none --epoch --start-up --out times.json",
    "deno task bench --cases none --growth growth",
    "deno task bench --cases none --workers 2",
    "deno task bench --gpu --out gpu.json",
  ],
};
