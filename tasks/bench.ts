/**
 * `deno task bench`: times the training steps, in turns with PyTorch's where that is installed, and
 * what an epoch costs beyond its steps.
 *
 * @module
 */
import { type Case, caseSets, ourProgram, type Program } from "../bench/cases.ts";
import { epochCase, epochStepTimes } from "../bench/epoch.ts";
import {
  ourPeakBytes,
  ownPeakBytes,
  peakMemorySteps,
  pytorchPeakBytes,
} from "../bench/peak_memory.ts";
import {
  imagesInAPass,
  ourImages,
  torchvisionImages,
  torchvisionVariants,
} from "../bench/images.ts";
import { type PyTorch, startPyTorch } from "../bench/pytorch.ts";
import { describeMachine } from "../lib/training/run_log.ts";
import type { Command } from "./cli/help.ts";
import { runCommand } from "./cli/main.ts";
import { UserError } from "../lib/errors.ts";
import { choice, flag, group, integer, type OptionValues, text } from "./cli/option_kinds.ts";
import { startTensorFlow } from "./engine.ts";

const benchOptions = group("Benchmark", {
  quick: flag({ help: "3 rounds of 3 steps" }),
  cases: choice(["cifar", "methods", "imagenet"], {
    default: "cifar",
    help:
      "the steps to time: on CIFAR's images with a look at whole epochs, of every method there, or " +
      "on ImageNet's",
  }),
  rounds: integer({
    default: 8,
    min: 1,
    help: "rounds, each of which times every program in turn",
  }),
  steps: integer({ default: 5, min: 1, help: "steps of each program a round" }),
  peakMemory: flag({
    help: "also tell the peak resident memory of every program, alone in a process (on Linux)",
  }),
  peakMemoryOf: text({
    placeholder: "STEP",
    help:
      "print our peak resident memory in bytes, of this step alone, and nothing else (on Linux)",
  }),
  memorySteps: integer({ min: 1, help: "also make so many steps and tell the memory in use" }),
  images: text({
    placeholder: "DIR",
    help: "also time the decoding of this folder of classes, in turns with torchvision's",
  }),
  threads: integer({ min: 1, help: "processor threads for both; all unless given" }),
  python: text({
    default: "python3",
    placeholder: "PROGRAM",
    help: "the Python that has PyTorch (pip install -r bench/requirements.txt)",
  }),
  out: text({ placeholder: "FILE", help: "write all times there, as JSON" }),
});

type BenchOptions = OptionValues<typeof benchOptions>;

const command: Command<typeof benchOptions> = {
  name: "bench",
  summary: "Times whole training steps (forward, losses, backward, update), in turns with " +
    "PyTorch's eager, channels_last and compiled ones where PyTorch is installed.",
  options: benchOptions,
  examples: [
    "deno task bench",
    "deno task bench --quick --python ~/venv/bin/python",
    "deno task bench --cases imagenet --peak-memory",
  ],
};

await runCommand(command, bench);

async function bench(options: BenchOptions): Promise<void> {
  const { threads, memorySteps, out, peakMemoryOf } = options;
  const steps = caseSets[options.cases];
  // As the tasks have it.
  const opThreads = options.cases === "imagenet" ? 1 : undefined;
  const { description: engine, library } = await startTensorFlow({ threads, opThreads, ngpu: 0 });
  if (peakMemoryOf !== undefined) return await tellPeak(peakMemoryOf, steps);

  const pytorch = await startPyTorch(options);
  const [rounds, stepsARound] = options.quick ? [3, 3] : [options.rounds, options.steps];
  const milliseconds: Record<string, Record<string, number[]>> = {};
  for (const [name, shape] of Object.entries(steps)) {
    console.error(`timing ${name}`);
    milliseconds[name] = await timeInTurns(programs(shape, pytorch), rounds, stepsARound);
  }
  await pytorch?.close();
  console.log(table(milliseconds));
  const report = {
    machine: describeMachine(),
    engine,
    pytorch: pytorch?.versions ?? null,
    threads: threads ?? navigator.hardwareConcurrency,
    rounds,
    steps: stepsARound,
    milliseconds,
    epoch: options.cases === "cifar" ? await timeEpoch(rounds) : null,
    images: options.images === undefined
      ? null
      : await timeImages(options.images, library, rounds, options),
    peakBytes: options.peakMemory
      ? await measurePeaks(steps, pytorch?.variants ?? [], options)
      : null,
    memory: memorySteps === undefined
      ? null
      : await watchMemory(Object.values(steps)[0] as Case, memorySteps),
  };
  if (out !== undefined) await Deno.writeTextFile(out, JSON.stringify(report, null, 2) + "\n");
}

function programs(shape: Case, pytorch: PyTorch | undefined): Record<string, Program> {
  const others = (pytorch?.variants ?? []).map((variant): [string, Program] => [
    `PyTorch ${variant}`,
    (steps) => (pytorch as PyTorch).times(shape, variant, steps),
  ]);
  return { ours: ourProgram(shape), ...Object.fromEntries(others) };
}

/** Times every program once a round; a first round, which compiles, is not counted. */
async function timeInTurns(
  programs: Record<string, Program>,
  rounds: number,
  steps: number,
): Promise<Record<string, number[]>> {
  const times: Record<string, number[]> = {};
  for (let round = -1; round < rounds; round++) {
    for (const [name, program] of Object.entries(programs)) {
      const measured = await program(steps);
      if (round >= 0) (times[name] ??= []).push(...measured);
    }
  }
  return times;
}

/** The milliseconds of passes over a folder of images, ours and torchvision's. */
async function timeImages(
  folder: string,
  library: string,
  rounds: number,
  { threads = navigator.hardwareConcurrency, python }: BenchOptions,
): Promise<Record<string, number[]>> {
  console.error(`timing the decoding of ${folder}`);
  const images = { folder, threads };
  const others = torchvisionVariants.map((variant) =>
    [`torchvision ${variant}`, torchvisionImages(images, variant, python)] as const
  );
  const programs = { ours: ourImages(images, library), ...Object.fromEntries(others) };
  const times = await timeInTurns(programs, rounds, 1);
  const count = await imagesInAPass(images);
  const rates = Object.entries(times).map(([name, ms]) =>
    `${name} ${(1000 * count / median(ms)).toFixed(0)}`
  );
  console.log(`\nImages a second, ${threads} threads: ${rates.join(", ")}`);
  return times;
}

/** What a step costs in an epoch of the loop, beside the bare one. */
async function timeEpoch(rounds: number): Promise<Record<string, number[]>> {
  console.error("timing an epoch beside its bare steps");
  const epoch = await timeInTurns(
    {
      "bare step": ourProgram(epochCase),
      "step in an epoch": () => epochStepTimes(1),
    },
    rounds,
    20,
  );
  const [bare, inEpoch] = [epoch["bare step"], epoch["step in an epoch"]].map(median);
  console.log(
    `\nA step in an epoch: ${inEpoch?.toFixed(1)} ms; bare: ${bare?.toFixed(1)} ms; ` +
      `${(100 * ((inEpoch as number) / (bare as number) - 1)).toFixed(1)}% more`,
  );
  return epoch;
}

async function tellPeak(name: string, steps: Record<string, Case>): Promise<void> {
  const shape = steps[name];
  if (!shape) {
    throw new UserError(
      `Cannot measure step "${name}": the steps are "${
        Object.keys(steps).join('", "')
      }"; see --cases`,
    );
  }
  await ourProgram(shape)(peakMemorySteps);
  console.log(await ownPeakBytes());
}

/** The peak resident memory of every program on every step, each in a process of its own. */
async function measurePeaks(
  steps: Record<string, Case>,
  variants: readonly string[],
  options: BenchOptions,
): Promise<Record<string, Record<string, number>>> {
  const peaks: Record<string, Record<string, number>> = {};
  const { cases, threads } = options;
  const flags = ["--cases", cases, ...(threads === undefined ? [] : ["--threads", `${threads}`])];
  for (const [name, shape] of Object.entries(steps)) {
    const ours = await ourPeakBytes([...flags, "--peak-memory-of", name]);
    const programs: Record<string, number> = peaks[name] = { ours };
    for (const variant of variants) {
      programs[`PyTorch ${variant}`] = await pytorchPeakBytes(shape, variant, options);
    }
    const figures = Object.entries(programs).map(([program, bytes]) =>
      `${program} ${Math.round(bytes / 1e6)} MB`
    );
    console.log(`\nPeak memory of ${name}: ${figures.join(", ")}`);
  }
  return peaks;
}

/** Makes steps of a case; tells the memory in use ten times, in MB. */
async function watchMemory(shape: Case, steps: number): Promise<number[]> {
  const program = ourProgram(shape);
  const megabytes: number[] = [];
  for (let part = 1; part <= 10; part++) {
    await program(Math.ceil(steps / 10));
    megabytes.push(Math.round(Deno.memoryUsage().rss / 1e6));
  }
  console.log(`\nMemory after each tenth of ${steps} steps: ${megabytes.join(", ")} MB`);
  return megabytes;
}

/** Median, least and greatest of each program, and our median over the others'. */
function table(results: Record<string, Record<string, number[]>>): string {
  const rows = [
    "| step | program | median ms | min | max | ours / it |",
    "|---|---|---|---|---|---|",
  ];
  for (const [name, programs] of Object.entries(results)) {
    for (const [program, times] of Object.entries(programs)) {
      const ratio = median(programs.ours) / median(times);
      const [least, greatest] = [Math.min(...times), Math.max(...times)];
      const figures = [median(times), least, greatest].map((ms) => ms.toFixed(1));
      rows.push(`| ${[name, program, ...figures, ratio.toFixed(2)].join(" | ")} |`);
    }
  }
  return rows.join("\n");
}

function median(values: readonly number[] = []): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] as number) + (sorted[Math.floor(middle)] as number)) / 2;
}
