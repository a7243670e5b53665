/**
 * The parity section of `deno task bench --gpu`: values and gradients of whole steps beside a reference.
 *
 * @module
 */
import { join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import { parseSafetensors } from "../../../lib/formats/safetensors.ts";
import type { Precision } from "../../../lib/jit/mod.ts";
import { startForParams } from "../../cli/engine.ts";
import { type Case, parityCases, parityTaught } from "../cases.ts";
import type { Child } from "../child.ts";
import { startOurs } from "../ours.ts";
import { byXla, engineVariables, opByOp, startTorch, type Surroundings } from "./halves.ts";
import { before, inLanes, lanesOf, reasonOf } from "../lanes.ts";
import type { ParityRequest } from "../request.ts";
import { writeParityInputs } from "./parity_values.ts";
import type { Setting, Task } from "./plan.ts";
import { type Emit, rounded } from "./step_times.ts";

/** The values of a case, by kind. */
export const kinds = ["forward", "loss", "gradients", "steps"] as const;

/** The norm of the differences over that of the reference, by kind. */
export type Errors = Record<typeof kinds[number], number>;

/**
 * What is allowed. On an AVX2 processor, PyTorch's float32 was within 2e-7, 1e-6, 2e-6 and 8e-5 of
 * float64, ours within 6e-7, 4e-7, 3e-6 and 3e-4, and PyTorch's bfloat16 within 4e-3, 4e-3, 8e-2 and
 * 1e-1; a GPU sums in another order. TF32 has 11 bits where bfloat16 has 8: its errors are an eighth.
 */
export const tolerances: Record<Setting, Errors> = {
  float32: { forward: 1e-5, loss: 1e-5, gradients: 1e-4, steps: 2e-3 },
  TF32: { forward: 2e-3, loss: 2e-3, gradients: 2e-2, steps: 3e-2 },
  bfloat16: { forward: 1.6e-2, loss: 1.6e-2, gradients: 0.16, steps: 0.24 },
};

const steps = 3;
/** Small: a usual one makes the steps of an untrained network diverge from any rounding. */
const learningRate = 1e-2;

/** A program that writes the values of cases, in a setting. */
interface Writer {
  program: string;
  setting: Setting;
  cases: readonly string[];
  /** Whether others are held against its values. */
  isReference?: boolean;
  start(): Promise<RunningWriter>;
}

interface RunningWriter extends Pick<Child, "close" | "kill"> {
  write(request: ParityRequest): Promise<unknown>;
}

/**
 * Compares all programs and settings with PyTorch's float64 on the CPU, or where there is no PyTorch,
 * with our float32 on the CPU.
 */
export async function checkParity(
  task: Extract<Task, { kind: "parity" }>,
  surroundings: Surroundings,
  end: number,
  emit: Emit,
): Promise<void> {
  const folder = await Deno.makeTempDir({ dir: surroundings.caches });
  try {
    await startForParams();
    const inputs = join(folder, "inputs.safetensors");
    await writeParityInputs(inputs, { ...parityTaught, batch: task.batch });
    const [reference, ...others] = writersOf(task, surroundings) as [Writer, ...Writer[]];
    const pathOf = (writer: Writer, name: string) =>
      join(folder, `${writer.program} ${writer.setting} ${name}.safetensors`);
    const requestOf = (writer: Writer, name: string): ParityRequest => ({
      case: { ...parityCases[name] as Case, batch: task.batch },
      inputs,
      outputs: pathOf(writer, name),
      ...{ steps, learningRate },
    });
    const written = new Map(task.cases.map((name) => [name, Promise.withResolvers<void>()]));
    // Perhaps nobody waits for one that fails.
    for (const { promise } of written.values()) promise.catch(() => {});
    const compare = async (writer: Writer, name: string) => {
      await written.get(name)?.promise;
      const errors = errorsOf(
        await readValues(pathOf(writer, name)),
        await readValues(pathOf(reference, name)),
      );
      emit(findingOf(writer, reference, name, errors));
    };
    const act = async (writer: Writer) => {
      const isReference = writer === reference;
      await writeAll(writer, {
        ...{ end, emit },
        requestOf: (name) => requestOf(writer, name),
        then: async (name) =>
          isReference ? written.get(name)?.resolve() : await compare(writer, name),
      });
      if (!isReference) return;
      const lack = new UserError("there is nothing to compare it with: the reference failed");
      written.forEach(({ reject }) => reject(lack)); // those that are not there
    };
    const lanes = surroundings.gpu ? lanesOf(navigator.hardwareConcurrency) : 1;
    await inLanes([reference, ...others], lanes, act);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The reference, and all that is compared with it. */
function writersOf(
  { cases, few, settings }: Extract<Task, { kind: "parity" }>,
  surroundings: Surroundings,
): Writer[] {
  const { gpu, peers } = surroundings;
  const hasTorch = peers.torch !== null;
  const ours = (setting: Setting, xla = false): Writer => ({
    program: xla ? byXla : opByOp,
    setting,
    cases: xla ? few : cases,
    start: () => startOurWriter(surroundings, { setting, xla }),
  });
  const torch = (setting: Setting): Writer => ({
    program: "PyTorch eager",
    setting,
    cases: gpu ? cases : few,
    start: () => startTorchWriter(surroundings, { setting, gpu }),
  });
  const reference: Writer = hasTorch
    ? {
      ...{ program: "PyTorch in float64 on the CPU", setting: "float32", cases },
      start: () => startTorchWriter(surroundings, { setting: "float64", gpu: false }),
    }
    : {
      ...{ program: "ours in float32 on the CPU", setting: "float32", cases },
      start: () => startOurWriter(surroundings, { setting: "float32", hidesGpu: true }),
    };
  return [
    reference,
    ...settings.map((setting) => ours(setting)),
    ...(few.length > 0 ? [ours("float32", true)] : []),
    ...(hasTorch && (!gpu || peers.torchGpu) ? settings.map(torch) : []),
  ];
}

/** Writes all values of a program; a case that fails is a finding, and the next one follows. */
async function writeAll(
  writer: Writer,
  { end, emit, then, requestOf }: {
    end: number;
    emit: Emit;
    then: (name: string) => Promise<void>;
    requestOf: (name: string) => ParityRequest;
  },
): Promise<void> {
  const { program, setting } = writer;
  let running: RunningWriter | undefined;
  let lastFailure: string | undefined;
  for (const name of writer.cases) {
    try {
      running ??= await before(end, writer.start());
      await before(end, running.write(requestOf(name)));
      await then(name);
    } catch (error) {
      const failed = reasonOf(error);
      emit({ program, setting, case: name, failed });
      // The others would fail alike.
      if (running === undefined || failed === lastFailure || performance.now() >= end) break;
      lastFailure = failed;
    }
  }
  if (performance.now() < end) await running?.close().catch(() => {});
  else running?.kill();
}

async function startOurWriter(
  { threads, gpu, caches }: Surroundings,
  { setting, xla = false, hidesGpu = false }: {
    setting: Setting;
    xla?: boolean;
    hidesGpu?: boolean;
  },
): Promise<RunningWriter> {
  const env = engineVariables({ caches, tf32: setting === "TF32", hidesGpu });
  const half = await startOurs({ threads, opThreads: undefined, gpu, env });
  const precision = precisionOf(setting);
  return { ...half, write: (parity) => half.writeParity({ parity, precision, xla }) };
}

async function startTorchWriter(
  surroundings: Surroundings,
  { setting, gpu }: { setting: Setting | "float64"; gpu: boolean },
): Promise<RunningWriter> {
  const child = await startTorch(surroundings, { gpu, tf32: setting === "TF32" });
  const precision = setting === "float64" ? setting : precisionOf(setting);
  return { ...child, write: (parity) => child.ask({ parity: { ...parity, precision } }) };
}

function precisionOf(setting: Setting): Precision {
  return setting === "bfloat16" ? "bfloat16" : "float32";
}

async function readValues(path: string): Promise<Map<string, Float32Array>> {
  const { tensors } = parseSafetensors(await Deno.readFile(path));
  return new Map(
    Object.entries(tensors).map(([key, { data }]) => [key, new Float32Array(data.slice().buffer)]),
  );
}

/**
 * The error of each kind of values: the norm of all differences over that of the reference. What is
 * missing, or not a number, is an infinite error.
 */
export function errorsOf(
  values: ReadonlyMap<string, Float32Array>,
  reference: ReadonlyMap<string, Float32Array>,
): Errors {
  const sums = Object.fromEntries(kinds.map((kind) => [kind, { squares: 0, all: 0 }]));
  for (const [key, right] of reference) {
    const sum = sums[key.slice(0, key.indexOf("/"))] as { squares: number; all: number };
    sum.squares += squaredDifference(values.get(key), right);
    sum.all += right.reduce((total, x) => total + x ** 2, 0);
  }
  return Object.fromEntries(
    Object.entries(sums).map(([kind, { squares, all }]) => [
      kind,
      squares === 0 ? 0 : Math.sqrt(squares / all),
    ]),
  ) as Errors;
}

function squaredDifference(value: Float32Array | undefined, right: Float32Array): number {
  if (value?.length !== right.length) return Infinity;
  const sum = right.reduce((total, x, i) => total + (value[i] as number - x) ** 2, 0);
  return Number.isNaN(sum) ? Infinity : sum;
}

function findingOf(writer: Writer, reference: Writer, name: string, errors: Errors) {
  const { program, setting } = writer;
  const allowed = tolerances[setting];
  const shown = Object.fromEntries(kinds.map((kind) => [kind, rounded(errors[kind])]));
  return {
    ...{ program, setting, case: name, against: reference.program, errors: shown },
    ok: kinds.every((kind) => errors[kind] <= allowed[kind]),
  };
}
