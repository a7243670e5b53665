/**
 * The training section of `deno task bench --gpu`: a short run of `deno task cifar`, and its accuracy.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import { exists } from "../../../lib/files.ts";
import { cifarFormats } from "../../../lib/data/cifar_format.ts";
import { readStats } from "../../run/run_log.ts";
import { lastLineOf } from "../child.ts";
import type { Surroundings } from "./halves.ts";
import type { Emit } from "./step_times.ts";

/** How long a run is. */
export interface RunLength {
  epochs: number;
  /** Where not even an epoch fits into the time. */
  maxSteps?: number;
}

const batch = 128;
/** Training images of CIFAR-10 and of the sample. */
const sizes = { "CIFAR10": 50_000, "CIFAR10-sample": 2000 };
/** Milliseconds of a step of WRN-16-1 on 128 images, where it was not measured. */
const assumedMilliseconds = { gpu: 15, cpu: 250 };
/** Seconds for the start, compiling, and evaluations. */
const startSeconds = 8;
/** The share of the time that is planned for: steps in a run take longer than bare ones. */
const share = 0.75;
/** More epochs than the original recipe's are no use. */
const mostEpochs = 200;

/** How many epochs or steps take so many seconds. */
export function lengthOf(
  seconds: number,
  images: number,
  stepMilliseconds: number,
): RunLength {
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
 *
 * @param stepMilliseconds of the step that was measured on 128 images, if it was.
 */
export async function trainShortly(
  { threads, gpu }: Surroundings,
  { seconds, dataroot, stepMilliseconds }: {
    seconds: number;
    dataroot: string | undefined;
    stepMilliseconds: number | undefined;
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
  const folder = await Deno.makeTempDir();
  const save = join(folder, "run");
  const start = performance.now();
  try {
    const flags = [
      ...["--dataset", dataset, "--save", save, "--epochs", String(epochs)],
      ...["--epoch-step", JSON.stringify(dropsOf(epochs)), "--batch-size", String(batch)],
      ...(dataroot === undefined ? [] : ["--dataroot", dataroot]),
      ...(maxSteps === undefined ? [] : ["--max-steps", String(maxSteps)]),
      ...(gpu ? [] : ["--threads", String(threads)]),
    ];
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [...launcherWords(), "cifar", ...flags],
      stdin: "null",
    }).output();
    if (!success) {
      throw new UserError(`deno task cifar: ${lastLineOf(stderr).replace(/^error: /, "")}`);
    }
    const stats = await readStats(save);
    const last = stats.at(-1);
    emit({
      ...{ network: "WRN-16-1", dataset, epochs, ...(maxSteps !== undefined && { maxSteps }) },
      seconds: Math.round((performance.now() - start) / 1000),
      trainingSeconds: Math.round(stats.reduce((sum, { train_time }) => sum + train_time, 0)),
      ...{ testAccuracy: last?.test_acc, trainAccuracy: last?.train_acc },
      engine: lastEngine(stderr),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function launcherWords(): string[] {
  const [config = "", launcher = ""] = ["deno.nojsr.json", "tasks/launch.ts"]
    .map((path) => fromFileUrl(new URL(`../../../${path}`, import.meta.url)));
  return ["run", "--allow-all", "--quiet", "--no-lock", "--config", config, launcher];
}

async function hasCifar(dataroot = "data"): Promise<boolean> {
  const { folder } = cifarFormats.CIFAR10;
  for (const place of [join(dataroot, folder), dataroot]) {
    if (
      await exists(join(place, "test_batch.bin")) && await exists(join(place, "data_batch_5.bin"))
    ) {
      return true;
    }
  }
  return false;
}

/** What the run said that it computes with. */
function lastEngine(stderr: Uint8Array): string | null {
  const lines = new TextDecoder().decode(stderr).split("\n");
  return lines.find((line) => line.startsWith("engine: "))?.slice("engine: ".length) ?? null;
}
