/**
 * Constants in a compiled function: the graph, which TensorFlow copies several times, holds small ones.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals } from "@std/assert";
import { jit, type Jitted } from "../../../lib/jit/jit.ts";
import { sizeOf } from "../../../lib/tensorflow/data_types.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { counts } from "./counts.ts";

await useTensorFlow({ gpu: false });

/** How many elements the largest constant of a function's only trace has. */
function largestConstant(f: Jitted<[tf.Tensor], tf.Tensor>): number {
  const shapes = f.printTraces()[0]!.matchAll(/= Const\(\).* : \w+\[(.*)\]/g);
  return Math.max(
    0,
    ...[...shapes].map(([, shape]) => sizeOf(shape ? shape.split(",").map(Number) : [])),
  );
}

const x = tf.tensor(Float32Array.from({ length: 6000 }, (_, i) => i % 7 - 3), [20, 300]);
const ramp = Float32Array.from({ length: 6000 }, (_, i) => i);
const bits = Uint8Array.from(ramp, (i) => i % 2);

const functions: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  "the gradient of a sum": tf.grad((x) => tf.sum(tf.square(x))),
  "the gradient of a mean": tf.grad((x) => tf.mean(tf.abs(x), 1)),
  ones: (x) => tf.mul(x, tf.ones([20, 300])),
  "equal values": (x) => tf.mul(x, tf.tensor(new Float32Array(6000).fill(2.5), [20, 300])),
  "equal whole numbers": (x) =>
    tf.mul(x, tf.tensor(new Int32Array(6000).fill(3), [20, 300], "int32")),
  "equal truths": (x) => tf.where(tf.tensor(new Uint8Array(6000).fill(1), [20, 300], "bool"), x, 7),
  NaN: (x) => tf.mul(x, tf.tensor(new Float32Array(6000).fill(NaN), [20, 300])),
  "-0": (x) => tf.div(x, tf.tensor(new Float32Array(6000).fill(-0), [20, 300])),
  "other values": (x) => tf.mul(x, tf.tensor(ramp, [20, 300])),
  "other whole numbers": (x) => tf.mul(x, tf.tensor(Int32Array.from(ramp), [20, 300], "int32")),
  "other truths": (x) => tf.where(tf.tensor(bits, [20, 300], "bool"), x, 7),
  "0 and -0": (x) =>
    tf.div(x, tf.tensor(Float32Array.from(ramp, (i) => i % 2 ? 0 : -0), [20, 300])),
  "values used twice": (x) => {
    const values = tf.tensor(ramp, [20, 300]);
    return tf.add(tf.mul(x, values), values);
  },
  "values alone": () => tf.tensor(ramp, [20, 300]),
  "equal values alone": () => tf.fill([20, 300], 3),
};

for (const [name, f] of Object.entries(functions)) {
  Deno.test(`jit() keeps large constants out of the graph: ${name}`, async () => {
    tf.tidy(() => f(x)); // which hands the values of x to TensorFlow
    const before = counts();
    const compiled = jit(f);
    for (let i = 0; i < 2; i++) {
      const [result, expected] = [await compiled(x), tf.tidy(() => f(x))];
      assertEquals(result.dtype, expected.dtype);
      assertEquals(result.shape, expected.shape);
      assertEquals(result.dataSync(), expected.dataSync());
      tf.dispose([result, expected]);
    }
    assert(largestConstant(compiled) <= 1024, compiled.printTraces()[0]);
    compiled.dispose();
    assertEquals(counts(), before);
  });
}

Deno.test("jit() has a copy of large values from JavaScript", async () => {
  const values = ramp.slice();
  const f = jit((x: tf.Tensor) => {
    const result = tf.add(x, tf.tensor(values, [20, 300]));
    values.fill(-1);
    return result;
  });
  const result = await f(tf.zerosLike(x));
  assertEquals(result.dataSync(), ramp);
  f.dispose();
});

Deno.test("jit() computes once what it computes of large constants alone", async () => {
  const f = jit((x: tf.Tensor) => tf.mul(x, tf.sqrt(tf.tensor(ramp, [20, 300]))));
  const result = await f(tf.onesLike(x));
  assertEquals(result.dataSync(), ramp.map(Math.sqrt));
  assert(!f.printTraces()[0]!.includes("Sqrt"));
  f.dispose();
});
