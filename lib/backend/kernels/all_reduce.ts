/**
 * The sum of a tensor over all processes of a cluster, and each process's own row of a table.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { AttrType, typeAttr } from "../../tensorflow/attributes.ts";
import { DataType } from "../../tensorflow/data_types.ts";
import { backendName, type Executor } from "./kernel.ts";

/** How collective ops run after this process has joined a cluster. */
interface Group {
  /** The number of this process, from 0. */
  readonly rank: number;
  readonly size: number;
  /** Seconds after which an op fails if another process does not take part. */
  readonly timeout: number;
}

let group: Group | undefined;

function groupOf(): Group {
  if (group) return group;
  throw new Error("Cannot compute over workers: call useTensorFlow() with a cluster first");
}

/** For each trace, how many ops of each shape it has so far. */
const counts = new WeakMap<object, Map<string, number>>();

/**
 * The number by which the processes find each other's op. A count of all ops would differ between
 * processes that trace a function again at another step, because their batches have other sizes. So
 * this depends only on the shape and on the ops before it in the same trace.
 */
function keyOf(shape: readonly number[], trace: object | undefined): number {
  const name = shape.join("x");
  if (trace === undefined) return hash(name);
  const ofTrace = counts.get(trace) ?? new Map<string, number>();
  counts.set(trace, ofTrace);
  const before = ofTrace.get(name) ?? 0;
  ofTrace.set(name, before + 1);
  return hash(`${name} ${before}`);
}

/** A number from 0 to 2^31 - 1 for a text (FNV-1a). */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    value = Math.imul(value ^ byte, 0x01000193);
  }
  return value >>> 1;
}

/** Makes later sums run over a cluster. */
export function setGroup(cluster: Group): void {
  group = cluster;
}

const allReduceSum: tf.KernelConfig = {
  kernelName: "AllReduceSum",
  backendName,
  kernelFunc: ({ inputs, backend }) => {
    const { x } = inputs;
    const { size, timeout } = groupOf();
    const key = keyOf((x as tf.TensorInfo).shape, (backend as Executor).trace);
    const attrs = [
      typeAttr("T", DataType.float32),
      { name: "merge_op", type: AttrType.string, value: "Add" },
      { name: "final_op", type: AttrType.string, value: "Id" },
      { name: "communication_hint", type: AttrType.string, value: "auto" },
      { name: "timeout_seconds", type: AttrType.float, value: timeout },
      { name: "max_subdivs_per_device", type: AttrType.int, value: -1 },
    ];
    return tf.tidy(() => {
      const scalars = [size, 1, key].map((value) => tf.scalar(value, "int32"));
      const tensors = [x as tf.TensorInfo, ...scalars];
      const [sum] = (backend as Executor)
        .executeMultipleOutputs("CollectiveReduceV2", attrs, tensors, 1);
      return sum as tf.Tensor;
    });
  },
};

/** From a vector `[K]`, a table `[workers, K]` of zeros with the vector in this worker's row. */
const toOwnRow: tf.KernelConfig = {
  kernelName: "ToOwnRow",
  backendName,
  kernelFunc: ({ inputs }) => {
    const { rank, size } = groupOf();
    const row = tf.reshape(inputs.x as tf.Tensor, [1, -1]);
    return tf.pad(row, [[rank, size - 1 - rank], [0, 0]]);
  },
};

/** From a table `[workers, K]`, this worker's row `[K]`. */
const ownRow: tf.KernelConfig = {
  kernelName: "OwnRow",
  backendName,
  kernelFunc: ({ inputs }) => {
    const row = tf.slice(inputs.x as tf.Tensor2D, [groupOf().rank, 0], [1, -1]);
    return tf.reshape(row, [-1]);
  },
};

export const kernels: tf.KernelConfig[] = [allReduceSum, toOwnRow, ownRow];
