/**
 * Tests of what the plan of `deno task bench --gpu` takes from the doctor's findings.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { diagnosisOf } from "../../../../tasks/bench/gpu/doctor.ts";
import { noPeers } from "../../../../tasks/bench/gpu/halves.ts";

const peers = { torch: "2.15.0", torchGpu: true, jax: null };
const facts = (devices: string[], bfloat16: unknown) => ({
  facts: { engine: { devices, bfloat16 } },
});

Deno.test("diagnosisOf() tells a GPU, and whether there is bfloat16", () => {
  const found = diagnosisOf([{ peers }, { card: "a card" }, facts(["CPU:0", "GPU:0"], {})], false);
  assertEquals(found, { gpu: true, bfloat16: true, card: "a card", peers });
  const none = diagnosisOf([{ peers }, { card: null }, facts(["CPU:0"], null)], true);
  assertEquals(none, { gpu: false, bfloat16: false, card: null, peers });
});

Deno.test("diagnosisOf() takes a driver for a GPU where TensorFlow crashed", () => {
  for (const hasDriver of [true, false]) {
    assertEquals(diagnosisOf([], hasDriver), {
      ...{ gpu: hasDriver, bfloat16: true, card: null, peers: noPeers },
    });
  }
});
