/**
 * Helpers of the fused kernels to run a TensorFlow op.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { OpAttr } from "../../tensorflow/attributes.ts";

/** The part of tfjs-node's backend that kernels use to run an op. */
export interface Executor {
  /** The trace in which ops are recorded; undefined if they run. */
  readonly trace: object | undefined;
  executeMultipleOutputs(
    op: string,
    attrs: OpAttr[],
    inputs: tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[];
}

/** The arguments of a kernel. */
export type KernelParams = Parameters<tf.KernelFunc>[0];

/** Runs a kernel, or something better instead. */
export type Guard = (params: KernelParams, run: tf.KernelFunc) => ReturnType<tf.KernelFunc>;

/** The name of the kernels' backend. */
export const backendName = "tensorflow";

/**
 * A kernel that only passes its inputs to the op of the same name.
 *
 * @param more makes further inputs of the op for a call.
 */
export function kernelOf(
  op: string,
  names: readonly string[],
  attrsOf: (attrs: tf.NamedAttrMap | undefined) => OpAttr[],
  outputs: number,
  more: (attrs: tf.NamedAttrMap | undefined) => tf.Tensor[] = () => [],
): tf.KernelConfig {
  return {
    kernelName: op,
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) =>
      tf.tidy(() => {
        const tensors = [...names.map((name) => inputs[name] as tf.TensorInfo), ...more(attrs)];
        const results = (backend as Executor)
          .executeMultipleOutputs(op, attrsOf(attrs), tensors, outputs);
        return outputs === 1 ? results[0] as tf.Tensor : results;
      }),
  };
}
