/** Tests of lib/provision/pins.ts. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { pins } from "../../../lib/provision/pins.ts";
import { targets, tensorflowVersion } from "../../../lib/provision/platform.ts";

Deno.test("pins holds TensorFlow for every target, a digest for each Python", () => {
  for (const { name, pythons } of targets) {
    const tensorflow = pins[name].filter((pin) => pin.name.startsWith("tensorflow"));
    assertEquals(tensorflow.map((pin) => pin.version), [tensorflowVersion], name);
    assertEquals(new Set(tensorflow[0]?.sha256).size, pythons.length, name);
  }
});

Deno.test("pins holds whole SHA-256 digests, each once", () => {
  const digests = Object.values(pins).flat().flatMap(({ sha256 }) => sha256);
  for (const digest of digests) assertMatch(digest, /^[0-9a-f]{64}$/);
  assertEquals(new Set(digests).size, digests.length);
});

Deno.test("pins holds what TensorFlow loads for CUDA", () => {
  const names = pins["linux-x64-gpu"].map(({ name }) => name);
  for (
    const part of ["cublas", "cudnn", "cufft", "cusolver", "cusparse", "cuda-nvcc", "nvjitlink"]
  ) {
    assert(names.includes(`nvidia-${part}-cu12`), part);
  }
});
