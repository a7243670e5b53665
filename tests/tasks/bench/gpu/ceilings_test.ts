/**
 * Tests of the large product and the large pass over memory.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { useTensorFlow } from "../../../../lib/backend/use_tensorflow.ts";
import { ceilingProgram, workOfCeiling } from "../../../../tasks/bench/gpu/ceilings.ts";

await useTensorFlow({ gpu: false });

Deno.test("ceilingProgram() gives one time for all steps", async () => {
  for (const ceiling of [{ product: 16 }, { copy: 100_000 }]) {
    for (const precision of ["float32", "bfloat16"] as const) {
      const times = await ceilingProgram(ceiling, precision)(3);
      assertEquals(times.length, 1);
      assert(times[0]! > 0);
    }
  }
});

Deno.test("workOfCeiling() counts multiply-adds, and bytes read and written", () => {
  assertEquals(workOfCeiling({ product: 10 }, "float32"), 1000);
  assertEquals(workOfCeiling({ copy: 10 }, "float32"), 80);
  assertEquals(workOfCeiling({ copy: 10 }, "bfloat16"), 40);
});
