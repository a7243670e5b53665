/**
 * What each node of a profiled step costs: the median of its parts of the steps' time.
 *
 * @module
 */
import { median } from "../../lib/median.ts";
import type { Profile, ProfiledEvent, ProfiledRun } from "../../lib/jit/mod.ts";
import { labelNodes, type NodeLabel } from "./labels.ts";

/** A node, what it is for, and what it costs; or what else costs time, in words. */
export interface NodeCost {
  op: string;
  label: NodeLabel | undefined;
  /** Milliseconds a step. */
  time: number;
}

/** What costs time and is no node of the step, under the numbers -2 and -1. */
export const noNodes: readonly string[] = ["added by TensorFlow", "between ops"];
const [added, idle] = [-2, -1];

/**
 * The costs of all nodes that ran in the order of the nodes, and of what is no node. Their sum is about
 * the time of a step.
 */
export function nodeCosts({ nodes, runs }: Profile): NodeCost[] {
  const labels = labelNodes(nodes);
  const times = runs.map(timeByNode);
  const numbers = new Set(times.flatMap((run) => [...run.keys()]));
  return [...numbers].sort((a, b) => a - b).map((node) => ({
    op: nodes[node]?.op ?? noNodes.at(node)!,
    label: labels[node],
    time: median(times.map((run) => run.get(node) ?? 0)) / 1e3,
  }));
}

function timeByNode({ duration, events }: ProfiledRun): Map<number, number> {
  const shares = sharesOf(events);
  const busy = shares.reduce((sum, share) => sum + share, 0);
  const times = new Map([[idle, Math.max(0, duration * 1e3 - busy)]]);
  events.forEach(({ node = added }, i) => times.set(node, (times.get(node) ?? 0) + shares[i]!));
  return times;
}

/**
 * Each event's part of the time: where several ops run side by side, each has an equal part of that
 * moment, so that the parts add up to the time in which anything ran.
 */
export function sharesOf(events: readonly Pick<ProfiledEvent, "start" | "duration">[]): number[] {
  const shares = events.map(() => 0);
  const changes = events.flatMap(({ start, duration }, event) => [
    { time: start, event, begins: true },
    { time: start + duration, event, begins: false },
  ]).sort((a, b) => a.time - b.time);
  const running = new Set<number>();
  let last = 0;
  for (const { time, event, begins } of changes) {
    for (const other of running) shares[other]! += (time - last) / running.size;
    last = time;
    if (begins) running.add(event);
    else running.delete(event);
  }
  return shares;
}
