/**
 * Runs a task in several processes that train together: all of them on this machine, or this
 * machine's one of a list of hosts.
 *
 * @module
 */
import { join } from "@std/path";
import { sha256 } from "../../lib/files.ts";
import { stepsKept } from "../../lib/train/checkpoint_folder.ts";
import { lostExitCode, type WorkerStart, workerVariable } from "../cli/worker.ts";
import type { ClusterPlan } from "./cluster.ts";
import type { Runner, Start } from "./deno.ts";
import { visibleDevices } from "./gpu.ts";
import { type Permissions, withEnv } from "./permissions.ts";
import { sourcesIn } from "./test_groups.ts";

/** Which workers run here, and what happens when one is lost. */
export interface WorkerPlan {
  /** The processes that train together. */
  readonly cluster: ClusterPlan;
  /** The GPU of each worker on this machine, if there are GPUs. */
  readonly gpus?: readonly string[] | undefined;
  /** Seconds. */
  readonly timeout: number;
  /** How often to start again. */
  readonly restarts: number;
  /** The run folder, if the user named it. */
  readonly folder: string | undefined;
}

/** Seconds for a worker to find out who is lost, and to write a checkpoint. */
const patience = 15;

/** The end of a worker. */
interface Ended {
  readonly code: number;
  /** True if it did not end by itself, long after another one. */
  readonly isKilled: boolean;
  /** What it printed, if it is not the first. */
  readonly lines: readonly string[];
}

/**
 * Runs the workers of a task, and starts them again if one is lost and the plan says so.
 *
 * @returns The exit code.
 */
export async function runWorkers(
  runner: Runner,
  program: string,
  start: Start,
  plan: WorkerPlan,
): Promise<number> {
  const code = await codeDigest(runner.place.root);
  let args = start.args ?? [];
  for (let restart = 0;; restart++) {
    const ended = await runOnce(runner, program, { ...start, args }, plan, code);
    const failed = tell(ended);
    const isLost = ended.some(({ code }) => code === lostExitCode);
    const { restarts, folder } = plan;
    if (failed === 0 || !isLost || restart >= restarts || runner.isEnding || !folder) return failed;
    console.error(`note: restart ${restart + 1} of ${restarts}`);
    // Without a checkpoint, the workers have not even begun.
    if ((await stepsKept(folder)).length === 0) continue;
    args = [...withoutFlags(start.args ?? [], ofFirstStart), "--resume", folder];
  }
}

/** Flags that a run is started with, and not continued. */
const ofFirstStart = ["save", "init", "resume", "recipe", "finetune"];

async function runOnce(
  runner: Runner,
  program: string,
  start: Start,
  { cluster, gpus, timeout }: WorkerPlan,
  code: string,
): Promise<Ended[]> {
  const hosts = "workers" in cluster
    ? (await freePorts(runner, cluster.workers)).map((port) => `127.0.0.1:${port}`)
    : cluster.hosts;
  const ranks = "workers" in cluster ? [...hosts.keys()] : [cluster.rank];
  const threads = Math.max(1, Math.floor(navigator.hardwareConcurrency / ranks.length));
  const { permissions, env = {} } = start;
  const time = Date.now();
  const rest = new AbortController();
  const endAllIn = (seconds: number) =>
    Deno.unrefTimer(setTimeout(() => rest.abort(), 1000 * seconds));
  const runWorker = async (rank: number): Promise<Ended> => {
    const lines: string[] = [];
    const worker: WorkerStart = { hosts, rank, timeout, threads, code, time };
    const exitCode = await runner.run(program, {
      ...start,
      name: `worker ${rank}`,
      permissions: permissions === "all" ? permissions : forWorker(permissions, hosts, rank),
      env: {
        ...env,
        [workerVariable]: JSON.stringify(worker),
        ...(gpus && { [visibleDevices]: gpus[rank] as string }),
      },
      kill: rest.signal,
      // Of several here, only the first prints for itself.
      ...(rank !== ranks[0] && { onLine: (line: string) => lines.push(line) }),
    });
    // Those that lost it end by themselves, after the timeout; one that is stopped never would.
    if (exitCode !== 0) endAllIn(exitCode === lostExitCode ? patience : timeout + patience);
    return { code: exitCode, isKilled: rest.signal.aborted, lines };
  };
  return await Promise.all(ranks.map(runWorker));
}

/**
 * Prints what the user must know of the workers that print nothing themselves, and returns the exit
 * code. If one worker fails, the others lose it and fail too, so only the cause is worth a line.
 */
function tell(ended: readonly Ended[]): number {
  const bestFirst: ((end: Ended) => boolean)[] = [
    ({ code, isKilled }) => code !== 0 && code !== lostExitCode && !isKilled,
    ({ code, isKilled }) => code !== 0 && !isKilled,
    ({ code }) => code !== 0,
  ];
  const rank = bestFirst.map((explains) => ended.findIndex(explains)).find((found) => found >= 0);
  if (rank === undefined) return 0;
  for (const line of ended[rank]!.lines) console.error(`worker ${rank}: ${line}`);
  return ended[rank]!.code;
}

/** Variables of a worker: our own, and one by which TensorFlow's server can share its port. */
const workerVariables = [workerVariable, "TF_GRPC_REUSE_PORT"];

/** As for one process, and the others' ports, and its own: to find the others, and who is lost. */
function forWorker(
  permissions: Permissions,
  hosts: readonly string[],
  rank: number,
): Permissions {
  const own = (hosts[rank] as string).replace(/.*:/, "");
  return {
    ...withEnv(permissions, ...workerVariables),
    net: [...hosts, `[::]:${own}`, `0.0.0.0:${own}`],
  };
}

async function freePorts(runner: Runner, count: number): Promise<string[]> {
  const ports: string[] = [];
  await runner.run("tasks/launch/free_ports.ts", {
    args: [String(count)],
    permissions: { net: ["127.0.0.1"] },
    onLine: (line) => ports.push(line),
  });
  return ports;
}

/** A digest of all sources. */
async function codeDigest(root: string): Promise<string> {
  const paths = ["lib", "models", "tasks"].flatMap((folder) => sourcesIn(join(root, folder)));
  const texts = await Promise.all(paths.sort().map((path) => Deno.readTextFile(path)));
  return await sha256(new TextEncoder().encode(texts.join("\n")));
}

/** Without some flags and their values. */
function withoutFlags(args: readonly string[], names: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [, name, value] = args[i]!.match(/^--([\w-]+)(=.*)?$/s) ?? [];
    if (name === undefined || !names.includes(name)) kept.push(args[i]!);
    else if (value === undefined) i++;
  }
  return kept;
}
