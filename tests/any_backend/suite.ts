/**
 * Everything that is computed, on one of tfjs's backends: values and gradients of all losses, networks
 * and steps, against PyTorch where there are golden numbers, else against plain JavaScript.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { long } from "../long.ts";
import { testActivations } from "./activations.ts";
import { type Name, type Plain, start, type Suite } from "./backend.ts";
import { testDerivatives } from "./derivatives.ts";
import { testLosses } from "./losses.ts";
import { testNetworks } from "./networks.ts";
import { testSteps } from "./steps.ts";

/** Registers all tests on a backend. Plain JavaScript's values are compared with TensorFlow's. */
export async function testOn(name: Name): Promise<void> {
  const backend = await start(name);
  const reference: Suite["reference"] = (f) => on(name === "cpu" ? "tensorflow" : "cpu", f);
  const isSlow = name === "cpu" || name === "webgpu";
  const register = isSlow ? long.test : Deno.test;
  const by = (register: Deno.DenoTest): Suite["test"] => (label, f) =>
    register({
      name: `${label} (${name})`,
      // A graphics card's buffers go back when tfjs wants, not at the end of a test.
      sanitizeResources: name !== "webgpu",
      fn: () => inScope(f),
    });
  for (const addTests of [testActivations, testLosses, testNetworks, testSteps]) {
    addTests({ backend, test: by(register), reference, isSlow });
  }
  // Software in place of a graphics card cannot compile the shaders of some ops.
  if (name !== "webgl") {
    testDerivatives({ backend, test: by(long.test), reference, isSlow });
  }
}

async function inScope(f: () => Promise<void>): Promise<void> {
  tf.engine().startScope();
  try {
    await f();
  } finally {
    tf.engine().endScope();
  }
}

/** What `f` gives on a backend; the one that was on is on again afterwards. */
function on<T>(name: Name, f: () => T): Plain<T> {
  const before = tf.getBackend();
  tf.setBackend(name);
  try {
    return plain(f()) as Plain<T>;
  } finally {
    tf.setBackend(before);
  }
}

function plain(value: unknown): unknown {
  if (value instanceof tf.Tensor) return { shape: value.shape, data: value.dataSync().slice() };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}
