/**
 * What `jit` asks of a tfjs backend that can trace.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import type { Profile, ProfileOptions, ProfilePaths } from "./profile.ts";

/** What a compiled function computes in; see `JitOptions`. */
export type Precision = "float32" | "bfloat16";

/** A traced function, ready to run. */
export interface Compiled {
  run(inputs: readonly tf.Tensor[]): Promise<tf.Tensor[]>;
  /** Runs the function to see what its nodes take; see `Jitted`. */
  profile(
    inputs: readonly tf.Tensor[],
    paths: ProfilePaths,
    options?: ProfileOptions,
  ): Promise<Profile>;
  /** The trace as text, a line a node. */
  print(): string;
  /** Frees the function and the tensors that it captured. */
  dispose(): void;
}

/** A tfjs backend that can record the ops of a function and compile them into one. */
export interface TracingBackend {
  /** Whether a function is being traced. */
  readonly tracing: boolean;
  /** What the ops that are recorded from now on are to compute in. */
  precision: Precision;
  /** @param skippedPasses names of passes to leave out, for tests; see `passes.ts`. */
  compile(
    inputs: readonly tf.Tensor[],
    f: (inputs: tf.Tensor[]) => readonly tf.Tensor[],
    precision: Precision,
    skippedPasses?: readonly string[],
  ): Compiled;
}
