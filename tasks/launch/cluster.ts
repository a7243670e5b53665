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
import { UsageError } from "../cli/usage_error.ts";
import {
  type Env,
  type Place,
  quoted,
  unusable,
  wholeNumber,
  whyNotHosts,
} from "./cluster_place.ts";
import { placeInSlurm, slurmTasks } from "./slurm.ts";

/** What the command line says about processes; numbers as they were typed, or already read. */
export interface ClusterFlags {
  /** `--workers`: the number of processes on this machine. */
  readonly workers?: string | number | undefined;
  /** `--hosts`: the addresses of all processes, separated by commas. */
  readonly hosts?: string | undefined;
  /** `--rank`: the place of this process among `hosts`, from 0. */
  readonly rank?: string | number | undefined;
}

/** Several processes on this machine, for the launcher to start. */
export interface LocalWorkers {
  /** Their number, 2 or more. */
  readonly workers: number;
}

/**
 * The processes that train together; or this one's place among 2 or more that others start.
 * `"workers" in plan` tells the two kinds apart.
 */
export type ClusterPlan = LocalWorkers | Readonly<Place>;

/**
 * The processes that train together, or undefined for one that trains alone.
 *
 * @throws {UsageError} If the options are wrong.
 * @throws {UserError} If the environment is wrong.
 */
export function readCluster(flags: ClusterFlags, env: Env): ClusterPlan | undefined {
  const { workers, hosts, rank } = flags;
  if (workers !== undefined && hosts !== undefined) {
    throw new UsageError(
      "Cannot use --workers and --hosts together: --workers starts processes on this machine, and " +
        "--hosts names those of several machines; use only one of them",
    );
  }
  if (rank !== undefined && hosts === undefined) {
    throw new UsageError("--rank goes with --hosts only: it is a place in that list");
  }
  if (workers !== undefined) {
    const count = wholeNumber(workers);
    if (!count) {
      throw new UsageError(
        `--workers must be a whole number of at least 1, not ${quoted(workers)}`,
      );
    }
    return count === 1 ? undefined : { workers: count };
  }
  // An empty variable is often meant to be none.
  const variable: Env = (name) => env(name)?.trim() || undefined;
  const place = hosts === undefined
    ? placeInTfConfig(variable) ?? placeInSlurm(variable)
    : placeInHosts(hosts, rank, variable);
  return place && place.hosts.length > 1 ? place : undefined;
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
