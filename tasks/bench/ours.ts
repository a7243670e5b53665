/**
 * Our half of the benchmark: starts it as a program of its own, as PyTorch's is, and asks it for times.
 *
 * @module
 */
import { fromFileUrl } from "@std/path";
import type { Precision } from "../../lib/jit/mod.ts";
import { UserError } from "../../lib/errors.ts";
import { toWorkerVariable, type WorkerStart, workerVariable } from "../cli/worker.ts";
import { type Case, opThreadsOf } from "./cases.ts";
import { startChild } from "./child.ts";
import type { Ceiling } from "./gpu/ceilings.ts";
import type { ParityRequest } from "./gpu/parity_values.ts";
import type { Work } from "./gpu/work.ts";
import type { Kernel } from "./kernels.ts";
import type { BenchOptions } from "./options.ts";

/** The images of an epoch: the first so many of a folder, which are repeated where it has too few. */
export interface EpochData {
  /** The folder with CIFAR-10's files, or with those of the sample. */
  folder: string;
  train: number;
  test: number;
}

/** What our half is asked. */
export type Request =
  /** Training steps of a case; with `workers`, together with the other processes. */
  | { case: Case; precision: Precision; steps: number; workers?: boolean } & HowToStep
  /** What `deno task bench --gpu` compares; see gpu/parity_values.ts. */
  | { parity: ParityRequest; precision: Precision; xla?: boolean }
  /** Steps of what the device can do at best; see gpu/ceilings.ts. */
  | { ceiling: Ceiling; precision: Precision; steps: number }
  /** The arithmetic of a case's step; see gpu/work.ts. */
  | { work: Case }
  /** Sums of so many float32 numbers over all processes. */
  | { allReduce: number; steps: number }
  /** Steps within epochs of the loop, whose overhead is looked for. */
  | { loop: Case; precision: Precision; epochs: number }
  /** Whole epochs of a WideResNet, alone or with a WideResNet as its teacher. */
  | { epoch: Case; data: EpochData; precision: Precision; epochs: number }
  /** Runs of many operations of a kind. */
  | { kernel: Kernel; precision: Precision; steps: number }
  /** The memory of its process; on Linux only. */
  | { memory: true };

/** How a step is compiled and timed. */
export interface HowToStep {
  /** Whether XLA compiles it. Default false. */
  xla?: boolean;
  /**
   * Whether all steps are timed together, with one wait for the device at the end: then the only time
   * is their mean. Default false.
   */
  block?: boolean;
}

/** Bytes of resident memory. */
export interface Memory {
  peakBytes: number;
  residentBytes: number;
}

/** Our half, running. */
export interface Ours {
  /** The milliseconds of each of what is asked for. */
  times(
    request: Exclude<Request, { memory: true } | { parity: unknown } | { work: unknown }>,
  ): Promise<
    number[]
  >;
  /** Writes the values of a parity check. */
  writeParity(request: Extract<Request, { parity: unknown }>): Promise<void>;
  /** The arithmetic of a step; undefined where it is not counted. */
  work(shape: Case): Promise<Work | undefined>;
  memory(): Promise<Memory>;
  close(): Promise<void>;
  kill(): void;
}

/** What our half computes with; it runs as many ops at a time as it has threads unless told. */
export interface OursOptions extends Pick<BenchOptions, "threads" | "opThreads"> {
  /** Whether it uses a GPU, if there is one. Default false. */
  gpu?: boolean;
  /** What its environment has beside ours, or instead. */
  env?: Record<string, string>;
}

/**
 * Starts our half.
 *
 * @param worker where it is one of several that train together.
 */
export async function startOurs(
  { threads, opThreads, gpu = false, env = {} }: OursOptions,
  worker?: WorkerStart,
): Promise<Ours> {
  const [config = "", launcher = ""] = ["deno.nojsr.json", "tasks/launch.ts"]
    .map((path) => fromFileUrl(new URL(`../../${path}`, import.meta.url)));
  const numbers = Object.entries({ threads, "op-threads": opThreads });
  const flags = numbers.flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${value}`]
  );
  const program = ["run", "--allow-all", "--quiet", "--no-lock", "--config", config, launcher];
  const args = [...program, "bench", "--serve", ...(gpu ? ["--gpu"] : []), ...flags];
  const told: Record<string, string> = worker ? { [workerVariable]: toWorkerVariable(worker) } : {};
  const child = await startChild(Deno.execPath(), args, { ...env, ...told }).catch(refuse);
  const ask = (request: Request) => child.ask({ ...request }).catch(refuse);
  return {
    times: async (request) => (await ask(request)).times as number[],
    writeParity: async (request) => {
      await ask(request);
    },
    work: async (work) => (await ask({ work })).work as Work | null ?? undefined,
    memory: async () => await ask({ memory: true }) as unknown as Memory,
    close: child.close,
    kill: child.kill,
  };
}

function refuse(error: unknown): never {
  if (!(error instanceof UserError)) throw error;
  throw new UserError(`Cannot measure our half: ${error.message}`);
}

/** Our halves by what they run with: TensorFlow takes its threads once a process. */
export class OursPool implements AsyncDisposable {
  readonly #options: OursOptions;
  readonly #running = new Map<number | undefined, Promise<Ours>>();

  constructor(options: OursOptions) {
    this.#options = options;
  }

  /** The half for a case, with as many ops at a time as asked for, or as its task has it. */
  of(shape: Case): Promise<Ours> {
    return this.with(this.#options.opThreads ?? opThreadsOf(shape));
  }

  /** The half that runs so many ops at a time. */
  with(opThreads: number | undefined): Promise<Ours> {
    const { threads } = this.#options;
    const running = this.#running.get(opThreads) ?? startOurs({ threads, opThreads });
    this.#running.set(opThreads, running);
    return running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const half of this.#running.values()) await (await half).close();
  }
}
