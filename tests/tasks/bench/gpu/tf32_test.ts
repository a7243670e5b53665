/**
 * Tests of the switch for TF32.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { useTensorFlow } from "../../../../lib/backend/use_tensorflow.ts";
import { forbidTf32 } from "../../../../tasks/bench/gpu/tf32.ts";

const { library } = await useTensorFlow({ gpu: false });

Deno.test("forbidTf32() turns TF32 off in TensorFlow, and says if it cannot", () => {
  const isEnabled = "_ZN3tsl33tensor_float_32_execution_enabledEv";
  const { symbols } = Deno.dlopen(library, { [isEnabled]: { parameters: [], result: "bool" } });
  assertEquals(symbols[isEnabled]!(), true);
  assertEquals(forbidTf32(library), true);
  assertEquals(symbols[isEnabled]!(), false);
  assertEquals(forbidTf32("/no/library"), false);
});
