/**
 * Clusters of processes that compute together.
 *
 * @module
 */
import protobuf from "protobufjs/minimal.js";
import { configProto, type ContextOptions } from "./config_proto.ts";
import type { Context } from "./context.ts";
import { type Bytes, Status } from "./library.ts";
import { isLoopback, startOnLoopback } from "./loopback.ts";

/** The processes that compute together, and which of them this one is. */
export interface Cluster {
  /** The address of each process: `host:port`. */
  hosts: readonly string[];
  /** The place of this process in the list, from 0. */
  rank: number;
}

/** The name that all processes have in the cluster. */
const job = "worker";

/** The number of a field in a protocol buffer, and that it holds bytes. */
const bytesField = (field: number) => field << 3 | 2;

/**
 * A `ServerDef`: the cluster (its field 1), the name and place of this process in it (2 and 3), how it
 * computes (4), and that the processes talk by gRPC (5). The first process leads: it decides which
 * processes take part in a collective op.
 */
function serverDef({ hosts, rank }: Cluster, options: ContextOptions): Bytes {
  const writer = protobuf.Writer.create();
  writer.uint32(bytesField(1)).fork().uint32(bytesField(1)).fork();
  writer.uint32(bytesField(1)).string(job);
  for (const [place, host] of hosts.entries()) {
    // An entry of a map: key and value.
    writer.uint32(bytesField(2)).fork();
    writer.uint32(1 << 3).int32(place).uint32(bytesField(2)).string(host).ldelim();
  }
  writer.ldelim().ldelim();
  writer.uint32(bytesField(2)).string(job);
  writer.uint32(3 << 3).int32(rank);
  const leader = `/job:${job}/replica:0/task:0`;
  writer.uint32(bytesField(4)).bytes(configProto({ ...options, leader }));
  writer.uint32(bytesField(5)).string("grpc");
  return new Uint8Array(writer.finish());
}

/**
 * Joins other processes, so that collective ops of all of them run together. It does not wait for
 * them: the first collective op does. If all are on this machine's loopback, it alone reaches the port.
 */
export async function joinCluster(
  { library, pointer, options }: Context,
  cluster: Cluster,
): Promise<void> {
  const definition = serverDef(cluster, options);
  const status = new Status(library);
  try {
    const length = BigInt(definition.byteLength);
    const host = cluster.hosts[cluster.rank] as string;
    const start = async () => {
      await library.TFE_EnableCollectiveOps(pointer, definition, length, status.pointer);
      status.check(() => `TFE_EnableCollectiveOps for ${host}`);
    };
    if (!isLoopback(cluster.hosts)) return await start();
    await startOnLoopback(Number(host.split(":").at(-1)), start);
  } finally {
    status.delete();
  }
}
