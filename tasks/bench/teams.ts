/**
 * Teams: several processes of one thread each that are asked the same at the same time.
 *
 * @module
 */
import { UserError } from "../../lib/errors.ts";
import { freePorts } from "../launch/free_ports.ts";
import { type Child, type Message, pythonProgram, startChild } from "./child.ts";
import { type Ours, type OursOptions, startOurs } from "./ours.ts";
import type { BenchOptions } from "./options.ts";

/** What our halves are asked. */
type OursRequest = Parameters<Ours["times"]>[0];

/** Several processes, which end when it is disposed of. */
interface Team<Request> extends AsyncDisposable {
  /** The milliseconds of each of what is asked for, by process. */
  times(request: Request): Promise<number[][]>;
}

/** Processes of ours. */
export interface OurTeam extends Team<OursRequest> {
  /** The peak resident bytes of each process; on Linux only. */
  peakBytes(): Promise<number[]>;
}

/** Seconds that a process of ours waits for the others: the machine may be busy. */
const timeout = 300;

/** Starts so many processes of ours that train together. */
export function startTogether(count: number, options: Pick<OursOptions, "opThreads">) {
  const hosts = freePorts(count).map((port) => `127.0.0.1:${port}`);
  const common = { hosts, timeout, threads: 1, code: "" };
  return ourTeam(
    hosts.map((_, rank) => startOurs({ ...options, threads: 1 }, { ...common, rank })),
  );
}

/** Starts so many processes of ours that know nothing of each other. */
export function startApart(count: number, options: Pick<OursOptions, "opThreads">) {
  return ourTeam(Array.from({ length: count }, () => startOurs({ ...options, threads: 1 })));
}

async function ourTeam(starting: readonly Promise<Ours>[]): Promise<OurTeam> {
  const members = await Promise.all(starting);
  return {
    times: (request) => Promise.all(members.map((member) => member.times(request))),
    peakBytes: () => Promise.all(members.map(async (member) => (await member.memory()).peakBytes)),
    ...closing(members),
  };
}

/** A team of other programs, which say how they can be asked. */
export interface OtherTeam extends Team<Message> {
  /** What the first said when it was ready. */
  readonly ready: Message;
}

/** Starts so many processes of tasks/bench/pytorch_workers.py, which train together. */
export async function startPyTorchTeam(
  count: number,
  { python }: Pick<BenchOptions, "python">,
): Promise<OtherTeam> {
  const [port] = freePorts(1);
  const flags = ["--workers", `${count}`, "--port", `${port}`];
  const common = [pythonProgram("pytorch_workers.py"), ...flags];
  return otherTeam(
    await Promise.all(
      Array.from(
        { length: count },
        (_, rank) => startChild(python, [...common, "--rank", String(rank)]),
      ),
    ),
  );
}

/**
 * Starts so many processes of tasks/bench/open_mpi.py. Only the first of them is asked.
 *
 * @throws {UserError} If there is no mpirun, or Python has no mpi4py.
 */
export async function startOpenMpi(
  count: number,
  { python }: Pick<BenchOptions, "python">,
): Promise<OtherTeam> {
  // More processes than processors, or the user root, must be allowed explicitly.
  const allowing = ["--oversubscribe", ...(Deno.uid() === 0 ? ["--allow-run-as-root"] : [])];
  const flags = ["-n", String(count), ...allowing];
  const child = await startChild("mpirun", [...flags, python, pythonProgram("open_mpi.py")]);
  if (child.ready.error !== undefined) {
    await child.close();
    throw new UserError(String(child.ready.error));
  }
  const team = otherTeam([child]);
  return {
    ...team,
    async [Symbol.asyncDispose]() {
      await child.ask({ end: true });
      await team[Symbol.asyncDispose]();
    },
  };
}

function otherTeam(members: readonly Child[]): OtherTeam {
  return {
    ready: members[0]!.ready,
    times: async (request) => {
      const answers = await Promise.all(members.map((member) => member.ask(request)));
      return answers.map(({ times }) => times as number[]);
    },
    ...closing(members),
  };
}

function closing(members: readonly Pick<Child, "close">[]): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(members.map((member) => member.close()));
    },
  };
}
