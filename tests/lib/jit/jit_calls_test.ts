/**
 * Calls of a jitted function: beside each other, off the JavaScript thread, failing, and disposed of.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { jit } from "../../../lib/jit/jit.ts";
import { TensorFlowError } from "../../../lib/tensorflow/library.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { crossEntropy } from "../../../lib/losses/cross_entropy.ts";
import { assertFreesAll, counts, held, nodeBackend, take } from "./counts.ts";

await useTensorFlow({ gpu: false });

Deno.test("jit() runs calls beside each other", async () => {
  const f = jit((x: tf.Tensor2D, k: tf.Tensor) => tf.sum(tf.mul(tf.matMul(x, x), k)));
  const calls = Array.from({ length: 10 }, (_, i) => f(tf.ones([40, 40]), tf.scalar(i)));
  const eager = tf.tidy(() => tf.sum(tf.ones([40, 40])).dataSync()[0]);
  assertEquals(eager, 1600);
  assertEquals((await Promise.all(calls)).flatMap(take), calls.map((_, i) => [64_000 * i]));
});

Deno.test("jit() takes its arguments at the call: they may be disposed while it runs", async () => {
  const f = jit((x: tf.Tensor2D) => tf.matMul(tf.matMul(x, x), x));
  const x = tf.fill([200, 200], 1 / 200) as tf.Tensor2D;
  const call = f(x);
  x.dispose();
  const result = await call;
  assert(Math.abs(result.dataSync()[7]! - 1 / 200) < 1e-6);
  result.dispose();
});

Deno.test("jit() gives the same while and after ops of ever other attributes run", async () => {
  const f = jit((x: tf.Tensor2D) => {
    for (let i = 0; i < 10; i++) x = tf.matMul(x, x);
    return tf.sum(x);
  });
  const x = tf.fill([500, 500], 1 / 500) as tf.Tensor2D;
  const manyOps = (start: number) => {
    for (let i = 0; i < 5000; i++) tf.dispose(tf.leakyRelu([1, -2], start + i / 5000));
  };
  const before = take(await f(x));
  const call = f(x);
  manyOps(0);
  assertEquals(take(await call), before);
  manyOps(1); // now nothing runs, and TensorFlow's caches are cleared
  assertEquals(take(await f(x)), before);
  x.dispose();
});

Deno.test("jit() leaves the JavaScript thread free while it runs", async () => {
  const f = jit((x: tf.Tensor2D) => {
    for (let i = 0; i < 10; i++) x = tf.matMul(x, x);
    return x;
  });
  const x = tf.zeros([1024, 1024]) as tf.Tensor2D;
  (await f(x)).dispose();
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  const start = performance.now();
  (await f(x)).dispose();
  const duration = performance.now() - start;
  clearInterval(timer);
  assert(ticks >= Math.min(3, duration / 20), `${ticks} ticks in ${duration} ms`);
  x.dispose();
});

Deno.test("Jitted.dispose() lets a call that runs end", async () => {
  const weights = held([300, 300], 1 / 300) as tf.Tensor2D;
  const f = jit((x: tf.Tensor2D) => {
    for (let i = 0; i < 10; i++) x = tf.matMul(x, weights);
    return tf.max(x);
  });
  const calls = [1, 2].map((value) => f(held([300, 300], value) as tf.Tensor2D));
  f.dispose();
  assertEquals(f.traceCount, 0);
  const results = (await Promise.all(calls)).flatMap(take).flat();
  assertEquals(results.map(Math.round), [1, 2]);
});

Deno.test("jit() gives tensors on its backend, whatever tfjs's is by then", async () => {
  const call = jit((x: tf.Tensor) => tf.add(x, 1))(tf.scalar(1));
  tf.setBackend("cpu");
  const result = await call;
  tf.setBackend("tensorflow");
  assertEquals(take(result), [[2]]);
});

Deno.test("Jitted.dispose() frees what was compiled and captured; the next call traces anew", async () => {
  const weights = held([3], 2);
  const f = jit((x: tf.Tensor) => tf.mul(x, weights));
  take(await f(tf.scalar(3)));
  f.dispose();
  f.dispose();
  assertEquals([f.traceCount, f.printTraces()], [0, []]);
  assertEquals([take(await f(tf.scalar(4))), f.traceCount], [[[8, 8, 8]], 1]);
  f.dispose();
});

Deno.test("jit() leaves nothing behind but its results", async () => {
  const f = jit((x: tf.Tensor, k: number) => [tf.mul(tf.add(x, tf.ones([3])), k), x]);
  const x = tf.add(tf.zeros([3]), 1);
  take(await f(x, 1));
  await assertFreesAll(async () => {
    for (let i = 0; i < 20; i++) take(await f(x, i % 5));
  });
  const before = counts();
  const results = await f(x, 6);
  assertEquals(nodeBackend().getNumOfTFTensors(), before.handles + 2);
  assertEquals(tf.memory().numTensors, before.tensors + 2);
  take(results);
});

Deno.test("jit() rejects where a compiled function fails, and runs again", async () => {
  const f = jit(crossEntropy);
  const logits = tf.zeros([2, 5]) as tf.Tensor2D;
  const [right, wrong] = [[4, 0], [4, 7]].map((labels) => tf.tensor1d(labels, "int32"));
  const expected = take(await f(logits, right!));
  await assertRejects(() => f(logits, wrong!));
  await assertFreesAll(async () => {
    await assertRejects(
      () => f(logits, wrong!),
      TensorFlowError,
      "label value of 7 which is outside the valid range of [0, 5)",
    );
    assertEquals(take(await f(logits, right!)), expected);
  });
  f.dispose();
});

Deno.test("jit() leaves other calls alone where one fails", async () => {
  const f = jit(crossEntropy);
  const logits = tf.zeros([1, 3]) as tf.Tensor2D;
  const calls = [0, 1, 3, 2].map((label) => f(logits, tf.tensor1d([label], "int32")));
  const settled = await Promise.allSettled(calls);
  const statuses = settled.map(({ status }) => status);
  assertEquals(statuses, ["fulfilled", "fulfilled", "rejected", "fulfilled"]);
});
