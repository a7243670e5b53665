/**
 * The engine as its tests see it: tfjs-node's backend with the methods that tfjs's types hide, and
 * the counts of what must not grow.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import type { NodeJSKernelBackend } from "@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js";

/** tfjs-node's backend, on our binding. */
export function nodeBackend(): NodeJSKernelBackend {
  return tf.backend() as unknown as NodeJSKernelBackend;
}

/** What is held at a moment. */
export interface Counts {
  /** tfjs's tensors. */
  tensors: number;
  /** TensorFlow's tensors. */
  handles: number;
  /** Open scopes of `tf.tidy`, whose tensors tfjs keeps. */
  scopes: number;
}

/** What is held now. */
export function counts(): Counts {
  return {
    tensors: tf.memory().numTensors,
    handles: nodeBackend().getNumOfTFTensors(),
    scopes: tf.engine().state.scopeStack.length,
  };
}

/** Runs `f`, which must leave nothing behind: no tensor, no handle, no scope. */
export async function assertFreesAll(f: () => unknown): Promise<void> {
  const before = counts();
  await f();
  assertEquals(counts(), before);
}

/** Megabytes of memory that the process has now and had not before `f`. */
export async function memoryGrowth(f: () => unknown): Promise<number> {
  const before = Deno.memoryUsage().rss;
  await f();
  return (Deno.memoryUsage().rss - before) / 2 ** 20;
}

/** The values of tensors, which are disposed. */
export function take(tensors: tf.Tensor | readonly tf.Tensor[]): number[][] {
  return [tensors].flat().map((tensor) => {
    const values = [...tensor.dataSync()];
    tensor.dispose();
    return values;
  });
}
