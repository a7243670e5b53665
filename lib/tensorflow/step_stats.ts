/**
 * TensorFlow's measurements of a session: when each node ran. The messages also have a field for the
 * thread, but it is empty on CPUs.
 *
 * Format: tensorflow/core/framework/step_stats.proto.
 *
 * @module
 */
import protobuf from "protobufjs";

/** A node that ran. */
export interface NodeTime {
  /** Its name in the graph. */
  name: string;
  /** The start of its kernel, in nanoseconds of the system clock. */
  start: bigint;
  /** The run time of its kernel, in nanoseconds. */
  duration: number;
}

const messages = `
  syntax = "proto3";

  message RunMetadata {
    StepStats step_stats = 1;
  }
  message StepStats {
    repeated DeviceStepStats dev_stats = 1;
  }
  message DeviceStepStats {
    repeated NodeExecStats node_stats = 2;
  }
  message NodeExecStats {
    string node_name = 1;
    int64 all_start_nanos = 13;
    int64 op_start_rel_nanos = 14;
    int64 op_end_rel_nanos = 15;
  }
`;

const RunMetadata = protobuf.parse(messages).root.lookupType("RunMetadata");

interface NodeExecStats {
  nodeName: string;
  /** Integers as text, because nanoseconds of the clock do not fit exactly into a number. */
  allStartNanos: string;
  opStartRelNanos: string;
  opEndRelNanos: string;
}

/** The nodes of a `RunMetadata`, in order of start. */
export function nodeTimes(metadata: Uint8Array): NodeTime[] {
  const { stepStats } = RunMetadata.toObject(RunMetadata.decode(metadata), {
    longs: String,
    defaults: true,
  }) as { stepStats: { devStats: { nodeStats: NodeExecStats[] }[] } | null };
  return (stepStats?.devStats ?? [])
    .flatMap(({ nodeStats }) => nodeStats)
    .map((stats) => ({
      name: stats.nodeName,
      start: BigInt(stats.allStartNanos) + BigInt(stats.opStartRelNanos),
      duration: Number(stats.opEndRelNanos) - Number(stats.opStartRelNanos),
    }))
    .sort((a, b) => a.start < b.start ? -1 : 1);
}
