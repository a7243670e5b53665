/**
 * What is said of metrics that are not finite.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { describeNonFinite } from "../../../lib/train/finite.ts";

const keys = ["conv0", "group0.conv0", "group0.conv1", "fc.weight", "fc.bias"];

function describe(terms: Record<string, number>, loss: number, gradientSums: number[]) {
  return describeNonFinite({ terms, loss, gradientSums }, keys, "at step 7");
}

Deno.test("describeNonFinite() says nothing of what is finite", () => {
  assertEquals(describe({ a: 1, b: -2 }, 0, [1, 2, 3, 4, 5]), undefined);
  assertEquals(describe({}, 1e38, []), undefined);
});

Deno.test("describeNonFinite() names the first term, or the loss, and the gradients", () => {
  const none = [0, 0, 0, 0, 0];
  assertEquals(describe({ a: 1, b: NaN }, NaN, none), "b is NaN at step 7");
  assertEquals(describe({ a: 1 }, -Infinity, none), "loss is -Infinity at step 7");
  assertEquals(
    describe({ a: Infinity }, NaN, [0, 0, 0, NaN, 0]),
    "a is Infinity at step 7, and the gradient of fc.weight is not finite",
  );
});

Deno.test("describeNonFinite() names three parameters, and counts the others", () => {
  const of = (...sums: number[]) => describe({ a: 1 }, 1, sums);
  assertEquals(of(0, NaN, 0, 0, 0), "the gradient of group0.conv0 is not finite at step 7");
  assertEquals(of(NaN, 0, 0, 0, NaN), "the gradients of conv0, fc.bias are not finite at step 7");
  assertEquals(
    of(NaN, NaN, Infinity, 0, -Infinity),
    "the gradients of conv0, group0.conv0, group0.conv1 and 1 more are not finite at step 7",
  );
  assertEquals(
    of(NaN, NaN, NaN, NaN, NaN),
    "the gradients of all 5 parameters are not finite at step 7",
  );
});
