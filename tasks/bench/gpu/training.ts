/**
 * The training section of `deno task bench --gpu`: a short run of `deno task cifar`, and its accuracy.
 *
 * @module
 */
import { join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import { exists } from "../../../lib/files.ts";
import { type EpochStats, readStats } from "../../run/run_log.ts";
import { sendSignal } from "../../launch/deno.ts";
import { lastLineOf, launcherArgs } from "../child.ts";
import { cifarFolder } from "../epoch.ts";
import type { Surroundings } from "./halves.ts";
import { before } from "../lanes.ts";
import type { Finding } from "./report.ts";
import type { Emit } from "./step_times.ts";

const batch = 128;
/** Training images of CIFAR-10 and of the sample. */
const sizes = { "CIFAR10": 50_000, "CIFAR10-sample": 2000 };
/** Milliseconds of a step of WRN-16-1 on 128 images, where it was not measured. */
const assumedMilliseconds = { gpu: 15, cpu: 250 };
/** Seconds for the start, compiling, and evaluations. */
const startSeconds = 8;
/** The share of the time that is planned for: steps in a run take longer than bare ones. */
const share = 0.75;
/** Seconds before the end of the section at which a run is asked to end, and is waited for no longer. */
const [secondsToEnd, secondsToTell] = [8, 2];
/** More epochs than the original recipe's are no use. */
const mostEpochs = 200;

/** How many epochs take so many seconds; with `maxSteps` where not even one fits into them. */
export function lengthOf(
  seconds: number,
  images: number,
  stepMilliseconds: number,
): { epochs: number; maxSteps?: number } {
  const steps = Math.max(2, Math.floor(1000 * seconds * share / stepMilliseconds));
  const perEpoch = Math.floor(images / batch);
  const epochs = Math.floor(steps / perEpoch);
  return epochs >= 1 ? { epochs: Math.min(epochs, mostEpochs) } : { epochs: 1, maxSteps: steps };
}

/** The epochs after which the learning rate drops, as the original recipe has them for 200. */
export function dropsOf(epochs: number): number[] {
  const drops = [0.3, 0.6, 0.8].map((part) => Math.round(part * epochs));
  return [...new Set(drops)].filter((epoch) => epoch > 0 && epoch < epochs);
}

/**
 * Trains WRN-16-1 for about so many seconds: on CIFAR-10 if the folder has it, or else on the sample.
 * What takes longer than the section may is ended before, and the epochs that finished are reported.
 *
 * @param stepMilliseconds of the step that was measured on 128 images, if it was.
 */
export async function trainShortly(
  { threads, gpu, caches }: Surroundings,
  { seconds, dataroot, stepMilliseconds, end }: {
    seconds: number;
    dataroot: string | undefined;
    stepMilliseconds: number | undefined;
    end: number;
  },
  emit: Emit,
): Promise<void> {
  const dataset = await hasCifar(dataroot) ? "CIFAR10" : "CIFAR10-sample";
  const milliseconds = stepMilliseconds ?? assumedMilliseconds[gpu ? "gpu" : "cpu"];
  const { epochs, maxSteps } = lengthOf(
    Math.max(1, seconds - startSeconds),
    sizes[dataset],
    milliseconds,
  );
  const save = join(await Deno.makeTempDir({ dir: caches }), "run");
  const start = performance.now();
  const flags = [
    ...["--dataset", dataset, "--save", save, "--epochs", String(epochs)],
    ...["--epoch-step", JSON.stringify(dropsOf(epochs)), "--batch-size", String(batch)],
    ...(dataroot === undefined ? [] : ["--dataroot", dataroot]),
    ...(maxSteps === undefined ? [] : ["--max-steps", String(maxSteps)]),
    ...(gpu ? [] : ["--threads", String(threads)]),
  ];
  const { isLate, output } = await runUntil(end, Deno.execPath(), launcherArgs("cifar", ...flags));
  const stderr = output?.stderr ?? new Uint8Array();
  if (!isLate && !output?.success) {
    throw new UserError(`deno task cifar: ${lastLineOf(stderr).replace(/^error: /, "")}`);
  }
  const stats = isLate ? await readStats(save).catch(() => []) : await readStats(save);
  emit({
    ...{ network: "WRN-16-1", dataset, ...(maxSteps !== undefined && { maxSteps }) },
    seconds: Math.round((performance.now() - start) / 1000),
    ...outcomeOf(stats, epochs, isLate),
    engine: lastEngine(stderr),
  });
}

/**
 * What the epochs of a run came to, as part of a finding.
 *
 * @param isLate true if it was ended before it was done.
 * @throws {UserError} If it was, and not even an epoch was over.
 */
export function outcomeOf(
  stats: readonly EpochStats[],
  planned: number,
  isLate: boolean,
): Finding {
  const last = stats.at(-1);
  if (isLate && !last) {
    throw new UserError(`deno task cifar: none of its ${planned} epochs was over in time`);
  }
  return {
    epochs: isLate ? stats.length : planned,
    ...(isLate && { plannedEpochs: planned }),
    trainingSeconds: Math.round(stats.reduce((sum, { train_time }) => sum + train_time, 0)),
    ...{ testAccuracy: last?.test_acc, trainAccuracy: last?.train_acc },
  };
}

/**
 * Runs a program, and asks it to end some seconds before a moment of `performance.now()`.
 *
 * @returns `isLate` if it was asked to; no output if it did not end even then.
 */
export async function runUntil(
  end: number,
  program: string,
  args: string[],
): Promise<{ isLate: boolean; output: Deno.CommandOutput | undefined }> {
  const child = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const ending = child.output();
  const waitFor = (seconds: number) => before(end - 1000 * seconds, ending).catch(() => undefined);
  const output = await waitFor(secondsToEnd);
  if (output) return { isLate: false, output };
  sendSignal(child, "SIGTERM");
  return { isLate: true, output: await waitFor(secondsToTell) };
}

async function hasCifar(dataroot = "data"): Promise<boolean> {
  const folder = await cifarFolder(dataroot).catch(() => undefined);
  return folder !== undefined && await exists(join(folder, "data_batch_5.bin"));
}

/** What the run said that it computes with. */
function lastEngine(stderr: Uint8Array): string | null {
  const lines = new TextDecoder().decode(stderr).split("\n");
  return lines.find((line) => line.startsWith("engine: "))?.slice("engine: ".length) ?? null;
}
