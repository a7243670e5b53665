/**
 * What the fused kernels share: how one runs an op of TensorFlow.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import type { OpAttr } from "../../tensorflow/attributes.ts";

/** What a kernel asks of tfjs-node's backend: to run an op. */
export interface Executor {
  executeMultipleOutputs(
    op: string,
    attrs: OpAttr[],
    inputs: tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[];
}

/** What a kernel is given. */
export type KernelParams = Parameters<tf.KernelFunc>[0];

/** Runs a kernel, or something better in its place. */
export type Guard = (params: KernelParams, run: tf.KernelFunc) => ReturnType<tf.KernelFunc>;

/** The name of the backend that the kernels are for. */
export const backendName = "tensorflow";

/** A kernel that only hands its inputs to the op of the same name. */
export function kernelOf(
  op: string,
  names: readonly string[],
  attrsOf: (attrs: tf.NamedAttrMap | undefined) => OpAttr[],
  outputs: number,
): tf.KernelConfig {
  return {
    kernelName: op,
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const tensors = names.map((name) => inputs[name] as tf.TensorInfo);
      const results = (backend as Executor)
        .executeMultipleOutputs(op, attrsOf(attrs), tensors, outputs);
      return outputs === 1 ? results[0] as tf.Tensor : results;
    },
  };
}
