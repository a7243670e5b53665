/**
 * The comparison with golden numbers must itself be able to fail.
 *
 * @module
 */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { assertClose, assertParity, readFixture } from "./parity.ts";

const vector = (...values: number[]) => ({
  shape: [values.length],
  data: new Float32Array(values),
});

Deno.test("readFixture() gives shapes, values and metadata", async () => {
  const fixture = await readFixture("losses");
  const { shape, data } = fixture.get("attentionMap/x");
  assertEquals(shape, [3, 5, 4, 6]);
  assertEquals(data.length, 3 * 5 * 4 * 6);
  assertEquals(fixture.metadata["seed"], "4");
  assertEquals(fixture.under("crossEntropy/extreme logits")["labels"]?.shape, [6]);
});

Deno.test("readFixture() throws on a missing file, key and prefix", async () => {
  await assertRejects(() => readFixture("nothing"), Deno.errors.NotFound);
  const fixture = await readFixture("losses");
  assertThrows(() => fixture.get("nothing"), Error, 'no tensor "nothing"');
  assertThrows(() => fixture.under("attentionMa"), Error, "nothing under attentionMa/");
});

Deno.test("assertClose() adds up its three tolerances", () => {
  const expected = vector(100, 1);
  assertClose(vector(100.5, 1.5), expected, { atol: 0.5 }, "x");
  assertClose(vector(101, 1.01), expected, { rtol: 0.0101 }, "x");
  assertClose(vector(101, 2), expected, { ofMax: 0.01 }, "x");
  assertThrows(() => assertClose(vector(101, 2), expected, { rtol: 0.0101 }, "x"));
});

Deno.test("assertClose() names the worst element, both values and the allowance", () => {
  const expected = { shape: [2, 2], data: new Float32Array([1, 2, 3, 4]) };
  const actual = { shape: [2, 2], data: new Float32Array([1, 2.25, 3.5, 4]) };
  assertThrows(
    () => assertClose(actual, expected, { atol: 0.125 }, "logits"),
    Error,
    "logits: 2 of 4 elements are off; the worst, at [1,0], is 3.5, expected 3 " +
      "(off by 0.5, allowed 0.125)",
  );
});

Deno.test("assertClose() lets no NaN, infinity or other shape pass", () => {
  const tolerance = { atol: 1e9, rtol: 1, ofMax: 1 };
  assertThrows(() => assertClose(vector(NaN), vector(0), tolerance, "x"), Error, "is NaN");
  assertThrows(() => assertClose(vector(0), vector(NaN), tolerance, "x"), Error, "expected NaN");
  assertThrows(() => assertClose(vector(0), vector(Infinity), tolerance, "x"), Error, "is 0");
  assertThrows(() => assertClose(vector(1, 2), vector(1), tolerance, "x"), Error, "shape is [2]");
});

Deno.test("assertParity() has a tolerance for values and one for gradients", () => {
  const expected = { value: vector(1), gradients: { x: vector(1) } };
  const actual = { value: vector(1.5), gradients: { x: vector(1.25) } };
  assertParity(actual, expected, { value: { atol: 0.5 }, gradients: { atol: 0.25 } });
  assertThrows(
    () => assertParity(actual, expected, { value: { atol: 0.5 }, gradients: { atol: 0.125 } }),
    Error,
    "gradient of x",
  );
});

Deno.test("assertParity() throws on a gradient that one side lacks", () => {
  const expected = { value: vector(1), gradients: { x: vector(1), y: vector(1) } };
  const actual = { value: vector(1), gradients: { x: vector(1) } };
  const tolerances = { value: {}, gradients: {} };
  assertThrows(() => assertParity(actual, expected, tolerances), Error, "of x, expected x,y");
  assertThrows(() => assertParity(expected, actual, tolerances), Error, "of x,y, expected x");
});
