/**
 * What `deno task scale` computes from: its options, and what a log or a network adds to them.
 *
 * @module
 */
import { type WideResNetOptions, wideResNetShapes } from "../../models/wide_resnet.ts";
import type { ScaleOptions } from "../cli/scale_options.ts";
import { UsageError } from "../cli/usage_error.ts";
import { mostWorkers, type Setting } from "./predict.ts";
import { readRunSpeed, type RunSpeed } from "./run_speed.ts";

/** A setting, and where its numbers are from. */
export interface Inputs {
  readonly setting: Setting;
  /** Where the step time is from, in words. */
  readonly stepFrom: string;
  /** What is exchanged, in words. */
  readonly exchanged: string;
}

/**
 * Reads the setting from the options, and from the log that they name.
 *
 * @throws {UserError} If the log does not say what is needed.
 * @throws {UsageError} If the fixed part is longer than the step.
 */
export async function readInputs(options: ScaleOptions): Promise<Inputs> {
  const { log, totalBatch, fixedMs, gradientMb, bandwidthGbps, latencyUs, overlap } = options;
  const { depth, width } = options;
  const speed = log === undefined ? undefined : await readRunSpeed(log);
  const { stepMs, batch } = speed ??
    { stepMs: options.stepMs as number, batch: options.batch ?? 128 };
  if (fixedMs > stepMs) {
    throw new UsageError(
      `--fixed-ms must be at most the measured step, ${Number(stepMs.toPrecision(4))} ms, not ` +
        fixedMs,
    );
  }
  const { bytes, exchanged } = gradientMb === undefined
    ? exchangeOf(speed?.network ?? { depth: depth as number, width, numClasses: 10 })
    : { bytes: 1e6 * gradientMb, exchanged: "--gradient-mb" };
  return {
    setting: {
      ...{ stepMs, batch, totalBatch, fixedMs },
      ...{ bytes, bandwidthGbps, latencyUs, overlap },
    },
    stepFrom: speed === undefined ? "--step-ms" : `median of ${epochsText(speed.epochs)} of ${log}`,
    exchanged,
  };
}

function exchangeOf(
  network: RunSpeed["network"],
): Pick<Inputs, "exchanged"> & Pick<Setting, "bytes"> {
  const { depth, width, numClasses } = network;
  return {
    bytes: exchangedBytes(network),
    exchanged: `parameters and running statistics of WRN-${depth}-${width} with ${numClasses} ` +
      "classes, 4 bytes each",
  };
}

/**
 * The bytes that a WideResNet's workers add up in a step, in float32: gradients of all parameters, and
 * the running statistics. The loss and the counts beside them are a few numbers more.
 */
export function exchangedBytes(options: WideResNetOptions): number {
  const sizes = [...wideResNetShapes(options)]
    .map(([, shape]) => shape.reduce((product, length) => product * length, 1));
  return 4 * sizes.reduce((sum, size) => sum + size, 0);
}

function epochsText(count: number): string {
  return count === 1 ? "one epoch" : `${count} epochs`;
}

/**
 * The numbers of workers to predict for, in order: those asked for, and those measured. One number is
 * the highest of a row of doublings.
 *
 * @throws {UsageError} If there are more workers than images.
 */
export function workerCounts(
  { workers, totalBatch = Infinity }: Partial<Pick<ScaleOptions, "workers" | "totalBatch">>,
  measured: Iterable<number>,
): number[] {
  const asked = workers ?? [Math.min(mostWorkers, totalBatch)];
  const predicted = asked.length === 1 ? doublings(asked[0] as number) : asked;
  const counts = [...new Set([...predicted, ...measured])].sort((a, b) => a - b);
  const highest = counts.at(-1) as number;
  if (highest > totalBatch) {
    throw new UsageError(
      `Cannot share --total-batch ${totalBatch} among ${highest} workers: each needs an image`,
    );
  }
  return counts;
}

/** 1, 2, 4, 8 ... and the highest. */
function doublings(highest: number): number[] {
  const counts: number[] = [];
  for (let count = 1; count < highest; count *= 2) counts.push(count);
  return [...counts, highest];
}
