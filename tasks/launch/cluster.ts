/**
 * Finds out which processes train together, from the command line and the environment. The first of
 * these that is given decides:
 *
 * 1. `--workers N`, processes on this machine, or `--hosts` and `--rank`, processes on several.
 * 2. `TF_CONFIG`, as schedulers of TensorFlow set it.
 * 3. Slurm's variables, but only in a task that `srun` started together with others. A batch script
 *    and the shell of `salloc` have most of these variables too, but no others run with them, so that
 *    a command there would wait for nobody.
 *
 * Nothing is read here but the arguments, and no port is opened.
 *
 * @module
 */
import type { ClusterOptions } from "../../lib/backend/use_tensorflow.ts";
import { printable, UserError } from "../../lib/errors.ts";
import { UsageError } from "../cli/usage_error.ts";

/** What the command line says about processes; numbers as they were typed, or already read. */
export interface ClusterFlags {
  /** `--workers`: the number of processes on this machine. */
  readonly workers?: string | number | undefined;
  /** `--hosts`: the addresses of all processes, separated by commas. */
  readonly hosts?: string | undefined;
  /** `--rank`: the place of this process among `hosts`, from 0. */
  readonly rank?: string | number | undefined;
  /** Passed on: seconds after which a step fails if another process does not take part. */
  readonly timeout?: number | undefined;
}

/** Several processes on this machine, for the launcher to start. */
export interface LocalWorkers extends Pick<ClusterOptions, "timeout"> {
  /** Their number, 2 or more. */
  readonly workers: number;
}

/** This process, as one of several that others start: 2 hosts or more, and its rank. */
export type HostWorker = Readonly<ClusterOptions>;

/** The processes that train together: `"workers" in plan` tells the two kinds apart. */
export type ClusterPlan = LocalWorkers | HostWorker;

/** Reads an environment variable, such as `Deno.env.get`. */
export type Env = (name: string) => string | undefined;

/** The addresses of all processes, and the place of this one among them. */
type Place = Pick<HostWorker, "hosts" | "rank">;

/**
 * The processes that train together, or undefined for one that trains alone.
 *
 * @throws {UsageError} If the options are wrong.
 * @throws {UserError} If the environment is wrong.
 */
export function readCluster(flags: ClusterFlags, env: Env): ClusterPlan | undefined {
  const { workers, hosts, rank, timeout } = flags;
  if (workers !== undefined && hosts !== undefined) {
    throw new UsageError(
      "Cannot use --workers and --hosts together: --workers starts processes on this machine, and " +
        "--hosts names those of several machines; use only one of them",
    );
  }
  if (rank !== undefined && hosts === undefined) {
    throw new UsageError("--rank goes with --hosts only: it is a place in that list");
  }
  const limit = timeout === undefined ? {} : { timeout };
  if (workers !== undefined) {
    const count = readWorkers(workers);
    return count === 1 ? undefined : { workers: count, ...limit };
  }
  // An empty variable is often meant to be none.
  const variable: Env = (name) => env(name)?.trim() || undefined;
  const place = hosts === undefined
    ? placeInTfConfig(variable) ?? placeInSlurm(variable)
    : placeInHosts(hosts, rank, variable);
  return place && place.hosts.length > 1 ? { ...place, ...limit } : undefined;
}

function readWorkers(workers: string | number): number {
  const count = wholeNumber(workers);
  if (count === undefined || count === 0) {
    throw new UsageError(`--workers must be a whole number of at least 1, not ${quoted(workers)}`);
  }
  return count;
}

function placeInHosts(text: string, rank: ClusterFlags["rank"], env: Env): Place {
  const hosts = text.split(",").map((host) => host.trim());
  const wrong = whyNotHosts(hosts);
  if (wrong !== undefined) {
    throw new UsageError(
      `--hosts must be a list of addresses such as node1:4000,node2:4000, but ${wrong}`,
    );
  }
  const range = `a whole number from 0 to ${hosts.length - 1}, a place in --hosts`;
  if (rank !== undefined) {
    const place = wholeNumber(rank, hosts.length);
    if (place !== undefined) return { hosts, rank: place };
    throw new UsageError(`--rank must be ${range}, not ${quoted(rank)}`);
  }
  const name = slurmTasks(env) > 1 ? "SLURM_PROCID" : "JOB_COMPLETION_INDEX";
  const index = env(name);
  if (index === undefined) {
    throw new UsageError(
      `--hosts needs --rank N, ${range}: neither srun nor an indexed Job of Kubernetes says it here`,
    );
  }
  const place = wholeNumber(index, hosts.length);
  if (place !== undefined) return { hosts, rank: place };
  throw unusable(name, index, `as --rank it must be ${range}`);
}

function placeInTfConfig(env: Env): Place | undefined {
  const text = env("TF_CONFIG");
  if (text === undefined) return undefined;
  const wrong = (why: string) => unusable("TF_CONFIG", text, why);
  const config = parseJson(text);
  if (config === undefined) throw wrong("it is not JSON");
  const { cluster, task } = asRecord(config);
  if (Object.keys(asRecord(cluster)).length === 0) throw wrong("it has no cluster");
  const { chief = [], worker = [], ...others } = asRecord(cluster);
  const only = "only chief and worker take part in training here";
  const [other] = Object.keys(others);
  if (other !== undefined) throw wrong(`its cluster has ${quoted(other)}, but ${only}`);
  if (!isList(chief) || !isList(worker)) throw wrong("its cluster must hold lists of addresses");
  const { type, index } = asRecord(task);
  if (type === undefined) throw wrong("it has no task with a type");
  if (type !== "chief" && type !== "worker") {
    throw wrong(`its task has the type ${quoted(type)}, but ${only}`);
  }
  const peers = type === "chief" ? chief : worker;
  if (peers.length === 0) throw wrong(`its task is a ${type}, but its cluster has none`);
  const place = wholeNumber(index, peers.length);
  if (place === undefined) {
    throw wrong(`its task's index must be a whole number from 0 to ${peers.length - 1}`);
  }
  const hosts = [...chief, ...worker];
  const why = hosts.length > 1 ? whyNotHosts(hosts) : undefined; // one that is alone needs no address
  if (why !== undefined) throw wrong(why);
  return { hosts, rank: type === "chief" ? place : chief.length + place };
}

/** The ids from here on are of Slurm's own steps, such as a batch script or `salloc`'s shell. */
const specialSteps = 0xfffffff0;

/**
 * The number of tasks that `srun` started with this one; 0 outside of a step. A step that inherits
 * the job's SLURM_NTASKS, such as the shell of `salloc`, has a number of its own.
 */
function slurmTasks(env: Env): number {
  const step = wholeNumber(env("SLURM_STEP_ID"), specialSteps);
  if (step === undefined || env("SLURM_PROCID") === undefined) return 0;
  return wholeNumber(env("SLURM_STEP_NUM_TASKS") ?? env("SLURM_NTASKS")) ?? 0;
}

/** The most tasks or nodes that we read from Slurm's short forms, so that none fills the memory. */
const most = 10_000;

function placeInSlurm(env: Env): Place | undefined {
  const tasks = slurmTasks(env);
  if (tasks < 2) return undefined;
  const distribution = env("SLURM_DISTRIBUTION");
  const order = distribution?.split(/[:,]/)[0];
  if (order === "plane" || order === "arbitrary") {
    const why = "the node of each task does not follow from it; use srun --distribution=block";
    throw unusable("SLURM_DISTRIBUTION", distribution, why);
  }
  const [nodesName, nodesText] = firstOf(env, "SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST");
  const [countsName, countsText] = firstOf(env, "SLURM_STEP_TASKS_PER_NODE");
  const nodes = expandNodes(nodesText);
  if (nodes === undefined) throw unusable(nodesName, nodesText, "it is no list of nodes");
  const counts = expandCounts(countsText);
  if (counts === undefined) throw unusable(countsName, countsText, "it is no list of numbers");
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (counts.length !== nodes.length || total !== tasks || tasks > most) {
    const why =
      `it must be for the ${tasks} tasks (at most ${most}) and ${nodes.length} nodes of ` +
      "this step";
    throw unusable(countsName, countsText, why);
  }
  const ports = slurmPorts(env, Math.max(...counts));
  const places = nodes.flatMap((node, nodeId) =>
    Array.from({ length: counts[nodeId] as number }, (_, localId) => ({ node, nodeId, localId }))
  );
  // One task for each node in turn, and again; the sort keeps the order of the nodes.
  if (order === "cyclic") places.sort((a, b) => a.localId - b.localId);
  const rank = readPlace(env, places);
  const hosts = places.map(({ node, localId }) => `${node}:${ports + localId}`);
  const why = whyNotHosts(hosts);
  if (why !== undefined) throw unusable(nodesName, nodesText, why);
  return { hosts, rank };
}

/** The rank of this task. Were it on another node than we compute, the others would wait for it. */
function readPlace(
  env: Env,
  places: readonly { readonly nodeId: number; readonly localId: number }[],
): number {
  const text = env("SLURM_PROCID");
  const rank = wholeNumber(text, places.length);
  const place = rank === undefined ? undefined : places[rank];
  if (rank === undefined || place === undefined) {
    const why = `it must be a whole number from 0 to ${places.length - 1}`;
    throw unusable("SLURM_PROCID", text, why);
  }
  const { nodeId, localId } = place;
  for (const [name, id] of [["SLURM_NODEID", nodeId], ["SLURM_LOCALID", localId]] as const) {
    const own = env(name);
    if (own === undefined || wholeNumber(own) === id) continue;
    const why = `task ${rank} was expected to have ${id}; use srun --distribution=block`;
    throw unusable(name, own, why);
  }
  return rank;
}

/**
 * The first of the ports that the tasks of a node use. All tasks compute the same one. They lie below
 * the range that Linux takes for outgoing connections, and those of jobs with neighbouring ids, which
 * may share a node, do not overlap.
 */
function slurmPorts(env: Env, tasksPerNode: number): number {
  const [name, text] = firstOf(env, "SLURM_JOB_ID", "SLURM_JOBID");
  const job = wholeNumber(text);
  if (job === undefined) throw unusable(name, text, "it is no whole number");
  const step = wholeNumber(env("SLURM_STEP_ID")) ?? 0;
  // A large prime parts steps of one job, which may run at once, from those of the next jobs.
  const block = (job + 7919 * step) % Math.floor(12_000 / tasksPerNode);
  return 20_000 + block * tasksPerNode;
}

/** The names of a list such as `node[01-03,7],gpu-a`; undefined if it is none, or far too long. */
function expandNodes(list: string): string[] | undefined {
  const names = list.match(/([^,[\]]|\[[^[\]]*\])+/g) ?? [];
  if (names.join(",") !== list) return undefined;
  const nodes: string[] = [];
  for (const name of names) {
    const expanded = expandName(name);
    if (expanded === undefined || nodes.length + expanded.length > most) return undefined;
    nodes.push(...expanded);
  }
  return nodes;
}

/** `rack[1-2]n[3,5]` is rack1n3, rack1n5, rack2n3, rack2n5. */
function expandName(name: string): string[] | undefined {
  const [, before, ranges, after] = name.match(/^([^[]*)\[([^\]]*)\](.*)$/) ?? [];
  if (ranges === undefined) return [name];
  const ends = expandName(after as string);
  const numbers = expandRanges(ranges);
  if (!ends || !numbers || numbers.length * ends.length > most) return undefined;
  return numbers.flatMap((number) => ends.map((end) => before + number + end));
}

/** `01-03,7` is 01, 02, 03, 7. */
function expandRanges(text: string): string[] | undefined {
  const numbers: string[] = [];
  for (const range of text.split(",")) {
    const [, first, last = first] = range.match(/^(\d{1,15})(?:-(\d{1,15}))?$/) ?? [];
    const count = Number(last) - Number(first) + 1;
    if (first === undefined || count < 1 || numbers.length + count > most) return undefined;
    for (let i = 0; i < count; i++) {
      numbers.push(String(Number(first) + i).padStart(first.length, "0"));
    }
  }
  return numbers;
}

/** `2(x3),1` is 2, 2, 2, 1. */
function expandCounts(text: string): number[] | undefined {
  const counts: number[] = [];
  for (const item of text.split(",")) {
    const [, count, times = "1"] = item.match(/^(\d{1,9})(?:\(x(\d{1,9})\))?$/) ?? [];
    if (count === undefined || counts.length + Number(times) > most) return undefined;
    for (let i = 0; i < Number(times); i++) counts.push(Number(count));
  }
  return counts;
}

/** The first of these variables that is set. */
function firstOf(env: Env, ...names: [string, ...string[]]): [name: string, value: string] {
  for (const name of names) {
    const value = env(name);
    if (value !== undefined) return [name, value];
  }
  throw unusable(names[0], undefined, "srun did not set it");
}

/** Why these are not the addresses of a cluster; undefined if they are. */
function whyNotHosts(hosts: readonly string[]): string | undefined {
  const wrong = hosts.find((host) => !isAddress(host));
  if (wrong !== undefined) {
    return `${quoted(wrong)} is no address such as node1:4000 or [fd00::1]:4000`;
  }
  const known = hosts.map((host) => host.toLowerCase());
  const twice = hosts.find((_, i) => known.indexOf(known[i] as string) < i);
  return twice === undefined ? undefined : `${quoted(twice)} is there twice`;
}

function isAddress(text: string): boolean {
  const [, port] = text.match(/^(?:\[[0-9a-f:.]+\]|[\w.-]+):([1-9]\d{0,4})$/i) ?? [];
  return port !== undefined && Number(port) < 2 ** 16;
}

/** The whole number that a text is, if it is one below a limit. */
function wholeNumber(value: unknown, below = Infinity): number | undefined {
  const number = /^\d{1,15}$/.test(String(value)) ? Number(value) : undefined;
  return number !== undefined && number < below ? number : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function isList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function quoted(value: unknown): string {
  return `"${printable(String(value), 40)}"`;
}

function unusable(name: string, value: string | undefined, why: string): UserError {
  const shown = value === undefined ? "" : `, ${printable(value)}`;
  return new UserError(
    `Cannot use ${name}${shown}: ${why}; correct it, name the processes with --hosts and --rank, or ` +
      "train with one process with --workers 1",
  );
}
