/**
 * Compares fused kernels with the same formulas composed of plain ops in plain JavaScript.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import { type Backend, backends } from "../../../backends.ts";
import { assertClose, type Values } from "../../../parity.ts";

const tensorFlow = backends.filter(({ tfjs }) => tfjs === "tensorflow");
const javaScript = backends.find(({ tfjs }) => tfjs === "cpu") as Backend;

/** Reproducible values that are neither small nor alike. */
export function values(size: number, seed: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => Math.sin(seed + i * 1.7) * 2 + 0.3);
}

export type Function = (...inputs: tf.Tensor[]) => tf.Tensor[];

/** What `f` gives on a backend. */
async function evaluate(
  backend: Backend,
  f: Function,
  inputs: () => tf.Tensor[],
): Promise<Values[]> {
  const run = backend.use((...tensors: tf.Tensor[]) => tf.tidy(() => f(...tensors)));
  try {
    const tensors = inputs();
    const results = await run(...tensors);
    const read = results.map((tensor) => ({
      shape: tensor.shape,
      data: tensor.dataSync() as Float32Array,
    }));
    tf.dispose([...tensors, ...results]);
    return read;
  } finally {
    tf.setBackend("tensorflow");
  }
}

/** Compares what a function gives on TensorFlow with what its reference gives in JavaScript. */
export function compare(
  name: string,
  fused: Function,
  reference: Function,
  inputs: () => tf.Tensor[],
) {
  for (const backend of tensorFlow) {
    Deno.test(`${name} (${backend.name})`, async () => {
      const expected = await evaluate(javaScript, reference, inputs);
      const actual = await evaluate(backend, fused, inputs);
      assertEquals(actual.length, expected.length);
      actual.forEach((tensor, i) =>
        assertClose(tensor, expected[i]!, { atol: 1e-5, ofMax: 2e-5 }, `output ${i}`)
      );
    });
  }
}

/** The relu of the first output. */
export function thenRelu(f: Function): Function {
  return (...inputs) => [tf.relu(f(...inputs)[0]!)];
}

/** The gradients of a weighted sum of the first output. */
export function gradients(f: Function): Function {
  return (...inputs) =>
    tf.grads((...tensors: tf.Tensor[]) => {
      const y = f(...tensors)[0]!;
      return tf.sum(tf.mul(y, tf.reshape(tf.tensor1d(values(y.size, 5)), y.shape)));
    })(inputs);
}
