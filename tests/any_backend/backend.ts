/**
 * tfjs's backends, each as a way to run functions of tensors. tfjs has one backend at a time, so every
 * backend has a test file, and with it a realm, of its own.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { flatten } from "../../lib/tree.ts";
import type { Backend } from "../backends.ts";
import type { Values } from "../parity.ts";

/** A backend by tfjs's name. */
export type Name = Backend["tfjs"];

/** A backend, and how to register a test on it. */
export interface Suite {
  backend: Backend;
  test(label: string, f: () => Promise<void>): void;
  /** What `f` gives on another backend: plain JavaScript's, or where that is tested, TensorFlow's. */
  reference<T>(f: () => T): Plain<T>;
  /** Plain JavaScript and webgpu: networks and methods that add no layer or term are left out there. */
  isSlow: boolean;
}

/** A result with values in place of its tensors. */
export type Plain<T> = T extends tf.Tensor ? Values
  : T extends object ? { [K in keyof T]: Plain<T[K]> }
  : T;

/** Makes it tfjs's backend; its package has been imported. */
export async function start(name: Name): Promise<Backend> {
  if (!await tf.setBackend(name)) throw new Error(`Cannot start tfjs's backend ${name}`);
  return { name, tfjs: name, use: (f) => opByOp(name, f) };
}

/** Results have been read once when they are given back: webgpu cannot read at once else. */
function opByOp<Args extends unknown[], Result>(
  name: Name,
  f: (...args: Args) => Result,
): (...args: Args) => Promise<Awaited<Result>> {
  return async (...args): Promise<Awaited<Result>> => {
    if (tf.getBackend() !== name) throw new Error(`Cannot test ${name}: ${tf.getBackend()} is on`);
    const result = await f(...args);
    for (const tensor of flatten(result, "result").tensors) await tensor.data();
    return result;
  };
}
