/**
 * `deno task bench`: times the training steps, in turns with PyTorch's where that is installed, and
 * what an epoch costs beyond its steps.
 *
 * @module
 */
import { type Case, cases, methodCases, ourProgram, type Program } from "../bench/cases.ts";
import { epochCase, epochStepTimes } from "../bench/epoch.ts";
import { type PyTorch, startPyTorch } from "../bench/pytorch.ts";
import { describeMachine } from "../lib/training/run_log.ts";
import type { Command } from "./cli/help.ts";
import { runCommand } from "./cli/main.ts";
import { flag, group, integer, type OptionValues, text } from "./cli/option_kinds.ts";
import { startEngine } from "./engine.ts";

const benchOptions = group("Benchmark", {
  quick: flag({ help: "3 rounds of 3 steps" }),
  methods: flag({ help: "time the step of every method in place of the two usual ones" }),
  rounds: integer({
    default: 8,
    min: 1,
    help: "rounds, each of which times every program in turn",
  }),
  steps: integer({ default: 5, min: 1, help: "steps of each program a round" }),
  memorySteps: integer({ min: 1, help: "also make so many steps and tell the memory in use" }),
  threads: integer({ min: 1, help: "processor threads for both; all unless given" }),
  python: text({
    default: "python3",
    placeholder: "PROGRAM",
    help: "the Python that has PyTorch (pip install -r bench/requirements.txt)",
  }),
  out: text({ placeholder: "FILE", help: "write all times there, as JSON" }),
});

const command: Command<typeof benchOptions> = {
  name: "bench",
  summary: "Times whole training steps (forward, losses, backward, update), in turns with " +
    "PyTorch's eager, channels_last and compiled ones where PyTorch is installed.",
  options: benchOptions,
  examples: ["deno task bench", "deno task bench --quick --python ~/venv/bin/python"],
};

await runCommand(command, bench);

async function bench(options: OptionValues<typeof benchOptions>): Promise<void> {
  const { threads, memorySteps, out } = options;
  const [rounds, steps] = options.quick ? [3, 3] : [options.rounds, options.steps];
  const engine = await startEngine({ engine: "tensorflow", threads, ngpu: 0 });
  const pytorch = await startPyTorch(options);
  const results: Record<string, Record<string, number[]>> = {};
  for (const [name, shape] of Object.entries(options.methods ? methodCases : cases)) {
    console.error(`timing ${name}`);
    results[name] = await timeInTurns(programs(shape, pytorch), rounds, steps);
  }
  await pytorch?.close();
  console.log(table(results));

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
  const memory = memorySteps === undefined ? null : await watchMemory(memorySteps);
  const report = {
    machine: describeMachine(),
    engine,
    pytorch: pytorch?.versions ?? null,
    threads: threads ?? navigator.hardwareConcurrency,
    rounds,
    steps,
    milliseconds: results,
    epoch,
    memory,
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

/** Makes steps of the first case; tells the memory in use ten times, in MB. */
async function watchMemory(steps: number): Promise<number[]> {
  const program = ourProgram(Object.values(cases)[0] as Case);
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
