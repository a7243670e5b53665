/**
 * Profiles a trace.
 *
 * This runs the trace again in a session, because TensorFlow's eager contexts do not measure ops. Both
 * run the same nodes: a context runs the trace unchanged, and the session's optimisers are off.
 *
 * @module
 */
import { checkOptions } from "../arguments.ts";
import { UserError } from "../errors.ts";
import type { Context, Handle } from "../tensorflow/context.ts";
import { describeType } from "../tensorflow/data_types.ts";
import { Graph } from "../tensorflow/graph.ts";
import { addNodes } from "./lower.ts";
import type {
  NodeSource,
  Profile,
  ProfiledNode,
  ProfiledRun,
  ProfileOptions,
  ProfilePaths,
} from "./profile.ts";
import { Session } from "../tensorflow/session.ts";
import { type NodeTime, nodeTimes } from "../tensorflow/step_stats.ts";
import { type Trace, typeOf } from "./trace.ts";

/** The data of a compiled function that {@link profileTrace} needs. */
export interface Profiled extends ProfilePaths {
  trace: Trace;
  /** The values of the trace's inputs: arguments, then captured tensors. */
  inputs: readonly Handle[];
}

/**
 * Runs a trace several times, and measures the time of each node. The results are discarded.
 *
 * @throws {UserError} On a GPU, because the times would be those of submitting work to it.
 * @throws {RangeError} If `runs` or `warmUps` is out of range.
 */
export async function profileTrace(
  { trace, inputs, argumentPaths, resultPaths }: Profiled,
  context: Context,
  options: ProfileOptions = {},
): Promise<Profile> {
  checkOptions("profile", options, { runs: true, warmUps: true });
  const { runs = 5, warmUps = 2 } = options;
  checkCount("runs", runs, 1);
  checkCount("warm-up runs", warmUps, 0);
  if (context.usesGpu) {
    throw new UserError(
      "Cannot profile on a GPU: TensorFlow would tell when work was handed to it, not when it was " +
        "done; profile on the CPU, or use NVIDIA's Nsight Systems",
      { code: "not-supported" },
    );
  }
  const graph = new Graph(context.library);
  let session: Session | undefined;
  try {
    const operations = addNodes(graph, trace);
    // A result may be an input, which needs no op, or there may be none.
    const computed = trace.outputs.filter(({ node }) => !trace.inputs.includes(node));
    const names = operations.map(({ name }) => name);
    const nodes = describeNodes(trace, names, argumentPaths, resultPaths);
    if (computed.length === 0) return { nodes, runs: [] };
    const run = {
      inputs: trace.inputs.map((node) => operations[node]!),
      values: inputs,
      targets: computed.map(({ node }) => operations[node]!),
    };
    session = new Session(context, graph);
    for (let i = 0; i < warmUps; i++) await session.run(run);
    const times: NodeTime[][] = [];
    for (let i = 0; i < runs; i++) times.push(nodeTimes(await session.run(run)));
    return { nodes, runs: describeRuns(times, names) };
  } finally {
    session?.delete();
    graph.delete();
  }
}

function checkCount(what: string, count: number, min: number): void {
  if (Number.isInteger(count) && count >= min) return;
  throw new RangeError(
    `Cannot profile ${count} ${what}: the number must be a whole one, ${min} or more`,
  );
}

function describeNodes(
  trace: Trace,
  names: readonly string[],
  argumentPaths: readonly string[],
  resultPaths: readonly string[],
): ProfiledNode[] {
  const sources = new Map<number, NodeSource>(
    trace.inputs.map((node, i) => {
      const argument = argumentPaths[i];
      return [node, argument === undefined ? "captured" : { argument }];
    }),
  );
  return trace.nodes.map(({ op, inputs, outputs, constant }, index) => {
    const source = constant ? "constant" : sources.get(index);
    return {
      name: names[index]!,
      op,
      inputs: inputs.map(({ node }) => node),
      inputTypes: inputs.map((ref) => describe(typeOf(trace, ref)!)),
      outputTypes: outputs.map(describe),
      ...(source !== undefined && { source }),
      results: resultPaths.filter((_, i) => trace.outputs[i]?.node === index),
    };
  });
}

function describe({ dtype, shape }: { dtype: number; shape: readonly number[] | null }): string {
  return shape ? describeType({ dtype, shape }) : describeType({ dtype, shape: [] }) + "?";
}

function describeRuns(runs: readonly NodeTime[][], names: readonly string[]): ProfiledRun[] {
  const nodes = new Map(names.map((name, index) => [name, index]));
  return runs.map((times) => {
    const first = times[0]?.start ?? 0n;
    /** The time when each lane is free again, in nanoseconds. */
    const lanes: number[] = [];
    const events = times.map(({ name, start, duration }) => {
      const begin = Number(start - first);
      // Not at equal times, or rounding could make the two overlap.
      const free = lanes.findIndex((end) => end < begin);
      const lane = free < 0 ? lanes.length : free;
      lanes[lane] = begin + duration;
      return { node: nodes.get(name), name, start: begin / 1e3, duration: duration / 1e3, lane };
    });
    return { duration: Math.max(0, ...lanes) / 1e6, events };
  });
}
