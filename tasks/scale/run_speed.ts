/**
 * The speed of a run of one worker, from its log.
 *
 * @module
 */
import { join } from "@std/path";
import { cifarFormats } from "../../lib/data/cifar_format.ts";
import { UserError } from "../../lib/errors.ts";
import { median } from "../../lib/median.ts";
import type { WideResNetOptions } from "../../models/wide_resnet.ts";
import { cifarCommand } from "../cli/cifar_options.ts";
import { checkLogged } from "../cli/resumed_options.ts";
import { type EpochStats, readStats } from "../run/run_log.ts";

/** What the log of a run says about its steps. */
export interface RunSpeed {
  /** Milliseconds of a step of a whole batch: the median over epochs. */
  readonly stepMs: number;
  /** The images of a whole batch. */
  readonly batch: number;
  /** The student. */
  readonly network: Pick<WideResNetOptions, "depth" | "width" | "numClasses">;
  /** The epochs that the step time is from. */
  readonly epochs: number;
}

/** The options that the speed follows from. */
interface Logged {
  readonly dataset: keyof typeof cifarFormats;
  readonly holdout: number | null;
  readonly batch_size: number;
  readonly depth: number;
  readonly width: number;
  readonly network?: string;
  readonly model?: string | null;
}

/**
 * Reads the speed of a run of `deno task cifar`. Logs of `imagenet` do not say how many images there
 * are.
 *
 * @throws {UserError} If the log cannot be read, is of another task or of several workers, or has no
 * whole epoch.
 */
export async function readRunSpeed(folder: string): Promise<RunSpeed> {
  const path = join(folder, "log.txt");
  const cannot = (why: string) =>
    new UserError(`Cannot take the step time from ${path}: ${why}; give it with --step-ms`);
  const stats = await readStats(folder);
  const last = stats.at(-1);
  if (last === undefined) throw cannot("it has no epoch");
  checkLogged(cifarCommand.options, last, path);
  const wanted = ["dataset", "holdout", "batch_size", "depth", "width"];
  if (!wanted.every((name) => Object.hasOwn(last, name)) || !Number.isInteger(last.num_classes)) {
    throw cannot("it is not from deno task cifar");
  }
  const { dataset, holdout, batch_size: batch, depth, width, ...rest } = last as unknown as Logged;
  const { network: kind = "wrn", model = null } = rest;
  if (model !== null) throw cannot("it trained a network of its own, whose size is not known here");
  if (kind !== "wrn") throw cannot(`it trained ${kind}, and only WideResNets are known here`);
  if (!Object.hasOwn(cifarFormats, dataset)) throw cannot("its data set is not known here");
  if (stats.some(({ workers, hosts }) => Number(workers ?? 1) > 1 || (hosts ?? null) !== null)) {
    throw cannot("several workers trained there");
  }
  const size = cifarFormats[dataset].train.reduce((sum, { records }) => sum + records, 0);
  const images = size - (holdout ?? 0);
  const times = epochTimes(stats.filter(({ batch_size }) => batch_size === batch));
  const stepMs = 1000 * median(times) * batch / images;
  if (!(stepMs > 0 && stepMs < Infinity)) throw cannot("it has no epoch that is whole");
  const network = { depth, width, numClasses: last.num_classes };
  return { stepMs, batch, network, epochs: times.length };
}

/**
 * The training times of whole epochs, in seconds. The first epoch after a start is left out, because
 * it contains the compilation, and perhaps only the rest of an epoch; but the very first is better
 * than none.
 */
function epochTimes(stats: readonly EpochStats[]): number[] {
  const whole = stats.filter(({ epoch }, i) => epoch === (stats[i - 1]?.epoch ?? 0) + 1);
  const isFirst = (line: EpochStats) =>
    line === stats[0] || line.resume !== stats[stats.indexOf(line) - 1]?.resume;
  const later = whole.filter((line) => !isFirst(line));
  return (later.length > 0 ? later : whole.slice(0, 1)).map(({ train_time }) => train_time);
}
