/**
 * Nested values of tensors, taken apart and put together.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals, assertThrows } from "@std/assert";
import { flatten, unflatten } from "../../lib/tree.ts";
import { useTensorFlow } from "../../lib/backend/use_tensorflow.ts";

await useTensorFlow({ gpu: false });
const a = tf.scalar(1);
const b = tf.tensor2d([[1, 2, 3], [4, 5, 6]]);
const c = tf.tensor1d([true, false], "bool");

/** The lines that make a signature. */
function leaves(value: unknown): string[] {
  return flatten(value, "x").leaves.map(({ path, type }) => `${path}: ${type}`);
}

Deno.test("flatten() lists tensors and plain values by their places", () => {
  const value = { list: [a, [b, 3]], "odd key": c, plain: "s", none: null, not: undefined };
  assertEquals(leaves(value), [
    "x.list[0]: float32[]",
    "x.list[1][0]: float32[2,3]",
    "x.list[1][1]: 3",
    "x.none: null",
    "x.not: undefined",
    'x["odd key"]: bool[2]',
    'x.plain: "s"',
  ]);
});

Deno.test("unflatten() puts a value together again, with other tensors", () => {
  const value = { z: [a, { b }], y: [], x: {}, w: [1, "s", true, null, undefined], v: c };
  const { tree, tensors } = flatten(value, "x");
  assertEquals(new Set(tensors), new Set([a, b, c]));
  const again = unflatten(tree, tensors) as typeof value;
  assertEquals(Object.keys(again), Object.keys(value));
  assertEquals(again.z[0] === a && (again.z[1] as { b: tf.Tensor }).b === b, true);
  assertEquals([again.y, again.x, again.w], [value.y, value.x, value.w]);
  const swapped = unflatten(tree, tensors.map(() => b)) as typeof value;
  assertEquals(swapped.v === b as unknown, true);
});

Deno.test("unflatten() gives a single tensor and a plain value as they are", () => {
  const { tree, tensors } = flatten(a, "x");
  assertEquals(unflatten(tree, tensors) === a, true);
  const plain = flatten(5, "x");
  assertEquals([unflatten(plain.tree, plain.tensors), plain.tensors], [5, []]);
});

Deno.test("flatten() takes the keys of an object in any order", () => {
  assertEquals(leaves({ p: a, q: b }), leaves({ q: b, p: a }));
  const { tree, tensors } = flatten({ p: a, q: b }, "x");
  const other = flatten({ q: b, p: a }, "x");
  assertEquals(tensors.map(({ id }) => id), other.tensors.map(({ id }) => id));
  assertEquals(Object.keys(unflatten(tree, tensors) as object), ["p", "q"]);
});

Deno.test("flatten() takes an object without a prototype", () => {
  assertEquals(leaves(Object.assign(Object.create(null), { p: a })), ["x.p: float32[]"]);
});

Deno.test("flatten() tells apart what is not the same", () => {
  const values = [
    1,
    "1",
    0,
    -0,
    true,
    "true",
    null,
    undefined,
    "null",
    NaN,
    [],
    {},
    [[]],
    [1],
    { 0: 1 },
    ["1"],
    [1, 2],
    [[1], 2],
    [[1, 2]],
    { p: 1, q: 2 },
    { "p.q": 1 },
    { p: { q: 1 } },
    { "p\nx.q": 1 },
    "1\nx[1]: 2",
    a,
    [a],
    b,
    c,
  ];
  const signatures = new Map(values.map((value) => [leaves(value).join("\n"), value]));
  assertEquals(signatures.size, values.length);
});

Deno.test("flatten() refuses other objects, and says where they stand and what they are", () => {
  class Layer {}
  const cases: [unknown, string][] = [
    [new Float32Array(2), "x (Float32Array)"],
    [{ p: [new Layer()] }, "x.p[0] (Layer)"],
    [{ "a key": new Map() }, 'x["a key"] (Map)'],
    [[a, () => a], "x[1] (function)"],
    [new Date(0), "x (Date)"],
    [1n, "x (bigint)"],
    [Symbol("s"), "x (symbol)"],
    [Promise.resolve(1), "x (Promise)"],
  ];
  for (const [value, message] of cases) {
    assertThrows(() => flatten(value, "x"), TypeError, `Cannot use ${message}`);
  }
});

Deno.test("flatten() refuses a disposed tensor", () => {
  const gone = tf.scalar(1);
  gone.dispose();
  assertThrows(() => flatten({ p: [gone] }, "x"), TypeError, "x.p[0]: the tensor is disposed");
});

Deno.test("flatten() refuses a value that holds itself", () => {
  const ring: Record<string, unknown> = { a };
  ring.ring = ring;
  assertThrows(
    () => flatten(ring, "x"),
    TypeError,
    "Cannot use x.ring.ring.ring.ring.ring.ring.ring.rin...: it is nested more than 64 deep",
  );
});
