/**
 * `deno task bench`: times what the tasks do, beside PyTorch if it is installed.
 *
 * @module
 */
import { timeBackends } from "./bench/backends.ts";
import { chosenCases } from "./bench/cases.ts";
import { cifarFolder, timeEpochs } from "./bench/epoch.ts";
import { OursPool } from "./bench/ours.ts";
import { startPyTorch } from "./bench/pytorch.ts";
import { serve } from "./bench/serve.ts";
import { cannotWrite } from "../lib/files.ts";
import { readImageFolder } from "../lib/images/image_folder.ts";
import { describeMachine } from "./run/run_log.ts";
import type { Bench } from "./bench/context.ts";
import { measureEfficiency } from "./bench/efficiency.ts";
import { checkGpu } from "./bench/gpu/check_gpu.ts";
import { tf32Variable } from "./bench/gpu/halves.ts";
import { runSectionHere } from "./bench/gpu/section.ts";
import { forbidTf32 } from "./bench/gpu/tf32.ts";
import { measureGrowth } from "./bench/growth.ts";
import { timeImages } from "./bench/images.ts";
import { benchCommand, type BenchOptions } from "./bench/options.ts";
import { timeStartUp } from "./bench/start_up.ts";
import { measurePeaks, timeSteps } from "./bench/steps.ts";
import { measureWorkers } from "./bench/workers.ts";
import { runCommand } from "./cli/main.ts";
import { startTensorFlow } from "./cli/engine.ts";
import { readWorker } from "./cli/worker.ts";

await runCommand(benchCommand, async (options) => {
  if (options.section !== undefined) return await runSectionHere(options.section);
  if (options.gpu && !options.serve) return await checkGpu(options);
  await checkOptions(options);
  // On the CPU only, but for the programs of --gpu.
  const ngpu = options.gpu ? undefined : 0;
  const worker = options.serve ? readWorker() : undefined;
  const { description, library } = await startTensorFlow({ ...options, ngpu, worker });
  if (options.serve) {
    if (Deno.env.get(tf32Variable) === "0") forbidTf32(library);
    return await serve();
  }
  await measure(options, description, library);
});

/** Runs each part that was asked for, and saves the report after each. */
async function measure(options: BenchOptions, engine: string, library: string): Promise<void> {
  await using ours = new OursPool(options);
  const pytorch = await startPyTorch(options);
  const [rounds, steps] = options.quick ? [3, 3] : [options.rounds, options.steps];
  const bench: Bench = { options, ours, pytorch, rounds, steps };
  const { growth, images, precision, threads, workers, out } = options;
  const machine = describeMachine();
  // Mean number of processes that wanted to run in the last minute, before ours start. Timings are
  // only reliable if this is low: PyTorch's threads wait for each other without yielding.
  const load = Deno.loadavg()[0]!.toFixed(1);
  const versions = pytorch ? `PyTorch ${pytorch.versions.torch}` : "no PyTorch";
  console.log(
    `${machine.processor}, ${machine.cores} processors, ${machine.memory_gb} GB, ${machine.os}; ` +
      `${threads} threads, ${precision}; load before: ${load}\n` +
      `Deno ${machine.deno}, ${engine}; ${versions}`,
  );
  const report: Record<string, unknown> = {
    machine,
    engine,
    pytorch: pytorch?.versions ?? null,
    threads,
    precision,
    rounds,
    steps,
    load,
  };
  const parts: Record<string, false | (() => Promise<unknown>)> = {
    milliseconds: () => timeSteps(bench),
    epoch: options.epoch && (() => timeEpochs(bench)),
    startUp: options.startUp && (() => timeStartUp(bench)),
    efficiency: options.efficiency && (() => measureEfficiency(bench)),
    growth: growth !== undefined && (() => measureGrowth(bench, growth)),
    images: images !== undefined && (() => timeImages(bench, images, library)),
    workers: workers !== undefined && (() => measureWorkers(bench, workers)),
    backends: options.backends && (() => timeBackends(bench)),
    peakBytes: options.peakMemory && (() => measurePeaks(bench)),
  };
  for (const [name, part] of Object.entries(parts)) {
    report[name] = part ? await part() : null;
    if (out !== undefined) await write(out, report);
  }
  await pytorch?.close();
}

/** Fails now instead of after minutes of measuring. */
async function checkOptions(options: BenchOptions): Promise<void> {
  chosenCases(options);
  const { out, growth, epoch, dataroot, images } = options;
  if (epoch) await cifarFolder(dataroot);
  if (images !== undefined) await readImageFolder(images);
  if (growth !== undefined) {
    await refuse(growth, Deno.mkdir(growth, { recursive: true }));
  }
  if (out !== undefined) await refuse(out, Deno.writeTextFile(out, "", { append: true }));
}

async function write(path: string, report: Record<string, unknown>): Promise<void> {
  await refuse(path, Deno.writeTextFile(path, JSON.stringify(report, null, 2) + "\n"));
}

/** Turns a failed write into an error that says why. */
async function refuse(path: string, writing: Promise<void>): Promise<void> {
  await writing.catch((error) => {
    throw cannotWrite(path, error);
  });
}
