/**
 * Steps of all kinds through the boundary to C: eager ops and compiled ones, right and wrong, training,
 * errors that are made on purpose, concurrent calls, disposals. After each step there must be as many
 * tensors, handles and scopes as before.
 *
 * As a program: `deno run -A tests/reliability/boundary.ts --steps 100000 --seed 1`, with `--last FILE` for
 * a file that holds what is done at the moment: it names the call that ended the process.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals } from "@std/assert";
import { jit } from "../../lib/jit/jit.ts";
import { type Random, randomStream } from "../../lib/random.ts";
import { counts, usedMemory } from "../lib/jit/counts.ts";
import { disposals, faults, Trainer } from "./boundary_steps.ts";
import { opNames, randomCall } from "./random_calls.ts";

/** What {@link crossBoundary} does. */
export interface BoundaryOptions {
  steps: number;
  seed: number;
  /** Takes what is done next. */
  next?: (what: string) => void;
  /** Takes ten lines, at equal distances. */
  tell?: (line: string) => void;
}

/** What {@link crossBoundary} did. */
export interface BoundaryReport {
  steps: number;
  /** Steps by their kinds. */
  kinds: Record<string, number>;
  /** Calls of ops that gave a value. */
  values: number;
  /** Calls of ops that gave an error, by its class. */
  errors: Record<string, number>;
  /** Ops that were called. */
  ops: number;
  /** Resident memory in MB, at ten points. */
  memory: number[];
  /** TensorFlow's tensors at the same points. */
  handles: number[];
}

/** How often each kind of step is made, of 100. */
const kinds: [string, number][] = [
  ["eager", 45],
  ["traced", 12],
  ["train", 30],
  ["fault", 6],
  ["concurrent", 4],
  ["dispose", 3],
];

/**
 * Makes the steps.
 *
 * @throws where a step left something behind, or a call failed with what is no error of the engine's or
 * of tfjs's.
 */
export async function crossBoundary(
  { steps, seed, next = () => {}, tell = () => {} }: BoundaryOptions,
): Promise<BoundaryReport> {
  const trainer = new Trainer();
  await trainer.train();
  const report: BoundaryReport = {
    steps,
    kinds: {},
    values: 0,
    errors: {},
    ops: 0,
    memory: [],
    handles: [],
  };
  const called = new Set<string>();
  const before = counts();
  for (let step = 0; step < steps; step++) {
    const random = randomStream(seed, step);
    const kind = drawKind(random);
    report.kinds[kind] = (report.kinds[kind] ?? 0) + 1;
    const what = await makeStep(kind, random, trainer, (name) => next(`${step} ${kind} ${name}`));
    if (what) {
      called.add(what.op);
      if (what.error === undefined) report.values++;
      else report.errors[what.error] = (report.errors[what.error] ?? 0) + 1;
    }
    assertEquals(counts(), before, `step ${step} (${kind} ${what?.op ?? ""}) of seed ${seed}`);
    if ((step + 1) % Math.ceil(steps / 10) === 0 || step === steps - 1) {
      trim();
      const memory = Math.round(await usedMemory() / 2 ** 20);
      const { handles, tensors } = counts();
      report.memory.push(memory);
      report.handles.push(handles);
      tell(`step ${step + 1}: ${memory} MB, ${handles} handles, ${tensors} tensors`);
    }
  }
  report.ops = called.size;
  trainer.dispose();
  return report;
}

/** Lets the C library give back what it keeps of freed memory, where it can be asked to. */
function trim(): void {
  if (Deno.build.os !== "linux") return;
  const signature = { malloc_trim: { parameters: ["usize"], result: "i32" } } as const;
  const libc = Deno.dlopen("libc.so.6", signature);
  libc.symbols.malloc_trim(0n);
  libc.close();
}

function drawKind(random: Random): string {
  let left = random.integer(100);
  return kinds.find(([, share]) => (left -= share) < 0)?.[0] as string;
}

/** A call of an op, and the class of its error where it failed. */
interface Called {
  op: string;
  error?: string;
}

async function makeStep(
  kind: string,
  random: Random,
  trainer: Trainer,
  next: (name: string) => void,
): Promise<Called | undefined> {
  if (kind === "eager" || kind === "traced") {
    const op = opNames[random.integer(opNames.length)] as string;
    next(op);
    return { op, ...await callOp(op, random, kind === "traced", next) };
  }
  if (kind === "train") next("");
  if (kind === "train") await trainer.train();
  else if (kind === "concurrent") {
    next("ten calls");
    await trainer.concurrently(random);
  } else {
    const cases = Object.entries(kind === "fault" ? faults : disposals);
    const [name, run] = cases[random.integer(cases.length)]!;
    next(name);
    await run();
    if (kind === "dispose") trainer.dispose();
  }
  return undefined;
}

async function callOp(
  op: string,
  random: Random,
  traced: boolean,
  next: (name: string) => void,
): Promise<{ error?: string }> {
  const engine = tf.engine();
  engine.startScope("call");
  const { inputs, run } = randomCall(op, random);
  next(`${op}(${inputs.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(", ")})`);
  const precision = random.integer(2) === 0 ? "float32" : "bfloat16";
  try {
    if (!traced) read(run(inputs));
    else {
      const compiled = jit((...inputs: tf.Tensor[]) => run(inputs), { precision });
      try {
        const result = await compiled(...inputs);
        read(result);
        tf.dispose(result);
      } finally {
        compiled.dispose();
      }
    }
    return {};
  } catch (error) {
    return { error: classOf(error, op) };
  } finally {
    engine.endScope();
  }
}

/** Reads values, so that they must be there. */
function read(result: tf.TensorContainer | void): void {
  for (const value of Object.values({ result }).flat()) {
    if (value instanceof tf.Tensor) value.dataSync();
  }
}

/** The class of an error that may come of a wrong call. */
function classOf(error: unknown, op: string): string {
  assert(error instanceof Error, `${op} threw ${error}`);
  const name = error.constructor.name;
  assert(
    ["Error", "TypeError", "RangeError", "TensorFlowError", "UserError"].includes(name),
    `${op} threw ${name}: ${error.message}`,
  );
  assert(!/call stack|libtensorflow returned no/.test(error.message), `${op}: ${error.message}`);
  return name;
}

if (import.meta.main) {
  const value = (flag: string) =>
    Deno.args.includes(flag) ? Deno.args[Deno.args.indexOf(flag) + 1] : undefined;
  const last = value("--last");
  const file = last === undefined ? undefined : Deno.openSync(last, { create: true, write: true });
  const encoder = new TextEncoder();
  const report = await crossBoundary({
    steps: Number(value("--steps") ?? 100_000),
    seed: Number(value("--seed") ?? 1),
    next: (what) => {
      file?.seekSync(0, Deno.SeekMode.Start);
      file?.writeSync(encoder.encode(what.slice(0, 200).padEnd(200)));
    },
    tell: console.log,
  });
  console.log(JSON.stringify(report));
}
