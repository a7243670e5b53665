/**
 * Profiles of jitted functions: what they tell, what they leave behind, and what they refuse.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { jit } from "../../../lib/jit/jit.ts";
import { TensorFlowError } from "../../../lib/tensorflow/library.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { UserError } from "../../../lib/errors.ts";
import { crossEntropy } from "../../../lib/losses/cross_entropy.ts";
import { assertFreesAll, held, memoryGrowth, take } from "./counts.ts";

await useTensorFlow({ gpu: false });

/** Two products, one of them with a tensor from outside, and their sum. */
function products() {
  const outside = held([64, 64], 2);
  const f = jit(({ x, "odd key": y }: Record<string, tf.Tensor>, times: number) => ({
    sum: tf.add(tf.mul(tf.matMul(x!, y!), times), tf.matMul(x!, outside)),
  }));
  const inputs = { x: held([64, 64], 1), "odd key": held([64, 64], 3) };
  const dispose = () => (f.dispose(), tf.dispose([inputs, outside]));
  return { f, inputs, outside, dispose };
}

Deno.test("profile() describes the nodes of the function", async () => {
  const { f, inputs, dispose } = products();
  const { nodes } = await f.profile([inputs, 3], { runs: 1 });
  const sources = nodes.flatMap(({ source }) => source ?? []).map((source) =>
    typeof source === "string" ? source : source.argument
  );
  assertEquals(
    sources.sort(),
    [
      'arguments[0]["odd key"]',
      "arguments[0].x",
      "captured",
      "constant",
    ].sort(),
  );
  const result = nodes.find(({ results }) => results.length > 0)!;
  assertEquals([result.op, result.results], ["Identity", ["result.sum"]]);
  const sum = nodes[result.inputs[0]!]!;
  assertEquals(sum, {
    name: sum.name,
    op: "Add",
    inputs: sum.inputs,
    inputTypes: ["float32[64,64]", "float32[64,64]"],
    outputTypes: ["float32[64,64]"],
    results: [],
  });
  assertEquals(sum.inputs.map((input) => nodes[input]!.op), ["Mul", "BatchMatMulV2"]);
  assertEquals(new Set(nodes.map(({ name }) => name)).size, nodes.length);
  dispose();
});

Deno.test("profile() tells when each op ran, in each of its runs", async () => {
  const { f, inputs, dispose } = products();
  const { nodes, runs } = await f.profile([inputs, 3], { runs: 3, warmUps: 1 });
  assertEquals(runs.length, 3);
  for (const { duration, events } of runs) {
    const ran = events.flatMap(({ node }) => node ?? []);
    assertEquals(new Set(ran).size, ran.length);
    nodes.forEach(({ op, source }, node) => {
      assert(ran.includes(node) || source || op === "Identity", `${op} did not run`);
    });
    for (const { node, name } of events) assert(node === undefined || nodes[node]!.name === name);
    assert(events.every(({ start, duration }) => start >= 0 && duration >= 0));
    const starts = events.map(({ start }) => start);
    assertEquals(starts, starts.toSorted((a, b) => a - b));
    const products = events.filter(({ name }) => name.startsWith("BatchMatMul"));
    assertEquals([products.length, products.every(({ duration }) => duration > 0)], [2, true]);
    const end = Math.max(...events.map(({ start, duration }) => start + duration));
    assert(Math.abs(duration * 1000 - end) < 0.01 && duration < 60_000);
  }
  dispose();
});

Deno.test("profile() has no two ops in a lane at the same time", async () => {
  const f = jit((x: tf.Tensor) => Array.from({ length: 8 }, (_, i) => tf.matMul(x, tf.add(x, i))));
  const x = held([256, 256], 1);
  const { runs } = await f.profile([x]);
  for (const { events } of runs) {
    const ends = new Map<number, number>();
    for (const { start, duration, lane } of events) {
      assert(start >= (ends.get(lane) ?? 0) - 1e-3, `lane ${lane} at ${start}`);
      ends.set(lane, start + duration);
    }
    assertEquals([...ends.keys()].sort(), [...ends.keys()].map((_, i) => i));
  }
  f.dispose();
  x.dispose();
});

Deno.test("profile() runs fused ops under their own names", async () => {
  const f = jit((x: tf.Tensor4D, filter: tf.Tensor4D) =>
    tf.relu(tf.add(tf.conv2d(x, filter, 1, "same"), tf.ones([4])))
  );
  const inputs = [held([1, 8, 8, 4], 1), held([3, 3, 4, 4], 1)] as [tf.Tensor4D, tf.Tensor4D];
  const { nodes, runs } = await f.profile(inputs, { runs: 1, warmUps: 0 });
  const expected = f.printTraces()[0]!.includes("_FusedConv2D") ? "_FusedConv2D" : "Conv2D";
  const ran = runs[0]!.events.map(({ node }) => node === undefined ? "" : nodes[node]!.op);
  assert(ran.includes(expected), ran.join());
  f.dispose();
  tf.dispose(inputs);
});

Deno.test("profile() shares the trace with the function's calls, and frees what it used", async () => {
  const { f, inputs, outside, dispose } = products();
  const call = async () => take((await f(inputs, 2)).sum)[0]![0];
  assertEquals([await call(), f.traceCount], [64 * (3 * 2 + 2), 1]);
  await f.profile([inputs, 2], { runs: 1 });
  assertEquals(f.traceCount, 1);
  const many = async (count: number) => {
    for (let i = 0; i < count; i++) await f.profile([inputs, 2], { runs: 1, warmUps: 0 });
  };
  await many(20);
  await assertFreesAll(async () => {
    const growth = await memoryGrowth(() => many(100));
    assert(growth < 60, `100 profiles left ${growth} MB`);
  });
  outside.dispose();
  const running = f.profile([inputs, 2]);
  f.dispose();
  assertEquals((await running).runs.length, 5);
  assertEquals(await call().then(() => "ran", () => "no more"), "no more");
  dispose();
});

Deno.test("profile() passes on what fails in the function, and frees all", async () => {
  const f = jit((logits: tf.Tensor2D, labels: tf.Tensor1D) => crossEntropy(logits, labels));
  const [logits, labels] = [held([1, 3], 1) as tf.Tensor2D, tf.tensor1d([3], "int32")];
  await f(logits, labels).catch(() => {}); // traces it
  await assertFreesAll(async () => {
    await assertRejects(() => f.profile([logits, labels]), TensorFlowError, "label");
  });
  f.dispose();
  tf.dispose([logits, labels]);
});

Deno.test("profile() keeps its arguments until it is done, whatever happens to the caller's", async () => {
  const f = jit((x: tf.Tensor) => tf.sum(tf.matMul(x, x)));
  const x = tf.tidy(() => tf.add(tf.ones([256, 256]), 1));
  const profile = f.profile([x], { runs: 3 });
  x.dispose();
  assertEquals((await profile).runs.length, 3);
  f.dispose();
});

Deno.test("profile() takes results that depend on nothing, or no results", async () => {
  const outside = held([2], 1);
  const f = jit((x: tf.Tensor) => ({ y: tf.mul(x, 2), root: tf.sqrt(outside) }));
  assert((await f.profile([outside], { runs: 1 })).nodes.some(({ op }) => op === "Mul"));
  const none = jit((_: tf.Tensor) => ({ root: tf.sqrt(outside) }));
  assertEquals((await none.profile([outside])).runs, []);
  f.dispose();
  none.dispose();
  outside.dispose();
});

Deno.test("profile() refuses at once to trace within a trace", async () => {
  const inner = jit((x: tf.Tensor) => tf.add(x, 1));
  const outer = jit((x: tf.Tensor) => {
    inner.profile([x]);
    return x;
  });
  const x = held([2], 1);
  await assertRejects(() => outer(x), Error, "jit");
  x.dispose();
});

Deno.test("profile() refuses a function that XLA compiles", async () => {
  const f = jit((x: tf.Tensor) => tf.add(x, 1), { xla: true });
  const x = held([2], 1);
  const error = await assertRejects(() => f.profile([x]), UserError, "that XLA compiles");
  assertEquals([error.code, f.traceCount], ["not-supported", 0]);
  f.dispose();
  x.dispose();
});

Deno.test("profile() refuses counts out of range, and backends that compile nothing", async () => {
  const f = jit((x: tf.Tensor) => tf.add(x, 1));
  const x = held([2], 1);
  for (const options of [{ runs: 0 }, { runs: 1.5 }, { warmUps: -1 }]) {
    await assertRejects(() => f.profile([x], options), RangeError, "Cannot profile");
  }
  await assertFreesAll(() => assertRejects(() => f.profile([x], { runs: NaN }), RangeError));
  f.dispose();
  x.dispose();
  tf.setBackend("cpu");
  try {
    const plain = jit((x: tf.Tensor) => tf.add(x, 1));
    await assertRejects(() => plain.profile([tf.scalar(1)]), UserError, "cpu backend");
  } finally {
    tf.setBackend("tensorflow");
  }
});
