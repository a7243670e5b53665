/**
 * The sum of a tensor over all processes of a cluster.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { AttrType, typeAttr } from "../../tensorflow/attributes.ts";
import { DataType } from "../../tensorflow/data_types.ts";
import { backendName, type Executor } from "./kernel.ts";

/** How collective ops run after this process has joined a cluster. */
interface Group {
  readonly size: number;
  /** Seconds after which an op fails if another process does not take part. */
  readonly timeout: number;
}

let group: Group | undefined;
/** Every op of a program has a number, which is the same in all processes: they run the same program. */
let nextOp = 0;

/** Makes later sums run over a cluster. */
export function setGroup(cluster: Group): void {
  group = cluster;
}

const allReduceSum: tf.KernelConfig = {
  kernelName: "AllReduceSum",
  backendName,
  kernelFunc: ({ inputs, backend }) => {
    const { x } = inputs;
    if (group === undefined) {
      throw new Error("Cannot sum over workers: call useTensorFlow() with a cluster first");
    }
    const { size, timeout } = group;
    const scalars = [size, 1, nextOp++].map((value) => tf.scalar(value, "int32"));
    const attrs = [
      typeAttr("T", DataType.float32),
      { name: "merge_op", type: AttrType.string, value: "Add" },
      { name: "final_op", type: AttrType.string, value: "Id" },
      { name: "communication_hint", type: AttrType.string, value: "auto" },
      { name: "timeout_seconds", type: AttrType.float, value: timeout },
      { name: "max_subdivs_per_device", type: AttrType.int, value: -1 },
    ];
    const tensors = [x as tf.TensorInfo, ...scalars];
    const [sum] = (backend as Executor)
      .executeMultipleOutputs("CollectiveReduceV2", attrs, tensors, 1);
    tf.dispose(scalars);
    return sum as tf.Tensor;
  },
};

/** The kernels of this file. */
export const kernels: tf.KernelConfig[] = [allReduceSum];
