/**
 * `deno task bench`: times the training steps, in turns with PyTorch's where that is installed.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { dirname, fromFileUrl, join } from "@std/path";
import { jit } from "../lib/engine/jit.ts";
import { UserError } from "../lib/errors.ts";
import { sgd } from "../lib/training/sgd.ts";
import { describeMachine } from "../lib/training/run_log.ts";
import { startState, trainStep } from "../lib/training/train_step.ts";
import { wideResNet } from "../models/wide_resnet.ts";
import type { Command } from "./cli/help.ts";
import { flag, group, integer, type OptionValues, text } from "./cli/option_kinds.ts";
import { runCommand } from "./cli/main.ts";
import { startEngine } from "./engine.ts";
import { transferLoss } from "./transfer_loss.ts";

const benchOptions = group("Benchmark", {
  quick: flag({ help: "fewer rounds" }),
  rounds: integer({
    default: 8,
    min: 1,
    help: "rounds, each of which times every program in turn",
  }),
  steps: integer({ default: 5, min: 1, help: "steps of each program a round" }),
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

/** A training step to time; the names are those that bench/pytorch.py takes. */
interface Case {
  depth: number;
  width: number;
  teacherDepth?: number;
  teacherWidth?: number;
  batch: number;
  alpha: number;
  beta: number;
}

const cases: Record<string, Case> = {
  "WRN-16-1": { depth: 16, width: 1, batch: 128, alpha: 0, beta: 0 },
  "WRN-16-1 <- WRN-16-2, AT+KD": {
    depth: 16,
    width: 1,
    teacherDepth: 16,
    teacherWidth: 2,
    batch: 128,
    alpha: 0.9,
    beta: 1000,
  },
};

/** Something that makes steps of a case, and gives the milliseconds of each. */
type Program = (steps: number) => Promise<number[]>;

await runCommand(command, async (options) => {
  const engine = await startEngine({ engine: "tensorflow", threads: options.threads, ngpu: 0 });
  const pytorch = await startPyTorch(options);
  const [rounds, steps] = options.quick ? [3, 3] : [options.rounds, options.steps];
  const results: Record<string, Record<string, number[]>> = {};
  for (const [name, shape] of Object.entries(cases)) {
    console.error(`timing ${name}`);
    const programs: Record<string, Program> = { ours: ourProgram(shape) };
    for (const variant of pytorch?.variants ?? []) {
      programs[`pytorch ${variant}`] = (steps) => pytorch!.times(shape, variant, steps);
    }
    results[name] = await timeInTurns(programs, rounds, steps);
  }
  await pytorch?.close();
  const report = {
    machine: describeMachine(),
    engine,
    pytorch: pytorch?.versions ?? null,
    threads: options.threads ?? navigator.hardwareConcurrency,
    rounds,
    steps,
    milliseconds: results,
  };
  console.log(table(results));
  if (options.out) await Deno.writeTextFile(options.out, JSON.stringify(report, null, 2) + "\n");
});

async function timeInTurns(
  programs: Record<string, Program>,
  rounds: number,
  steps: number,
): Promise<Record<string, number[]>> {
  const times: Record<string, number[]> = {};
  for (let round = -1; round < rounds; round++) {
    for (const [name, program] of Object.entries(programs)) {
      const measured = await program(steps);
      // The first round compiles and warms up.
      if (round >= 0) (times[name] ??= []).push(...measured);
    }
  }
  return times;
}

/** Our own training step, the one that the tasks make. */
function ourProgram(
  { depth, width, teacherDepth, teacherWidth, batch, alpha, beta }: Case,
): Program {
  const numClasses = 10;
  const model = wideResNet({ depth, width, numClasses });
  const optimizer = sgd();
  let teacher;
  if (teacherDepth !== undefined && teacherWidth !== undefined) {
    const { f, init } = wideResNet({ depth: teacherDepth, width: teacherWidth, numClasses });
    const params = init(1);
    teacher = (images: tf.Tensor4D) => f(images, params, "eval");
  }
  const loss = transferLoss({ alpha, beta, temperature: 4 });
  const step = jit(trainStep({ model, optimizer, teacher, loss }));
  const images: tf.Tensor4D = tf.randomNormal([batch, 32, 32, 3]);
  const labels = tf.tensor1d(Array.from({ length: batch }, (_, i) => i % numClasses), "int32");
  const rate = tf.scalar(0.1);
  let state = startState(model.init(0), optimizer);
  return async (steps) => {
    const times: number[] = [];
    for (let i = 0; i < steps; i++) {
      const start = performance.now();
      const result = await step(state, { images, labels }, rate);
      times.push(performance.now() - start);
      tf.dispose(state as unknown as tf.TensorContainer);
      state = result.state;
      tf.dispose([result.correct, ...Object.values(result.terms)]);
    }
    return times;
  };
}

interface PyTorch {
  versions: Record<string, string>;
  variants: string[];
  times(shape: Case, variant: string, steps: number): Promise<number[]>;
  close(): Promise<void>;
}

/** Starts the PyTorch half of the benchmark; undefined, with a line that says so, where it cannot. */
async function startPyTorch(
  { python, threads }: OptionValues<typeof benchOptions>,
): Promise<PyTorch | undefined> {
  const program = join(dirname(dirname(fromFileUrl(import.meta.url))), "bench", "pytorch.py");
  const missing = (why: string) =>
    console.error(
      `note: no PyTorch beside (${why}); pip install -r bench/requirements.txt, or name a Python ` +
        `that has it with --python`,
    );
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(python, {
      args: [program, ...(threads === undefined ? [] : ["--threads", String(threads)])],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
  } catch (error) {
    missing((error as Error).message);
    return undefined;
  }
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(splitLines())
    .getReader();
  const writer = child.stdin.getWriter();
  const { value: ready } = await lines.read();
  if (ready === undefined) {
    missing(`${python} has no torch`);
    await writer.close().catch(() => {}); // it has ended already
    await child.status;
    return undefined;
  }
  const { versions, variants } = JSON.parse(ready);
  return {
    versions,
    variants,
    async times(shape, variant, steps) {
      const request = JSON.stringify({ case: shape, variant, steps });
      await writer.write(new TextEncoder().encode(request + "\n"));
      const { value } = await lines.read();
      const answer = JSON.parse(value ?? '{"error":"it ended"}');
      if (answer.error) throw new UserError(`Cannot time PyTorch's ${variant}: ${answer.error}`);
      return answer.times;
    },
    async close() {
      await writer.close();
      await child.status;
    },
  };
}

function splitLines(): TransformStream<string, string> {
  let rest = "";
  return new TransformStream({
    transform(chunk, controller) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() as string;
      lines.forEach((line) => controller.enqueue(line));
    },
  });
}

/** Median, least and greatest of each program, and our median over the others'. */
function table(results: Record<string, Record<string, number[]>>): string {
  const rows = [
    "| step | program | median ms | min | max | ours / it |",
    "|---|---|---|---|---|---|",
  ];
  for (const [name, programs] of Object.entries(results)) {
    for (const [program, times] of Object.entries(programs)) {
      const ratio = median(programs.ours as number[]) / median(times);
      rows.push(
        `| ${name} | ${program} | ${median(times).toFixed(1)} | ${
          Math.min(...times).toFixed(1)
        } | ` +
          `${Math.max(...times).toFixed(1)} | ${ratio.toFixed(2)} |`,
      );
    }
  }
  return rows.join("\n");
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] as number) + (sorted[Math.floor(middle)] as number)) / 2;
}
