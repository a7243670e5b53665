/**
 * The command line of `deno task scale`.
 *
 * @module
 */
import { join } from "@std/path";
import { mostWorkers } from "../scale/predict.ts";
import { reads } from "./access.ts";
import { cifarCommand } from "./cifar_options.ts";
import { flagName } from "./flags.ts";
import { firstGiven } from "./given.ts";
import type { Command } from "./help.ts";
import {
  flag,
  group,
  integer,
  integers,
  number,
  type Option,
  type OptionValues,
  path,
} from "./option_kinds.ts";
import { UsageError } from "./usage_error.ts";

const { depth, width } = cifarCommand.options;
/** A network is only meant if it is named. */
const noDepth: Option<number | undefined> = { ...depth, default: undefined };

const scaleOptions = {
  ...group("One worker", {
    stepMs: number({
      above: 0,
      placeholder: "MS",
      help: "measured time of a step of one worker, in milliseconds",
    }),
    batch: integer({ min: 1, help: "images of that step; default: 128" }),
    log: path({
      placeholder: "DIR",
      access: (folder) => reads(join(folder, "log.txt")),
      help:
        "run folder of cifar, trained by one process: takes step time, batch size and network " +
        "from its log",
    }),
  }),
  ...group("Several workers", {
    workers: integers({
      min: 1,
      max: mostWorkers,
      help: "numbers of workers; one number is the highest of 1, 2, 4, 8 ...; default: " +
        mostWorkers,
    }),
    totalBatch: integer({
      min: 1,
      help:
        "images of all workers in a step (strong scaling); default: each worker has as many as " +
        "the one that was measured (weak scaling)",
    }),
    fixedMs: number({
      default: 0,
      min: 0,
      placeholder: "MS",
      help: "part of the measured step that does not shrink with the batch; needs --total-batch",
    }),
  }),
  ...group("Exchange in each step", {
    gradientMb: number({
      min: 0,
      placeholder: "MB",
      help: "what each worker exchanges, in 10^6 bytes; default: the parameters and running " +
        "statistics of the network",
    }),
    depth: noDepth,
    width: { ...width, help: "widening factor" },
    bandwidthGbps: number({
      default: 10,
      above: 0,
      help: "speed of a host's link, in 10^9 bits a second",
    }),
    latencyUs: number({
      default: 50,
      min: 0,
      help: "latency of a message, in microseconds",
    }),
    overlap: number({
      default: 0,
      min: 0,
      max: 1,
      help: "part of the exchange that runs beside the backward pass; in this library it comes " +
        "after it",
    }),
  }),
  ...group("Output", {
    measured: path({
      placeholder: "FILE",
      access: reads,
      help: 'measured steps to print beside the predicted ones, as JSON: {"points": ' +
        '[{"workers": 2, "stepMs": 130}]}',
    }),
    json: flag({ help: "write the result as JSON" }),
  }),
};

export type ScaleOptions = OptionValues<typeof scaleOptions>;

export const scaleCommand: Command<typeof scaleOptions> = {
  name: "scale",
  summary: "Predicts how fast several workers would train together, and how much of their time " +
    "would be lost. It computes from the numbers below, and measures nothing.",
  options: scaleOptions,
  check: (values) => {
    checkStep(values);
    checkNetwork(values);
    const { fixedMs, totalBatch, workers } = values;
    if (fixedMs > 0 && totalBatch === undefined) {
      throw new UsageError(
        "--fixed-ms has no effect without --total-batch: each worker's batch stays the same",
      );
    }
    if (workers?.length === 0) throw new UsageError("--workers needs at least one number");
  },
  examples: [
    "deno task scale --step-ms 112 --depth 16 --width 1",
    "deno task scale --log logs/resnet_16_2_teacher --workers 64 --bandwidth-gbps 25",
    "deno task scale --step-ms 900 --batch 64 --gradient-mb 46.8 --total-batch 256 --workers 1,2,3,4",
  ],
};

function checkStep({ stepMs, batch, log }: ScaleOptions): void {
  if (stepMs === undefined && log === undefined) {
    throw new UsageError("it must be known how long a step takes: use --step-ms MS or --log DIR");
  }
  if (log === undefined) return;
  const given = stepMs !== undefined ? "stepMs" : batch !== undefined ? "batch" : undefined;
  if (given !== undefined) {
    throw new UsageError(
      `Cannot use ${flagName(given)} and --log together: the log says it; use only one of them`,
    );
  }
}

function checkNetwork(values: ScaleOptions): void {
  const { gradientMb, depth, log } = values;
  if (depth === undefined && firstGiven(values, ["width"]) !== undefined) {
    throw new UsageError("--width has no effect without --depth");
  }
  if (gradientMb !== undefined && depth !== undefined) {
    throw new UsageError(
      "Cannot use --gradient-mb and --depth together: both say what is exchanged; use only one of them",
    );
  }
  if (depth !== undefined && log !== undefined) {
    throw new UsageError(
      "Cannot use --depth and --log together: the log says the network; use only one of them",
    );
  }
  if (gradientMb === undefined && depth === undefined && log === undefined) {
    throw new UsageError(
      "it must be known how much is exchanged: use --gradient-mb MB, or --depth N and --width X",
    );
  }
}
