/**
 * The engine as its tests see it: tfjs-node's backend with the methods that tfjs's types hide, and
 * the counts of what must not grow.
 *
 * @module
 */
import v8 from "node:v8";
import vm from "node:vm";
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import type { NodeJSKernelBackend } from "@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js";

// The way to the collector that needs no flag on the command line.
v8.setFlagsFromString("--expose-gc");
const collectGarbage = vm.runInNewContext("gc") as () => void;

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

/**
 * Bytes of memory that the process has, JavaScript's garbage left out. Array buffers are freed on a thread
 * beside, which takes its time on a busy machine: waits until no more is freed.
 */
export async function usedMemory(): Promise<number> {
  collectGarbage();
  let [before, now] = [Infinity, Deno.memoryUsage().rss];
  while (before - now > 2 ** 20) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    [before, now] = [now, Deno.memoryUsage().rss];
  }
  return now;
}

/** Megabytes of memory that the process has after `f` and had not before. */
export async function memoryGrowth(f: () => unknown): Promise<number> {
  const before = await usedMemory();
  await f();
  return (await usedMemory() - before) / 2 ** 20;
}

/** The values of tensors, which are disposed. */
export function take(tensors: tf.Tensor | readonly tf.Tensor[]): number[][] {
  return [tensors].flat().map((tensor) => {
    const values = [...tensor.dataSync()];
    tensor.dispose();
    return values;
  });
}

/** A tensor that TensorFlow holds: tfjs-node keeps the values of others until an op uses them. */
export function held(shape: number[], value: number): tf.Tensor {
  return tf.tidy(() => tf.add(tf.fill(shape, value - 1), 1));
}
