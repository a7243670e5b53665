/**
 * Tests of which backends are tried. That they compute is tested in a browser.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { backendsToTry } from "../../../../tasks/demo/page/backend.ts";

Deno.test("backendsToTry() takes the backend of the address, or else the faster one first", () => {
  const page = "http://127.0.0.1:6011/";
  assertEquals(backendsToTry(page, true), ["webgpu", "wasm"]);
  assertEquals(backendsToTry(page, false), ["wasm"]);
  assertEquals(backendsToTry(`${page}?backend=wasm`, true), ["wasm"]);
  assertEquals(backendsToTry(`${page}?backend=webgpu`, false), ["webgpu"]);
  assertEquals(backendsToTry(`${page}?backend=other`, true), ["webgpu", "wasm"]);
});
