/**
 * Finds the tasks that Slurm's `srun` started together, from its variables.
 *
 * @module
 */
import { type Env, type Place, unusable, wholeNumber, whyNotHosts } from "./cluster_place.ts";

/** The ids from here on are of Slurm's own steps, such as a batch script or `salloc`'s shell. */
const specialSteps = 0xfffffff0;

/**
 * The number of tasks that `srun` started with this one; 0 outside of a step. A step that inherits
 * the job's SLURM_NTASKS, such as the shell of `salloc`, has a number of its own.
 */
export function slurmTasks(env: Env): number {
  const step = wholeNumber(env("SLURM_STEP_ID"), specialSteps);
  if (step === undefined || env("SLURM_PROCID") === undefined) return 0;
  return wholeNumber(env("SLURM_STEP_NUM_TASKS") ?? env("SLURM_NTASKS")) ?? 0;
}

/** The most tasks or nodes that we read from Slurm's short forms, so that none fills the memory. */
const most = 10_000;

export function placeInSlurm(env: Env): Place | undefined {
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
