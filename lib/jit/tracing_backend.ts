/**
 * The interface that `jit` needs from a tfjs backend that can trace.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import type { Profile, ProfileOptions, ProfilePaths } from "./profile.ts";

/** The error of a jitted function that is called while another one is traced. */
export const calledWhileTracing =
  "Cannot call a jitted function inside a function that jit traces: call the plain function there";

/** The precision of a compiled function; see `JitOptions`. */
export type Precision = "float32" | "bfloat16";

/** A traced function, ready to run. */
export interface Compiled {
  run(inputs: readonly tf.Tensor[]): Promise<tf.Tensor[]>;
  /** Runs the function to measure its nodes; see `Jitted`. */
  profile(
    inputs: readonly tf.Tensor[],
    paths: ProfilePaths,
    options?: ProfileOptions,
  ): Promise<Profile>;
  /** The trace as text, one line per node. */
  print(): string;
  /** Frees the function and the tensors that it captured. */
  dispose(): void;
}

/** How a function is compiled. */
export interface CompileOptions {
  precision: Precision;
  /** Whether XLA compiles it; see `JitOptions`. Default false. */
  xla?: boolean;
  /** Names of passes to skip, for tests; see `passes.ts`. */
  skippedPasses?: readonly string[];
}

/** A tfjs backend that can record the ops of a function and compile them into one. */
export interface TracingBackend {
  /** True while a function is traced. */
  readonly tracing: boolean;
  /** The precision of the ops recorded from now on. */
  precision: Precision;
  compile(
    inputs: readonly tf.Tensor[],
    f: (inputs: tf.Tensor[]) => readonly tf.Tensor[],
    options: CompileOptions,
  ): Compiled;
}
