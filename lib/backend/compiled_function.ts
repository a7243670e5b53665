/**
 * A compiled function while it is used: runs it, profiles it, and frees it when nothing uses it.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import type { Handle } from "../tensorflow/context.ts";
import type { Profile, ProfileOptions, ProfilePaths } from "../jit/profile.ts";
import { profileTrace } from "../jit/profile_trace.ts";
import { printTrace, type Trace } from "../jit/trace.ts";
import type { Compiled } from "../jit/tracing_backend.ts";
import type { Binding, TensorMetadata } from "./binding.ts";

/** What the backend knows of tensors. */
interface Tensors {
  createOutputTensor(metadata: TensorMetadata): tf.Tensor;
  handlesOf(tensors: readonly tf.Tensor[]): Handle[];
}

/** A compiled function, which runs as a function of TensorFlow. */
export class CompiledFunction implements Compiled {
  #running = 0;
  #disposed = false;

  constructor(
    readonly backend: Tensors,
    readonly binding: Binding,
    readonly name: string,
    readonly trace: Trace,
    readonly captured: Handle[],
    readonly variables: readonly tf.Variable[],
  ) {}

  async run(inputs: readonly tf.Tensor[]): Promise<tf.Tensor[]> {
    return await this.#withHandles(inputs, async (handles) => {
      const { outputs } = this.trace;
      const results = await this.binding.executeFunction(this.name, handles, outputs.length);
      return results.map((result) => this.backend.createOutputTensor(result));
    });
  }

  async profile(
    inputs: readonly tf.Tensor[],
    paths: ProfilePaths,
    options?: ProfileOptions,
  ): Promise<Profile> {
    const { context } = this.binding;
    return await this.#withHandles(inputs, async (handles) => {
      // Each of the runs reads them, and the caller may free its tensors meanwhile.
      const kept = handles.map((handle) => context.shareHandle(handle));
      try {
        const profiled = { trace: this.trace, inputs: kept, ...paths };
        return await profileTrace(profiled, context, options);
      } finally {
        kept.forEach((handle) => context.deleteHandle(handle));
      }
    });
  }

  /** Runs `f` on the handles of all inputs. Keeps captured tensors until `f` is done. */
  async #withHandles<T>(
    inputs: readonly tf.Tensor[],
    f: (handles: Handle[]) => Promise<T>,
  ): Promise<T> {
    const handles = [...this.backend.handlesOf([...inputs, ...this.variables]), ...this.captured];
    this.#running++;
    try {
      return await f(handles);
    } finally {
      this.#running--;
      this.#freeIfIdle();
    }
  }

  print(): string {
    return printTrace(this.trace);
  }

  dispose(): void {
    this.#disposed = true;
    this.#freeIfIdle();
  }

  /** TensorFlow looks up the function while it runs, so this waits for running calls. */
  #freeIfIdle(): void {
    if (!this.#disposed || this.#running > 0) return;
    this.binding.context.removeFunction(this.name);
    this.captured.splice(0).forEach((handle) => this.binding.context.deleteHandle(handle));
  }
}
