/**
 * Our half of the benchmark: starts it as a program of its own, as PyTorch's is, and asks it for times.
 *
 * @module
 */
import { UserError } from "../../lib/errors.ts";
import { type WorkerStart, workerVariable } from "../cli/worker.ts";
import { type Case, opThreadsOf } from "./cases.ts";
import { type Child, launcherArgs, startChild } from "./child.ts";
import type { Work } from "./gpu/work.ts";
import type { BenchOptions } from "./options.ts";
import type { Request } from "./request.ts";

/** Our half, running. */
export interface Ours extends Pick<Child, "close" | "kill"> {
  /** The milliseconds of each of what is asked for. */
  times(
    request: Exclude<Request, { memory: true } | { parity: unknown } | { work: unknown }>,
  ): Promise<number[]>;
  /** Writes the values of a parity check. */
  writeParity(request: Extract<Request, { parity: unknown }>): Promise<void>;
  /** The arithmetic of a step; undefined where it is not counted. */
  work(shape: Case): Promise<Work | undefined>;
  /** The most bytes of memory that its process had. */
  memory(): Promise<{ peakBytes: number }>;
}

/** What our half computes with; it runs as many ops at a time as it has threads unless told. */
export interface OursOptions extends Pick<BenchOptions, "threads" | "opThreads"> {
  /** Whether it uses a GPU, if there is one. Default false. */
  gpu?: boolean;
  /** Environment variables that are added to ours or replace them. */
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
  const numbers = Object.entries({ threads, "op-threads": opThreads });
  const flags = numbers.flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${value}`]
  );
  const args = launcherArgs("bench", "--serve", ...(gpu ? ["--gpu"] : []), ...flags);
  const told: Record<string, string> = worker ? { [workerVariable]: JSON.stringify(worker) } : {};
  const child = await startChild(Deno.execPath(), args, { ...env, ...told }).catch(refuse);
  const ask = (request: Request) => child.ask({ ...request }).catch(refuse);
  return {
    times: async (request) => (await ask(request)).times as number[],
    writeParity: async (request) => {
      await ask(request);
    },
    work: async (work) => (await ask({ work })).work as Work | null ?? undefined,
    memory: async () => await ask({ memory: true }) as unknown as { peakBytes: number },
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

  /**
   * The half for a case. It runs as many ops at a time as --op-threads says, or else as many as the task
   * for that network does.
   */
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
