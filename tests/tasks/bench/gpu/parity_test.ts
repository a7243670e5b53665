/**
 * Tests of the errors and tolerances of the parity check.
 *
 * @module
 */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { errorsOf, kinds, tolerances } from "../../../../tasks/bench/gpu/parity.ts";

function values(entries: Record<string, number[]>): Map<string, Float32Array> {
  return new Map(Object.entries(entries).map(([key, list]) => [key, Float32Array.from(list)]));
}

const reference = values({
  "forward/logits": [3, 4],
  "loss/loss": [2],
  "gradients/a": [3, 0],
  "gradients/b": [4],
  "steps/a": [0, 0],
});

Deno.test("errorsOf() is the norm of the differences over that of the reference, by kind", () => {
  assertEquals(errorsOf(reference, reference), { forward: 0, loss: 0, gradients: 0, steps: 0 });
  const found = errorsOf(
    new Map([...reference, ...values({ "gradients/a": [3, 0.3], "gradients/b": [4.4] })]),
    reference,
  );
  assertAlmostEquals(found.gradients, 0.1, 1e-6);
  assertEquals([found.forward, found.steps], [0, 0]);
});

Deno.test("errorsOf() takes what is missing or not a number for infinitely wrong", () => {
  const wrong: Record<string, number[]>[] = [
    { "loss/loss": [NaN] },
    { "loss/loss": [2, 2] },
    { "loss/loss": [Infinity] },
  ];
  for (const entries of wrong) {
    assertEquals(errorsOf(new Map([...reference, ...values(entries)]), reference).loss, Infinity);
  }
  const lacking = new Map([...reference].filter(([key]) => key !== "gradients/b"));
  assertEquals(errorsOf(lacking, reference).gradients, Infinity);
});

Deno.test("errorsOf() has no tolerance for what should be zero", () => {
  const found = errorsOf(new Map([...reference, ...values({ "steps/a": [0, 1e-9] })]), reference);
  assertEquals(found.steps, Infinity);
});

Deno.test("tolerances: TF32 lies between float32 and bfloat16", () => {
  for (const kind of kinds) {
    assert(tolerances.float32[kind] < tolerances.TF32[kind], kind);
    assert(tolerances.TF32[kind] < tolerances.bfloat16[kind], kind);
  }
});
