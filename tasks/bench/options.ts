/**
 * The command line of `deno task bench`.
 *
 * @module
 */
import { maxThreads } from "../../lib/backend/thread_numbers.ts";
import type { Command } from "../cli/help.ts";
import { choice, flag, group, integer, type OptionValues, text } from "../cli/option_kinds.ts";

const benchOptions = {
  ...group("What is timed", {
    cases: choice(["cifar", "methods", "imagenet", "performance", "none"], {
      default: "cifar",
      help:
        "the training steps: on CIFAR's images with a look at the loop around them, of every method " +
        "there, on ImageNet's, those that stand for all of it, or none",
    }),
    peakMemory: flag({
      help: "also the peak resident memory of every program, alone in a process (on Linux)",
    }),
    epoch: flag({
      help: "also whole epochs on CIFAR-10: augmentation, steps, evaluation, log; PyTorch's with " +
        "several ways to load images",
    }),
    epochTeacher: flag({ help: "these epochs with a teacher, WRN-16-2, by AT and KD" }),
    epochImages: integer({
      default: 6400,
      min: 128,
      help: "training images of such an epoch; it has a fifth as many test images",
    }),
    dataroot: text({
      placeholder: "DIR",
      help: "folder with CIFAR-10's files for them; without it, the sample is repeated",
    }),
    startUp: flag({ help: "also the time from a command to its first finished step" }),
    efficiency: flag({
      help:
        "also the arithmetic a second of the plain step and of its convolutions, over that of a " +
        "large matrix product",
    }),
    growth: text({
      placeholder: "DIR",
      help: "also steps over batch, width, depth and threads: pictures and points go there",
    }),
    images: text({
      placeholder: "DIR",
      help: "also the decoding of this folder of classes, in turns with torchvision's",
    }),
    memorySteps: integer({ min: 1, help: "also make so many steps and tell the memory in use" }),
  }),
  ...group("How", {
    precision: choice(["float32", "bfloat16"], {
      default: "float32",
      help: "what both compute in; PyTorch's bfloat16 is torch.autocast",
    }),
    quick: flag({ help: "3 rounds of 3 steps, and less of everything else" }),
    rounds: integer({
      default: 8,
      min: 1,
      help: "rounds, each of which times every program in turn",
    }),
    steps: integer({ default: 5, min: 1, help: "steps of each program a round" }),
    threads: integer({
      default: navigator.hardwareConcurrency,
      min: 1,
      max: maxThreads,
      help: "processor threads for both",
    }),
    opThreads: integer({
      min: 1,
      max: maxThreads,
      help: "ops that our half runs at a time; as the tasks have it unless given",
    }),
    python: text({
      default: "python3",
      placeholder: "PROGRAM",
      help: "the Python that has PyTorch (pip install -r tasks/bench/requirements.txt)",
    }),
    out: text({ placeholder: "FILE", help: "write all times there, as JSON" }),
    serve: flag({
      help:
        "be our half of the benchmark, which it starts itself: answer requests on standard input",
    }),
  }),
};

/** The values of `deno task bench`'s options. */
export type BenchOptions = OptionValues<typeof benchOptions>;

/** `deno task bench`: its options and its help. */
export const benchCommand: Command<typeof benchOptions> = {
  name: "bench",
  summary: "Times whole training steps (forward, losses, backward, update), in turns with " +
    "PyTorch's eager, channels_last and compiled ones where PyTorch is installed.",
  options: benchOptions,
  examples: [
    "deno task bench",
    "deno task bench --quick --python ~/venv/bin/python",
    "deno task bench --cases performance --precision bfloat16 --peak-memory",
    "deno task bench --cases none --epoch --start-up --out times.json",
    "deno task bench --cases none --growth growth",
  ],
};
