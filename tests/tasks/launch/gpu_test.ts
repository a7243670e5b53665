/**
 * Which worker gets which GPU.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../../lib/errors.ts";
import { gpuOfEach } from "../../../tasks/launch/gpu.ts";

Deno.test("gpuOfEach() gives each worker one GPU, by --gpu-id, CUDA_VISIBLE_DEVICES or number", () => {
  assertEquals(gpuOfEach(2, undefined, undefined), ["0", "1"]);
  assertEquals(gpuOfEach(2, "3,1", "0"), ["3", "1"]);
  assertEquals(gpuOfEach(2, undefined, "GPU-5ebe9f43, GPU-ac33420d,2"), [
    "GPU-5ebe9f43",
    "GPU-ac33420d",
  ]);
});

Deno.test("gpuOfEach() refuses more workers than GPUs", () => {
  assertThrows(() => gpuOfEach(3, "0,1", undefined), UserError, "--gpu-id names 0,1; name as many");
  assertThrows(() => gpuOfEach(2, undefined, ""), UserError, "CUDA_VISIBLE_DEVICES names none");
});
