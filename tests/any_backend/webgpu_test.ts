/**
 * All losses, networks and steps on tfjs's webgpu backend, and the tasks' way to start it.
 *
 * @module
 */
import { assertMatch, assertRejects } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { startEngine } from "../../tasks/cli/engine.ts";
import { testOn } from "./suite.ts";

const adapter = await navigator.gpu?.requestAdapter();
if (adapter) {
  await import("@tensorflow/tfjs-backend-webgpu");
  await testOn("webgpu");
} else {
  const missing = "no WebGPU adapter; mesa-vulkan-drivers is one";
  Deno.test.ignore(`losses, networks and steps (webgpu: skipped, ${missing})`, () => {});
}

Deno.test("startEngine() starts WebGPU, or says that there is none", async () => {
  const options = { engine: "webgpu", threads: undefined, ngpu: undefined } as const;
  if (adapter) {
    assertMatch(await startEngine(options, () => {}), /on WebGPU$/);
  } else {
    await assertRejects(() => startEngine(options, () => {}), UserError, "use --engine wasm");
  }
});
