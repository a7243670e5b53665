/**
 * What `jit` asks of a tfjs backend that can trace.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";

/** A traced function, ready to run. */
export interface Compiled {
  run(inputs: readonly tf.Tensor[]): Promise<tf.Tensor[]>;
  /** The trace as text, a line a node. */
  print(): string;
  /** Frees the function and the tensors that it captured. */
  dispose(): void;
}

/** A tfjs backend that can record the ops of a function and compile them into one. */
export interface TracingBackend {
  /** Whether a function is being traced. */
  readonly tracing: boolean;
  compile(
    inputs: readonly tf.Tensor[],
    f: (inputs: tf.Tensor[]) => readonly tf.Tensor[],
  ): Compiled;
}
