/**
 * What a jitted function takes, gives, captures and keeps.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { jit } from "../../../lib/jit/jit.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { held, take } from "./counts.ts";

await useTensorFlow({ gpu: false });

Deno.test("jit() takes and gives nested arrays and objects", async () => {
  type Nested = { pair: [tf.Tensor, tf.Tensor]; deep: { "odd key": tf.Tensor }; none: [] };
  const f = jit(({ pair: [a, b], deep, none }: Nested) => ({
    sums: [tf.add(a, b), { again: tf.add(deep["odd key"], b) }] as const,
    none,
    text: "as it is",
    nothing: undefined,
  }));
  const [a, b] = [tf.scalar(1), tf.scalar(10)];
  const result = await f({ pair: [a, b], deep: { "odd key": tf.tensor1d([2, 3]) }, none: [] });
  assertEquals(Object.keys(result), ["sums", "none", "text", "nothing"]);
  assertEquals([result.none, result.text, result.nothing], [[], "as it is", undefined]);
  assertEquals(take([result.sums[0], result.sums[1].again]), [[11], [12, 13]]);
});

Deno.test("jit() carries every type in and out", async () => {
  const f = jit((b: tf.Tensor, i: tf.Tensor, z: tf.Tensor, s: tf.Tensor) => [
    tf.logicalNot(b),
    tf.add(i, i),
    tf.mul(z, z),
    tf.concat([s, s]),
  ]);
  const [bool, int, complex, string] = await f(
    tf.tensor1d([true, false]),
    tf.tensor1d([1, -2], "int32"),
    tf.complex([1], [2]),
    tf.tensor1d(["a", "ü"]),
  );
  const values = [bool, int, complex, string].map((x) => [x?.dtype, Array.from(x!.dataSync())]);
  assertEquals(values as unknown, [
    ["bool", [0, 1]],
    ["int32", [2, -4]],
    ["complex64", [-3, 4]],
    ["string", ["a", "ü", "a", "ü"]],
  ]);
});

Deno.test("jit() takes scalars and tensors without elements", async () => {
  const f = jit((x: tf.Tensor) => [tf.add(x, 1), tf.sum(x), tf.concat([x, tf.ones([1, 3])])]);
  const results = await f(tf.zeros([0, 3]));
  assertEquals(results.map(({ shape }) => shape), [[0, 3], [], [1, 3]]);
  assertEquals(take(results), [[], [0], [1, 1, 1]]);
});

Deno.test("jit() traces once a signature", async () => {
  let runs = 0;
  const f = jit((x: tf.Tensor) => (runs++, tf.add(x, 1)));
  const one = async (x: tf.Tensor) => take(await f(x));
  await one(tf.tensor1d([1, 2]));
  assertEquals([await one(tf.tensor1d([3, 4])), runs, f.traceCount], [[[4, 5]], 1, 1]);
  await one(tf.tensor1d([1, 2, 3]));
  await one(tf.tensor1d([1, 2], "int32"));
  assertEquals([runs, f.traceCount], [3, 3]);
});

Deno.test("jit() makes no difference between orders of keys", async () => {
  const f = jit(({ a, b }: { a: tf.Tensor; b: tf.Tensor }) => ({ d: tf.sub(a, b), c: a }));
  const first = await f({ a: tf.scalar(5), b: tf.scalar(2) });
  const second = await f({ b: tf.scalar(2), a: tf.scalar(5) });
  assertEquals([first.d.dataSync()[0], second.d.dataSync()[0], f.traceCount], [3, 3, 1]);
  assertEquals(Object.keys(second), ["d", "c"]);
});

Deno.test("jit() takes plain values as they are, with a trace for each", async () => {
  const f = jit((x: tf.Tensor, options: { times: number; negative?: boolean; op: string }) => {
    assertEquals(typeof options.times, "number");
    const product = tf.mul(x, options.times);
    return options.negative && options.op === "mul" ? tf.neg(product) : product;
  });
  const x = tf.scalar(2);
  assertEquals(take(await f(x, { times: 3, op: "mul" })), [[6]]);
  assertEquals(take(await f(x, { times: 4, op: "mul" })), [[8]]);
  assertEquals(take(await f(x, { times: 4, op: "mul", negative: true })), [[-8]]);
  assertEquals(take(await f(x, { times: 4, op: "" })), [[8]]);
  assertEquals(take(await f(x, { op: "mul", times: 3 })), [[6]]);
  assertEquals(f.traceCount, 4);
});

Deno.test("jit() tells 0 from -0", async () => {
  const f = jit((k: number) => tf.scalar(1 / k));
  assertEquals([take(await f(0)), take(await f(-0))], [[[Infinity]], [[-Infinity]]]);
});

Deno.test("jit() keeps the value of a captured float, which may be disposed", async () => {
  const weights = held([100, 100], 3);
  const f = jit((x: tf.Tensor) => tf.sum(tf.mul(weights, x)));
  assertEquals(take(await f(tf.scalar(1))), [[30_000]]);
  weights.dispose();
  assertEquals(take(await f(tf.scalar(2))), [[60_000]]);
  const [text] = f.printTraces();
  assertStringIncludes(text!, "Placeholder() {dtype=1 shape=[100,100]}");
  f.dispose();
});

Deno.test("jit() captures a float that no op has used before as any other", async () => {
  const weights = tf.tensor1d([1, 2]);
  const f = jit((x: tf.Tensor) => tf.mul(weights, x));
  assertEquals(take(await f(tf.scalar(2))), [[2, 4]]);
  weights.dispose();
  assertEquals(take(await f(tf.scalar(3))), [[3, 6]]);
  assertStringIncludes(f.printTraces()[0]!, "%0 = Placeholder() {dtype=1 shape=[2]}");
  f.dispose();
});

Deno.test("jit() makes a constant of a small captured tensor of whole numbers", async () => {
  const places = held([2], 3).toInt();
  const f = jit((x: tf.Tensor) => tf.gather(x, places));
  const result = await f(tf.tensor1d([1, 2, 3, 4]));
  assertEquals(take(result), [[4, 4]]);
  assertStringIncludes(f.printTraces()[0]!, "Const() {dtype=3 value=[3,3]} : int32[2]");
});

Deno.test("jit() makes constants of values written down in the function", async () => {
  const values = Float32Array.of(1, 2);
  const f = jit((x: tf.Tensor) => tf.add(x, tf.tensor1d(values)));
  assertEquals(take(await f(tf.scalar(1))), [[2, 3]]);
  values.fill(9);
  assertEquals(take(await f(tf.scalar(1))), [[2, 3]]);
});

Deno.test("jit() gives arguments and captured tensors back as new tensors", async () => {
  const captured = held([2], 7);
  const x = tf.tensor1d([1, 2]);
  const [same, again, other] = await jit((x: tf.Tensor) => [x, x, captured])(x);
  assertEquals(new Set([x, same, again, captured, other].map((t) => t!.id)).size, 5);
  tf.dispose([x, same!, captured]);
  assertEquals(take([again!, other!]), [[1, 2], [7, 7]]);
});

Deno.test("jit() gives the same result twice as two tensors", async () => {
  const [a, b] = await jit((x: tf.Tensor) => {
    const y = tf.add(x, 1);
    return [y, y];
  })(tf.scalar(1));
  a!.dispose();
  assertEquals(take(b!), [[2]]);
});

Deno.test("jit() takes one tensor for two arguments, and arguments that nothing uses", async () => {
  const f = jit((a: tf.Tensor, b: tf.Tensor, _unused: tf.Tensor) => tf.sub(tf.mul(a, 3), b));
  const x = tf.scalar(5);
  assertEquals(take(await f(x, x, x)), [[10]]);
  assertEquals(take(await f(x, tf.scalar(1), tf.scalar(2))), [[14]]);
  assertEquals(f.traceCount, 1);
});

Deno.test("jit() takes a function without arguments, and one without tensors", async () => {
  assertEquals(take(await jit(() => tf.fill([2], 3))()), [[3, 3]]);
  assertEquals(await jit(() => ({}))(), {});
  assertEquals(await jit((_x: tf.Tensor) => [])(tf.scalar(1)), []);
  assertEquals(await jit((n: number) => n)(5), 5);
});

Deno.test("jit() takes a tf.Variable as an argument, with the value that it has then", async () => {
  const variable = tf.variable(tf.tensor1d([1, 2]));
  const f = jit((x: tf.Tensor) => tf.mul(x, 2));
  assertEquals(take(await f(variable)), [[2, 4]]);
  variable.assign(tf.tensor1d([3, 4]));
  assertEquals([take(await f(variable)), f.traceCount], [[[6, 8]], 1]);
  variable.dispose();
});

Deno.test("jit() takes a tensor of another backend", async () => {
  tf.setBackend("cpu");
  const [x, y] = [tf.add(tf.tensor1d([1, 2]), 1), tf.add(tf.scalar(9), 1)];
  tf.setBackend("tensorflow");
  const f = jit((x: tf.Tensor) => tf.mul(x, y));
  assertEquals(take(await f(x)), [[20, 30]]);
  assertEquals(take(await f(tf.ones([3]))), [[10, 10, 10]]); // traced again
  assertEquals([...y.dataSync()], [10]);
});

Deno.test("jit() differentiates, twice too", async () => {
  const f = jit((x: tf.Tensor) => {
    const first = tf.grad((x) => tf.sum(tf.pow(x, 3)));
    const second = tf.grad((x) => tf.sum(first(x)));
    return [first(x), second(x)];
  });
  assertEquals(take(await f(tf.tensor1d([1, 2, 3]))), [[3, 12, 27], [6, 12, 18]]);
});

Deno.test("Jitted.printTraces() gives each trace as text", async () => {
  const f = jit((x: tf.Tensor, k: number) => tf.mul(tf.relu(x), k));
  assertEquals(f.printTraces(), []);
  take(await f(tf.tensor1d([-1, 2]), 3));
  take(await f(tf.tensor1d([-1]), 3));
  const [first, second] = f.printTraces();
  assertEquals(first?.split("\n"), [
    "%0 = Placeholder() {dtype=1 shape=[2]} : float32[2]",
    "%1 = Relu(%0) {T=1} : float32[2]",
    "%2 = Const() {dtype=1 value=[3]} : float32[]",
    "%3 = Mul(%1, %2) {T=1} : float32[2]",
    "%4 = Identity(%3) {T=1} : float32[2]",
    "return %4",
  ]);
  assertEquals(second, first?.replaceAll("[2]", "[1]"));
});

Deno.test("jit() awaits the function where the backend cannot trace", async () => {
  tf.setBackend("cpu");
  try {
    const f = jit((x: tf.Tensor, k: number) => ({ y: tf.mul(x, k) }));
    const { y } = await f(tf.scalar(2), 3);
    assertEquals([y.dataSync()[0], f.traceCount, f.printTraces()], [6, 0, []]);
    const g = jit(async (x: tf.Tensor) => (await x.data())[0]);
    assertEquals(await g(tf.scalar(7)), 7);
    const failing = jit(() => {
      throw new RangeError("mine");
    });
    await assertRejects(failing, RangeError, "mine");
    f.dispose();
  } finally {
    tf.setBackend("tensorflow");
  }
});
